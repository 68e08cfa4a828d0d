"""Metrics that a suite defines itself: a prompt for the judge, and the scale that it rates on.

Source of the limits: the shapes `CustomMetricDefinition` and `RatingScaleItem` of the Bedrock service model, and the
user guide, "Create a prompt for a custom metric".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from gavel.metrics import Direction

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_CUSTOM_METRICS: Final = 10  # of a job
MAX_INSTRUCTIONS: Final = 5000  # characters
MAX_DEFINITION: Final = 100  # characters
MAX_LABEL: Final = 100  # characters
MOST_RATINGS: Final = 10
METRIC_NAME_PATTERN: Final = r"[0-9a-zA-Z_.-]{1,63}"

PROMPT_VARIABLE: Final = "{{prompt}}"
ANSWER_VARIABLE: Final = "{{prediction}}"
REFERENCE_VARIABLE: Final = "{{ground_truth}}"
VARIABLES: Final = (PROMPT_VARIABLE, ANSWER_VARIABLE, REFERENCE_VARIABLE)
ANY_VARIABLE: Final = re.compile(r"\{\{[^{}]*\}\}")


@dataclass(frozen=True)
class Rating:
    """One step of a scale: what the judge reads, and the number or label that results hold for it."""

    definition: str
    value: float | str

    def to_json(self) -> dict[str, Any]:
        """Canonical form for the manifest."""
        return {"definition": self.definition, "value": self.value}

    def to_request(self) -> dict[str, Any]:
        """The rating as CreateEvaluationJob takes it."""
        kind = "stringValue" if isinstance(self.value, str) else "floatValue"
        return {"definition": self.definition, "value": {kind: self.value}}


@dataclass(frozen=True)
class CustomMetric:
    """A metric of the user's own. `instructions` are the judge's prompt with Bedrock's variables.

    The values of `scale` are all numbers or all labels. Bedrock was seen to give numbers normalised to 0..1, the lowest
    of the scale as 0 and the highest as 1, and documents nothing about it; labels come as they are. `direction` says
    which end of a scale of numbers is good.
    """

    name: str
    instructions: str
    scale: tuple[Rating, ...]
    direction: Direction = Direction.HIGHER
    description: str | None = None

    @property
    def reads_reference(self) -> bool:
        """Whether the prompt needs the record's reference."""
        return REFERENCE_VARIABLE in self.instructions

    def to_json(self) -> dict[str, Any]:
        """Canonical form for the manifest."""
        return {
            "name": self.name,
            "instructions": self.instructions,
            "scale": [rating.to_json() for rating in self.scale],
            "better": self.direction.value,
            "description": self.description,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The metric that `to_json` wrote."""
        return cls(
            name=data["name"],
            instructions=data["instructions"],
            scale=tuple(Rating(item["definition"], item["value"]) for item in data["scale"]),
            direction=Direction(data["better"]),
            description=data["description"],
        )

    def to_request(self) -> dict[str, Any]:
        """The metric as CreateEvaluationJob takes it."""
        return {
            "customMetricDefinition": {
                "name": self.name,
                "instructions": self.instructions,
                "ratingScale": [rating.to_request() for rating in self.scale],
            }
        }
