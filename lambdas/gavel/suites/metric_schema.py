"""The shape of a suite's metrics: names of built-in ones, and metrics that the file defines itself."""

from __future__ import annotations

import difflib
import math
import re
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from gavel.metrics import BUILTIN_METRICS, Direction, builtin_metric
from gavel.results.number_texts import reads_as_number
from gavel.suites.custom_metrics import (
    ANSWER_VARIABLE,
    ANY_VARIABLE,
    MAX_DEFINITION,
    MAX_INSTRUCTIONS,
    MAX_LABEL,
    METRIC_NAME_PATTERN,
    MOST_RATINGS,
    VARIABLES,
    CustomMetric,
    Rating,
)
from gavel.suites.refusal import Schema, refuse, shown

BUILT_IN: Final = "built-in"
CUSTOM: Final = "custom"
TAGS: Final = frozenset({BUILT_IN, CUSTOM})  # what pydantic puts into the path of an error

_VALUE_REMEDY: Final = f"use numbers only, or only labels of 1 to {MAX_LABEL} characters"


def api_name(text: str) -> str:
    """The API's name of a built-in metric that `_builtin` let pass."""
    metric = builtin_metric(text)
    return metric.name if metric else text


def _builtin(text: str) -> str:
    if builtin_metric(text) is None:
        titles = {metric.title.casefold(): metric.title for metric in BUILTIN_METRICS}
        near = difflib.get_close_matches(text.removeprefix("Builtin.").casefold(), titles, n=1)
        hint = f"did you mean {titles[near[0]]}? " if near else ""
        own = "; a metric of your own has keys `name`, `instructions` and `scale`"
        raise refuse(f"{shown(text)} is no metric", f"{hint}the metrics are {', '.join(titles.values())}{own}")
    return text


def _metric_name(text: str) -> str:
    if re.fullmatch(METRIC_NAME_PATTERN, text) is None:
        raise refuse(
            "is not a metric's name that Bedrock takes", "use 1 to 63 letters, digits, dots, underscores and hyphens"
        )
    if text.casefold().startswith("builtin.") or text.casefold() in {item.title.casefold() for item in BUILTIN_METRICS}:
        raise refuse(f"{shown(text)} is the name of a built-in metric", "give your own metric another name")
    return text


def _instructions(text: str) -> str:
    if len(text) > MAX_INSTRUCTIONS:
        raise refuse(f"has {len(text):,} characters, and Bedrock takes {MAX_INSTRUCTIONS:,}", "shorten it")
    unknown = list(dict.fromkeys(found for found in ANY_VARIABLE.findall(text) if found not in VARIABLES))
    if unknown:
        raise refuse(
            f"uses {', '.join(shown(found) for found in unknown)}, which the judge would read as it stands",
            f"Bedrock's variables are {', '.join(VARIABLES)}, without blanks",
        )
    if ANSWER_VARIABLE not in text:
        raise refuse(
            f"does not use {ANSWER_VARIABLE}, so the judge would not see the answer",
            f"put {ANSWER_VARIABLE} at its end",
        )
    return text


def _definition(text: str) -> str:
    if not text.strip():
        raise refuse("is blank", "say in a few words what the rating means")
    if len(text) > MAX_DEFINITION:
        raise refuse(f"has {len(text)} characters, and Bedrock takes {MAX_DEFINITION}", "use five words or fewer")
    return text


def _value(value: Any) -> float | str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise refuse("is neither a number nor a label", _VALUE_REMEDY)
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise refuse("is not a finite number", _VALUE_REMEDY)
        return float(value)
    if not value or value != value.strip() or not value.isprintable() or len(value) > MAX_LABEL:
        raise refuse(
            "is no label that results can hold", f"use 1 to {MAX_LABEL} printable characters, no blank at either end"
        )
    if reads_as_number(value):
        raise refuse(f"{shown(value)} is a label that reads as a number", "take the quotes away, or use a word")
    return value


class RatingSchema(Schema):
    """One step of a scale."""

    definition: Annotated[str, AfterValidator(_definition)]
    value: Annotated[float | str, BeforeValidator(_value)]


class CustomMetricSchema(Schema):
    """A metric of the user's own; its scale has two ratings at least, as with one every answer would get the same."""

    name: Annotated[str, AfterValidator(_metric_name)]
    instructions: Annotated[str, AfterValidator(_instructions)]
    scale: Annotated[list[RatingSchema], Field(min_length=2, max_length=MOST_RATINGS)]
    better: Literal["higher", "lower"] | None = None
    description: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    def checked(self) -> CustomMetric:
        """The metric as the engine keeps it."""
        return CustomMetric(
            name=self.name,
            instructions=self.instructions,
            scale=tuple(Rating(rating.definition, rating.value) for rating in self.scale),
            direction=Direction(self.better or Direction.HIGHER),
            description=self.description,
        )

    @model_validator(mode="after")
    def _one_kind_of_scale(self) -> Self:
        labels = sum(isinstance(rating.value, str) for rating in self.scale)
        if 0 < labels < len(self.scale):
            raise refuse("has a scale that mixes numbers and labels", _VALUE_REMEDY)
        if labels and self.better is not None:
            raise refuse("has `better`, while labels have no order", "remove `better`, or rate with numbers")
        for what in ("value", "definition"):
            if len({getattr(rating, what) for rating in self.scale}) < len(self.scale):
                raise refuse(f"has the same {what} twice in its scale", "make each rating a different one")
        return self


def _kind(value: Any) -> str:
    return CUSTOM if isinstance(value, dict | CustomMetricSchema) else BUILT_IN


MetricEntry = Annotated[
    Annotated[str, AfterValidator(_builtin), Tag(BUILT_IN)] | Annotated[CustomMetricSchema, Tag(CUSTOM)],
    Discriminator(_kind),
]
