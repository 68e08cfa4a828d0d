"""Two sides to compare: an evaluation each, or files of results or scores, record by record."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gavel.metrics import Direction
from gavel.problems import Problem, Problems
from gavel.results.joining import JoinedScores
from gavel.statistics.comparison import compare as compare_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.results.joining import ScoredRecord
    from gavel.statistics.comparison import Comparison


@dataclass
class Side:
    """What one of the two names stands for: each generator's records, and what is known of the metrics.

    `models` has the model behind a name of a generator or judge, where they differ. With `texts` the records keep those
    around their scores.
    """

    name: str
    records: list[tuple[str, ScoredRecord]] = field(default_factory=list)
    directions: dict[str, Direction] = field(default_factory=dict)
    two_valued: set[str] = field(default_factory=set)
    stratified: bool = False
    models: dict[str, str] = field(default_factory=dict)
    texts: bool = False

    @property
    def generators(self) -> list[str]:
        """Names of the generators in ascending order."""
        return sorted({generator for generator, _ in self.records})


@dataclass(frozen=True)
class Joined:
    """The scores of both sides; `shown` has the name behind each name that they are joined under."""

    scores: JoinedScores
    shown: dict[str, str]

    @classmethod
    def of(cls, a: Side, b: Side) -> Joined:
        """The scores of A and B, joined by what their records say."""
        joined = cls(JoinedScores(), {})
        for side, mark in ((a, "A"), (b, "B")):
            for generator, record in side.records:
                # No generator's name holds this character, so A's and B's stay apart.
                joined.shown[f"{generator}\0{mark}"] = generator
                joined.scores.add(f"{generator}\0{mark}", record)
        return joined


def comparisons(a: Side, b: Side, joined: Joined, problems: Problems, *, lower: Sequence[str] = ()) -> list[Comparison]:
    """Every comparison over records and by category; a problem when there is nothing that could be compared.

    A generator that both sides have is compared with itself; when there is none, every one of A with every one of B.
    `lower` are metrics on which lower is better, besides those that a side knows.
    """
    shown = joined.shown
    pairs = {(one, other) for one in a.generators for other in b.generators if one == other} or {
        (one, other) for one in a.generators for other in b.generators
    }
    found = compare_table(
        joined.scores.table(),
        generators=sorted(shown, key=lambda name: (name[-1], name)),
        directions={**a.directions, **b.directions, **dict.fromkeys(lower, Direction.LOWER)},
        by_category=True,
        stratified=a.stratified and b.stratified,
        two_valued=a.two_valued | b.two_valued,
        wanted=lambda _, one, other: one[-1] < other[-1] and (shown[one], shown[other]) in pairs,
    )
    if not found:
        reason = "shares no metric of the same judge with A"
        problems.add(Problem(b.name, None, None, reason, "scores of different judges or metrics cannot be compared"))
    elif not any(one.n for one in found):
        reason = "shares no record with A that has a score on both sides"
        problems.add(Problem(b.name, None, None, reason, "take two evaluations of the same prompts"))
    return [_named(one, shown) for one in found]


def _named(one: Comparison, shown: dict[str, str]) -> Comparison:
    """The comparison with its generators by name; where both are called alike, sentences say whose is meant."""
    a, b = shown[one.model_a], shown[one.model_b]
    in_words = {one.model_a: a if a != b else f"{a} (A)", one.model_b: b if a != b else f"{b} (B)"}
    why = []
    for sentence in one.why:
        for name, word in in_words.items():
            sentence = sentence.replace(name, word)  # noqa: PLW2901 - one name after the other
        why.append(sentence)
    return replace(one, model_a=a, model_b=b, why=tuple(why))
