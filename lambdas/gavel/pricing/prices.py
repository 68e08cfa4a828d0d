"""Prices of models: a dated table with a source for every row, which a user's own file overrides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from gavel.pricing.rate import Rate
from gavel.suites.models import ModelKind
from gavel.suites.suite import Latency

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.pricing.rate import PriceRow
    from gavel.suites.models import ModelIdentifier

TABLE_FILE: Final = "price_table.yaml"
TOKENS_PER_PRICE: Final = 1_000_000
_GLOBAL: Final = "global."


@dataclass(frozen=True)
class Price:
    """What a model costs in USD per 1,000,000 tokens, and where and when that was read."""

    rate: Rate
    source: str
    as_of: str

    def usd(self, *, input_tokens: float, output_tokens: float) -> float:
        """The cost of so many tokens."""
        return (self.rate.input * input_tokens + self.rate.output * output_tokens) / TOKENS_PER_PRICE

    def to_json(self) -> dict[str, Any]:
        """The price as the manifest keeps it."""
        return {"input": self.rate.input, "output": self.rate.output, "source": self.source, "as_of": self.as_of}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Price:
        """The price that `to_json` wrote."""
        return cls(Rate(data["input"], data["output"]), data["source"], data["as_of"])


@dataclass(frozen=True)
class PriceTable:
    """Prices by model id or ARN."""

    rows: Mapping[str, PriceRow]

    def price(self, model: ModelIdentifier, latency: Latency = Latency.STANDARD) -> Price | None:
        """The price of a model as it is called, or None when the table does not know it.

        A row of exactly this identifier goes first; then the row of the foundation model behind a model's ARN or an
        inference profile. Models that hide theirs behind a name of the account (provisioned, imported, a router) are
        known only by a row of their own. A latency that the row has no price for is unknown too.
        """
        row = self.rows.get(model.text)
        geographic = False
        if row is None and model.foundation_model is not None:
            row = self.rows.get(model.foundation_model)
            profile = model.text.rpartition("/")[2]
            geographic = model.kind is ModelKind.INFERENCE_PROFILE and not profile.startswith(_GLOBAL)
        if row is None:
            return None
        if latency is Latency.OPTIMIZED:
            rate = row.optimized
        else:
            rate = row.geographic if geographic and row.geographic else row.rate
        return Price(rate, row.source, row.as_of) if rate else None

    def overridden(self, other: PriceTable) -> PriceTable:
        """This table with the rows of `other` in place of its own."""
        return PriceTable({**self.rows, **other.rows})


def load_prices(data: bytes, *, file: str) -> PriceTable:
    """Read a price table's YAML. Raises InvalidInputError with every problem of the file."""
    from gavel.pricing.price_rows import read_rows  # noqa: PLC0415 - brings YAML, which a manifest's prices do not need

    return PriceTable({row.model: row for row in read_rows(data, file=file)})


@cache
def built_in_prices() -> PriceTable:
    """The table that Gavel brings."""
    data = resources.files("gavel.pricing").joinpath(TABLE_FILE).read_bytes()
    return load_prices(data, file=TABLE_FILE)


def prices_with(data: bytes | None, *, file: str) -> PriceTable:
    """The built-in table, with the rows of a user's file where there is one. Raises InvalidInputError."""
    return built_in_prices() if data is None else built_in_prices().overridden(load_prices(data, file=file))
