"""What gates say of an evaluation: an outcome and a sentence for each, and the verdict over all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

BASELINE: Final = "baseline"  # what `versus` says for the suite's baseline, where another generator's name may stand
NO_GATES: Final = "The suite has no gates, so there is no verdict."


class Outcome(StrEnum):
    """What a gate, and all gates together, say. Failed jobs and missing scores make it INCONCLUSIVE, never FAIL."""

    PASS = "PASS"  # noqa: S105 - a verdict
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


class Kind(StrEnum):
    """What a gate looks at."""

    MEAN = "mean"
    RATE = "rate"
    DIFFERENCE = "difference"
    COVERAGE = "coverage"
    COST = "cost"


@dataclass(frozen=True)
class GateResult:
    """One gate held against one generator and judge.

    `gate` is the gate's place in the suite, from 0; `rule` says what it demands in a few words, `sentence` what was
    found, in one. `value` is a mean, a rate, a difference (the generator minus `versus`), a coverage or an amount of
    USD, and `low` and `high` its interval at the confidence `level`. Exactly one of `minimum` and `maximum` is the
    threshold. What does not exist, or does not belong to the kind, is None. A gate is not `comparable` where the
    baseline that it asks for is missing, or has other judges, metrics or generators.
    """

    gate: int
    kind: Kind
    outcome: Outcome
    rule: str
    sentence: str
    metric: str | None = None
    judge: str | None = None
    generator: str | None = None
    category: str | None = None
    versus: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    n: int | None = None
    missing: int | None = None
    comparable: bool = True

    @property
    def threshold(self) -> float:
        """The figure that `value` is held against."""
        return self.minimum if self.minimum is not None else self.maximum or 0.0

    @property
    def coverage(self) -> float | None:
        """Records with a score ÷ records that should have one."""
        if self.n is None or self.missing is None or not self.n + self.missing:
            return None
        return self.n / (self.n + self.missing)

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON object, keys in a fixed order."""
        return {
            "gate": self.gate,
            "kind": self.kind.value,
            "outcome": self.outcome.value,
            "rule": self.rule,
            "sentence": self.sentence,
            "metric": self.metric,
            "judge": self.judge,
            "generator": self.generator,
            "category": self.category,
            "versus": self.versus,
            "min": self.minimum,
            "max": self.maximum,
            "value": self.value,
            "ci_low": self.low,
            "ci_high": self.high,
            "level": self.level,
            "n": self.n,
            "missing": self.missing,
            "coverage": self.coverage,
        }


@dataclass(frozen=True)
class Decision:
    """The verdict: FAIL when a gate fails, PASS when all pass, else INCONCLUSIVE; None when there are no gates."""

    results: tuple[GateResult, ...] = ()

    @property
    def outcome(self) -> Outcome | None:
        """The verdict."""
        found = {result.outcome for result in self.results}
        return next((one for one in (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS) if one in found), None)

    @property
    def sentence(self) -> str:
        """The verdict in one sentence: how many gates there are, and the first that decided."""
        if not self.results:
            return NO_GATES
        counts = Counter(result.outcome for result in self.results)
        gates = len(self.results)
        if self.outcome is Outcome.PASS:
            return "The one gate passes." if gates == 1 else f"All {gates:,} gates pass."
        first = next(result for result in self.results if result.outcome is self.outcome)
        word = "fails" if self.outcome is Outcome.FAIL else "cannot be decided"
        words = "fail" if self.outcome is Outcome.FAIL else "cannot be decided"
        count = counts[first.outcome]
        if gates == 1:
            return first.sentence
        return f"{count:,} of {gates:,} gates {word if count == 1 else words}: {first.sentence}"

    def qualifies(self, *, replaceable: bool) -> bool:
        """Whether the evaluation may become its suite's baseline: all gates pass.

        Where the baseline is `replaceable` (there is none, or nobody set it by hand), gates that cannot be compared
        with it are left out of account: there would never be a first one, nor another one after a change of the judge.
        """
        passed = [result.outcome is Outcome.PASS for result in self.results if result.comparable or not replaceable]
        return bool(self.results) and all(passed)

    def to_json(self) -> dict[str, Any]:
        """The verdict as a JSON object."""
        return {
            "outcome": None if self.outcome is None else self.outcome.value,
            "sentence": self.sentence,
            "gates": [result.to_json() for result in self.results],
        }
