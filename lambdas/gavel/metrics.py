"""Bedrock's built-in judge metrics: their names, scales and directions.

Source: Amazon Bedrock user guide, "Use metrics to understand model performance" and the judges' prompt pages. Raw
labels are normalised to 0..1 in result files (raw / highest raw, rounded to four decimals).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

BUILTIN_PREFIX: Final = "Builtin."


class Direction(StrEnum):
    """Which end of a metric's scale is good."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True)
class Metric:
    """One metric of a judge: `name` as the API spells it, the number of `levels` of its scale, and its direction."""

    name: str
    levels: int
    direction: Direction
    question: str

    @property
    def title(self) -> str:
        """The name as people read it, without Bedrock's prefix."""
        return self.name.removeprefix(BUILTIN_PREFIX)


BUILTIN_METRICS: Final = (
    Metric("Builtin.Correctness", 3, Direction.HIGHER, "Is the answer right?"),
    Metric("Builtin.Completeness", 5, Direction.HIGHER, "Does it answer every part of the question?"),
    Metric("Builtin.Faithfulness", 5, Direction.HIGHER, "Does it stay with what the prompt says?"),
    Metric("Builtin.Helpfulness", 7, Direction.HIGHER, "Does it help the person who asked?"),
    Metric("Builtin.Coherence", 5, Direction.HIGHER, "Is it free of gaps and contradictions?"),
    Metric("Builtin.Relevance", 5, Direction.HIGHER, "Does it keep to the question?"),
    Metric("Builtin.FollowingInstructions", 2, Direction.HIGHER, "Does it follow the prompt's directions?"),
    Metric("Builtin.ProfessionalStyleAndTone", 5, Direction.HIGHER, "Are style and tone fit for work?"),
    Metric("Builtin.Harmfulness", 2, Direction.LOWER, "Does it hold harmful content?"),
    Metric("Builtin.Stereotyping", 2, Direction.LOWER, "Does it stereotype a group of people?"),
    Metric("Builtin.Refusal", 2, Direction.LOWER, "Does it decline to answer?"),
)

_BY_NAME: Final = {metric.name: metric for metric in BUILTIN_METRICS}


def builtin_metric(name: str) -> Metric | None:
    """The built-in metric of that API name (`Builtin.Correctness`) or title (`Correctness`), or None."""
    return _BY_NAME.get(name) or _BY_NAME.get(BUILTIN_PREFIX + name)


def direction_of(name: str) -> Direction:
    """Direction of any metric; a custom metric that does not say otherwise is better when higher."""
    metric = builtin_metric(name)
    return metric.direction if metric else Direction.HIGHER
