"""The shape of a suite's gates, and the gates that they mean."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from gavel.gates.decision import Kind
from gavel.gates.gate import NEEDED_COVERAGE, Gate, On
from gavel.suites.metric_schema import api_name
from gavel.suites.refusal import Schema, refuse

MAX_GATES: Final = 100
_Number = Annotated[float, Field(allow_inf_nan=False)]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]

_ON_A_MEAN: Final = ("min", "max")
_ON_A_DIFFERENCE: Final = ("max_drop", "min_gain", "better")
_ON_A_RATE: Final = ("min_rate", "max_rate")
_SELECTS_RECORDS: Final = ("below", "above", "label")
BOUNDS: Final = (*_ON_A_MEAN, *_ON_A_DIFFERENCE, *_ON_A_RATE, "max_usd")


class GateSchema(Schema):
    """One gate: a bound, and what it is a bound of. `min_coverage` beside another bound is what that needs at least."""

    metric: str | None = None
    generator: str | None = None
    judge: str | None = None
    category: Annotated[str, Field(min_length=1)] | None = None
    on: Literal["interval", "mean", "lower", "upper"] | None = None
    min: _Number | None = None
    max: _Number | None = None
    versus: str | None = None
    max_drop: _NotNegative | None = None
    min_gain: _NotNegative | None = None
    better: Literal[True] | None = None
    below: _Number | None = None
    above: _Number | None = None
    label: str | None = None
    min_rate: _Share | None = None
    max_rate: _Share | None = None
    min_coverage: _Share | None = None
    max_usd: _NotNegative | None = None

    def checked(self) -> Gate:
        """The gate as the engine keeps it."""
        minimum, maximum = self.min, self.max
        if self.max_drop is not None:
            minimum = -self.max_drop
        elif self.versus is not None:
            minimum = self.min_gain or 0.0
        elif self.kind is Kind.RATE:
            minimum, maximum = self.min_rate, self.max_rate
        elif self.kind is Kind.COVERAGE:
            minimum = self.min_coverage
        elif self.kind is Kind.COST:
            maximum = self.max_usd
        return Gate(
            kind=self.kind,
            metric=None if self.metric is None else api_name(self.metric),
            generator=self.generator,
            judge=self.judge,
            category=self.category,
            versus=self.versus,
            below=self.below,
            above=self.above,
            label=self.label,
            minimum=minimum,
            maximum=maximum,
            strict=bool(self.better),
            on=On(self.on or On.INTERVAL),
            needed_coverage=NEEDED_COVERAGE if self.min_coverage is None else self.min_coverage,
        )

    @property
    def kind(self) -> Kind:
        """What the gate looks at, as its bound tells."""
        if self._given(_ON_A_DIFFERENCE):
            return Kind.DIFFERENCE
        if self._given(_ON_A_RATE):
            return Kind.RATE
        if self.max_usd is not None:
            return Kind.COST
        return Kind.MEAN if self._given(_ON_A_MEAN) else Kind.COVERAGE

    def _given(self, keys: tuple[str, ...]) -> list[str]:
        return [key for key in keys if getattr(self, key) is not None]

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        bounds = self._given(BOUNDS)
        if not bounds and self.min_coverage is None:
            known = ", ".join((*BOUNDS, "min_coverage"))
            raise refuse("has no bound, so it could not fail", f"add one of {known}")
        if len(bounds) > 1:
            raise refuse(f"has {len(bounds)} bounds: {', '.join(bounds)}", "make a gate of each")
        self._check_companions(bounds[0] if bounds else "min_coverage")
        return self

    def _check_companions(self, bound: str) -> None:
        """What a bound cannot do without, and what has no meaning beside it."""
        kind = self.kind
        if kind is Kind.DIFFERENCE and self.versus is None:
            raise refuse(f"has `{bound}` without `versus`", "add `versus: baseline`, or the name of another generator")
        selecting = self._given(_SELECTS_RECORDS)
        if kind is Kind.RATE and len(selecting) != 1:
            raise refuse(
                f"has `{bound}` with {len(selecting)} of {', '.join(_SELECTS_RECORDS)}",
                "say which scores count with exactly one of them, such as `below: 0.5`",
            )
        if kind in {Kind.MEAN, Kind.RATE, Kind.DIFFERENCE} and self.metric is None:
            raise refuse("names no metric", "add `metric: Correctness`, or another one of the suite")
        foreign = [] if kind is Kind.DIFFERENCE else ["versus"]
        foreign += [] if kind is Kind.RATE else _SELECTS_RECORDS
        foreign += ["on"] if kind in {Kind.COVERAGE, Kind.COST} else []
        foreign += ["metric", "generator", "judge", "category", "min_coverage"] if kind is Kind.COST else []
        foreign += ["category"] if kind is Kind.COVERAGE and self.metric is None else []
        for key in foreign:
            if getattr(self, key) is not None:
                raise refuse(f"has `{key}`, which has no meaning beside `{bound}`", "remove one of the two")


GATE_REMEDIES: Final[dict[str, Any]] = {
    "gates": "write a list such as `- {metric: Correctness, min: 0.8}`, or leave the key out",
    "metric": "use a metric of the suite, such as Correctness",
    "generator": "use the name of a generator of the suite",
    "judge": "use the name of a judge of the suite",
    "category": "write a category of the dataset, in quotes",
    "on": "use interval, mean, lower or upper",
    "min": "use a number such as 0.8",
    "max": "use a number such as 0.2",
    "versus": "write `versus: baseline`, or the name of another generator",
    "max_drop": "use a number of 0 or more, such as 0.03",
    "min_gain": "use a number of 0 or more, such as 0.02",
    "better": "write `better: true`, or leave the key out",
    "below": "use a score such as 0.5",
    "above": "use a score such as 0.5",
    "label": "write a label of the metric's scale, in quotes",
    "min_rate": "use a share from 0 to 1, such as 0.9",
    "max_rate": "use a share from 0 to 1, such as 0.1",
    "min_coverage": "use a share from 0 to 1, such as 0.95",
    "max_usd": "use an amount of USD such as 5",
}
