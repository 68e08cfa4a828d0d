"""Two published tables, recomputed from the data that they were made of.

MT-Bench: Zheng et al., "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena" (2023), Table 5: how often two judges
of a pair of answers agree. UniEval: Zhong et al., "Towards a Unified Multi-Dimensional Evaluator for Text Generation"
(2022): correlations of the metric's scores with people's, per record, to the digits of the authors' own output.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from importlib.resources import files
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gavel.statistics.correlation import kendall, pearson, spearman

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIE: Final = "tie"
# Turn and pair of judges → agreement in percent with ties (S1, and of how many pairs of votes), and without (S2).
MT_BENCH: Final = {
    (1, "GPT-4 / people"): ((66, 1343), (85, 859)),
    (1, "people / people"): ((63, 721), (81, 479)),
    (2, "GPT-4 / people"): ((66, 1325), (85, 864)),
    (2, "people / people"): ((67, 707), (82, 474)),
}
# File and dimension → Pearson, Spearman, Kendall.
UNIEVAL: Final = {
    ("topical_chat", "naturalness"): (0.443666, 0.513986, 0.373973),
    ("topical_chat", "coherence"): (0.595143, 0.612942, 0.465915),
    ("topical_chat", "engagingness"): (0.556510, 0.604739, 0.455941),
    ("topical_chat", "groundedness"): (0.536209, 0.574954, 0.451533),
    ("topical_chat", "understandability"): (0.380038, 0.467807, 0.360741),
    ("topical_chat", "overall"): (0.632796, 0.662583, 0.487272),
    ("qags_cnndm", "consistency"): (0.681681, 0.662255, 0.531636),
    ("qags_xsum", "consistency"): (0.461376, 0.487920, 0.399218),
}


@dataclass(frozen=True)
class Check:
    """One published figure beside the computed one; `digits` are those after the point that were published."""

    table: str
    row: str
    figure: str
    published: float
    computed: float
    digits: int

    @property
    def equal(self) -> bool:
        """Whether the computed figure reads as published."""
        return f"{self.computed:.{self.digits}f}" == f"{self.published:.{self.digits}f}"

    def to_json(self) -> dict[str, Any]:
        """The check as a JSON object."""
        return {
            "table": self.table,
            "row": self.row,
            "figure": self.figure,
            "published": self.published,
            "computed": self.computed,
            "digits": self.digits,
            "equal": self.equal,
        }


def checks() -> Iterator[Check]:
    """Every figure of both tables."""
    yield from _mt_bench()
    yield from _unieval()


def _mt_bench() -> Iterator[Check]:
    people, gpt4 = (_votes(_lines("mt_bench", f"{name}.jsonl")) for name in ("human", "gpt4_pair"))
    for (turn, pair), published in MT_BENCH.items():
        own = {key: votes for key, votes in people.items() if key[0] == turn}
        if pair.startswith("GPT-4"):
            pairs = [(one, other) for key, votes in own.items() for one in gpt4.get(key, ()) for other in votes]
        else:
            pairs = [both for votes in own.values() for both in combinations(votes, 2)]
        untied = [both for both in pairs if _TIE not in both]
        for name, found, (percent, count) in zip(("S1", "S2"), (pairs, untied), published, strict=True):
            alike = sum(one == other for one, other in found)
            row = f"turn {turn}, {pair}"
            yield Check("MT-Bench, Table 5", row, f"{name} %", percent, 100 * alike / len(found), 0)
            yield Check("MT-Bench, Table 5", row, f"{name} votes", count, len(found), 0)


type Vote = tuple[int, int, str, str]  # turn, question, the two models in the order of their names


def _votes(rows: Iterator[dict[str, Any]]) -> dict[Vote, list[str]]:
    """The winner of each vote by what was voted on; experts only among people, an inconsistent tie being a tie."""
    votes: defaultdict[Vote, list[str]] = defaultdict(list)
    for row in rows:
        if row["judge"].startswith(("expert_", "gpt4")):
            first, second = sorted((row["model_a"], row["model_b"]))
            winner = _TIE if row["winner"].startswith(_TIE) else row[row["winner"]]
            votes[row["turn"], row["question_id"], first, second].append(winner)
    return votes


def _unieval() -> Iterator[Check]:
    for (file, dimension), published in UNIEVAL.items():
        rows = list(_lines("unieval", f"{file}.jsonl"))
        counts = Counter((row["human"][dimension], row["metric"][dimension]) for row in rows)
        cells = np.array(sorted(counts), dtype=np.float64)
        table = cells[:, 0], cells[:, 1], np.array([counts[cell] for cell in sorted(counts)], dtype=np.int64)
        computed = pearson(*table), *(found and found[0] for found in (spearman(*table), kendall(*table)))
        for name, value, figure in zip(("Pearson", "Spearman", "Kendall"), published, computed, strict=True):
            # A figure that could not be computed equals none that was published.
            yield Check("UniEval", f"{file} {dimension}", name, value, 0.0 if figure is None else figure, 6)


def _lines(folder: str, name: str) -> Iterator[dict[str, Any]]:
    with files("gavel_cli.published").joinpath(folder, name).open("rb") as stream:
        for line in stream:
            yield json.loads(line)
