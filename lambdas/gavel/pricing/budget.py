"""Budgets: what an evaluation, and a suite in a month, may cost, and whether an estimate keeps to it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Self

from gavel.pricing.ceiling import NO_CEILING, Ceiling
from gavel.problems import Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.pricing.estimate import Estimate

MICRO: Final = 1_000_000  # tables count millionths of a USD, in whole numbers
_CHEAPER: Final = "evaluate fewer records (`sample`), fewer metrics or cheaper models"
_REMEDY: Final = f"{_CHEAPER}, or raise the budget"
_CEILING_REMEDY: Final = f"{_CHEAPER}, or have whoever deploys Gavel raise `spending_limit` (cdk.json)"


class Basis(StrEnum):
    """Which figure of an estimate a budget is held against and reserves."""

    EXPECTED = "expected"
    HIGH = "high"


@dataclass(frozen=True)
class Budget:
    """USD that one evaluation may cost, and all evaluations of the suite that start in one month; None: no limit.

    `ceiling` is what the deployment allows besides.
    """

    per_evaluation_usd: float | None = None
    per_month_usd: float | None = None
    basis: Basis = Basis.EXPECTED
    ceiling: Ceiling = NO_CEILING

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        limits = (self.per_evaluation_usd, self.per_month_usd)
        return limits != (None, None) or self.ceiling != NO_CEILING

    def with_limit(self, usd: float | None) -> Budget:
        """This budget, where one evaluation may cost no more than `usd` either."""
        if usd is None:
            return self
        limits = [usd] if self.per_evaluation_usd is None else [usd, self.per_evaluation_usd]
        return replace(self, per_evaluation_usd=min(limits))

    def to_json(self) -> dict[str, Any]:
        """Canonical form for the manifest."""
        return {
            "per_evaluation_usd": self.per_evaluation_usd,
            "per_month_usd": self.per_month_usd,
            "basis": self.basis.value,
            **({"ceiling": self.ceiling.to_text()} if self.ceiling != NO_CEILING else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The budget that `to_json` wrote."""
        ceiling = Ceiling.from_text(data.get("ceiling", ""))
        return cls(data["per_evaluation_usd"], data["per_month_usd"], Basis(data["basis"]), ceiling)


def micro(usd: float) -> int:
    """Millionths of a USD, rounded up: a reservation never takes less than what it stands for."""
    return math.ceil(round(usd * MICRO, 6))


def over_budget(
    estimate: Estimate,
    budget: Budget,
    *,
    file: str,
    spent_this_month: float = 0.0,
    spent_by_all: float = 0.0,
) -> Problems:
    """Why the evaluation may not start under the budget; nothing when it may.

    Each limit is held against the estimate's figure of the budget's basis, the month's together with what other
    evaluations of the month have spent or reserved (USD): `spent_this_month` those of the suite, `spent_by_all` those
    of the whole deployment, which its ceiling is held against. A model without a price cannot be held against a limit,
    so it is refused under one.
    """
    problems = Problems()
    if not budget.limited:
        return problems

    def add(field: str, reason: str, remedy: str) -> None:
        problems.add(Problem(file, None, f"budget.{field}" if field else "budget", reason, remedy))

    for model in estimate.unknown:
        add("", f"cannot be kept: no price is known for {model}", _price_remedy(budget))
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
    most, month = budget.ceiling.per_evaluation_usd, budget.ceiling.per_month_usd
    if most is not None and usd > most:
        reason = f"the deployment allows ${most:,.2f} for an evaluation, and the {word} cost is ${usd:,.2f}"
        add("", reason, _CEILING_REMEDY)
    if month is not None and usd + spent_by_all > month:
        reason = (
            f"the deployment allows ${month:,.2f} a month, of which ${spent_by_all:,.2f} are taken, "
            f"and the {word} cost is ${usd:,.2f}"
        )
        add("", reason, _CEILING_REMEDY)
    return problems


def _price_remedy(budget: Budget) -> str:
    own = replace(budget, ceiling=NO_CEILING).limited
    return "add its price to prices.yaml" + (", or remove the budget" if own and budget.ceiling == NO_CEILING else "")


def parse_usd(text: str) -> float:
    """USD in plain decimals, such as `2.50`. Raises ValueError with the reason for anything else or for no money."""
    try:
        usd = float(text)
    except ValueError:
        raise ValueError("is no amount of USD, such as 2.50") from None
    if not math.isfinite(usd) or usd <= 0:
        raise ValueError("is no amount of USD above 0")
    return usd
