"""A gate as a suite states it: which figure must keep to which bound."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Self

from gavel.gates.decision import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

NEEDED_COVERAGE: Final = 0.8


class On(StrEnum):
    """Which part of a figure is held against the bound.

    `interval` asks for certainty: PASS and FAIL when the whole interval says so, INCONCLUSIVE between. `mean` takes the
    figure as it is, `lower` and `upper` the ends of its 95 % interval; these three know no "between".
    """

    INTERVAL = "interval"
    MEAN = "mean"
    LOWER = "lower"
    UPPER = "upper"


@dataclass(frozen=True)
class Gate:
    """One rule of a suite; `minimum` or `maximum` is its bound, and `kind` says of what.

    MEAN, RATE and DIFFERENCE look at one `metric`, of every generator and judge that is not named, in one `category` or
    over all records. A RATE is the share of scored records with a score below `below`, above `above` or the label
    `label`. A DIFFERENCE is that of the generator and `versus` (BASELINE or another generator), counted so that more is
    better whatever the metric's direction; with `strict` it must be beyond the bound and not on it. COVERAGE is scored
    ÷ expected, of one metric, generator and judge where they are named, and COST the counted USD of the evaluation.
    `needed_coverage` is the coverage below which the other kinds decide nothing.
    """

    kind: Kind
    metric: str | None = None
    generator: str | None = None
    judge: str | None = None
    category: str | None = None
    versus: str | None = None
    below: float | None = None
    above: float | None = None
    label: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    strict: bool = False
    on: On = On.INTERVAL
    needed_coverage: float = NEEDED_COVERAGE

    def to_json(self) -> dict[str, Any]:
        """Canonical form for the manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The gate that `to_json` wrote."""
        return cls(**{**data, "kind": Kind(data["kind"]), "on": On(data["on"])})
