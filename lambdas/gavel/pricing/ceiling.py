"""What a whole deployment may spend: told to the Lambdas by `infra`, whatever suites say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self


@dataclass(frozen=True)
class Ceiling:
    """USD that any evaluation of a deployment may cost, and all of one month together; None: no limit.

    Whoever deploys sets it (`spending_limit`), and no suite and no upload can lift it.
    """

    per_evaluation_usd: float | None = None
    per_month_usd: float | None = None

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The ceiling that `to_text` wrote; none for the empty text."""
        per_evaluation, _, per_month = text.partition("/")
        return cls(float(per_evaluation) if per_evaluation else None, float(per_month) if per_month else None)

    def to_text(self) -> str:
        """Both limits in one text: `25/500`, `25/`, `/500`, or `/` without any."""
        return "/".join("" if usd is None else repr(usd) for usd in (self.per_evaluation_usd, self.per_month_usd))


NO_CEILING: Final = Ceiling()
