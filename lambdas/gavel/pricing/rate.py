"""What a row of a price table says of one model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """USD per 1,000,000 tokens of input and of output."""

    input: float
    output: float


@dataclass(frozen=True)
class PriceRow:
    """One model's prices. `optimized`: with optimised latency; `geographic`: through a profile such as `us.`."""

    model: str
    rate: Rate
    optimized: Rate | None
    geographic: Rate | None
    source: str
    as_of: str
