"""Budgets: what an evaluation, and a suite in a month, may cost, and whether an estimate keeps to it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Self

from gavel.problems import Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.pricing.estimate import Estimate

MICRO: Final = 1_000_000  # tables count millionths of a USD, in whole numbers
_REMEDY: Final = "evaluate fewer records (`sample`), fewer metrics or cheaper models, or raise the budget"


class Basis(StrEnum):
    """Which figure of an estimate a budget is held against and reserves."""

    EXPECTED = "expected"
    HIGH = "high"


@dataclass(frozen=True)
class Budget:
    """USD that one evaluation may cost, and all evaluations of the suite that start in one month; None: no limit."""

    per_evaluation_usd: float | None = None
    per_month_usd: float | None = None
    basis: Basis = Basis.EXPECTED

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return self.per_evaluation_usd is not None or self.per_month_usd is not None

    def with_limit(self, usd: float | None) -> Budget:
        """This budget, where one evaluation may cost no more than `usd` either."""
        if usd is None:
            return self
        limits = [usd] if self.per_evaluation_usd is None else [usd, self.per_evaluation_usd]
        return Budget(min(limits), self.per_month_usd, self.basis)

    def to_json(self) -> dict[str, Any]:
        """Canonical form for the manifest."""
        return {
            "per_evaluation_usd": self.per_evaluation_usd,
            "per_month_usd": self.per_month_usd,
            "basis": self.basis.value,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The budget that `to_json` wrote."""
        return cls(data["per_evaluation_usd"], data["per_month_usd"], Basis(data["basis"]))


def micro(usd: float) -> int:
    """Millionths of a USD, rounded up: a reservation never takes less than what it stands for."""
    return math.ceil(round(usd * MICRO, 6))


def over_budget(estimate: Estimate, budget: Budget, *, file: str, spent_this_month: float = 0.0) -> Problems:
    """Why the evaluation may not start under the budget; nothing when it may.

    Each limit is held against the estimate's figure of the budget's basis, the month's together with what other
    evaluations of the month have spent or reserved (USD). A model without a price cannot be held against a limit, so it
    is refused under one.
    """
    problems = Problems()
    if not budget.limited:
        return problems

    def add(field: str, reason: str, remedy: str) -> None:
        problems.add(Problem(file, None, f"budget.{field}" if field else "budget", reason, remedy))

    for model in estimate.unknown:
        add("", f"cannot be kept: no price is known for {model}", "add its price to prices.yaml, or remove the budget")
    usd = getattr(estimate.usd, budget.basis.value)
    word = "expected" if budget.basis is Basis.EXPECTED else "high"
    most = budget.per_evaluation_usd
    if most is not None and usd > most:
        add("per_evaluation_usd", f"allows ${most:,.2f}, and the {word} cost is ${usd:,.2f}", _REMEDY)
    month = budget.per_month_usd
    if month is not None and usd + spent_this_month > month:
        reason = (
            f"allows ${month:,.2f}, of which ${spent_this_month:,.2f} are taken, and the {word} cost is ${usd:,.2f}"
        )
        add("per_month_usd", reason, _REMEDY)
    return problems


def parse_usd(text: str) -> float:
    """USD in plain decimals, such as `2.50`. Raises ValueError with the reason for anything else or for no money."""
    try:
        usd = float(text)
    except ValueError:
        raise ValueError("is no amount of USD, such as 2.50") from None
    if not math.isfinite(usd) or usd <= 0:
        raise ValueError("is no amount of USD above 0")
    return usd
