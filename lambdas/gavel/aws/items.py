"""JSON values as DynamoDB takes them, and back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

# DynamoDB knows no number between 0 and 1e-130 (developer guide, data types); a p-value may lie there, and becomes 0.
_SMALLEST: Final = 1e-130


def stored(value: object) -> Any:
    """A JSON value as DynamoDB takes it: floats as exact decimals of their shortest form."""
    if isinstance(value, float):
        return Decimal(repr(value)) if abs(value) >= _SMALLEST else Decimal(0)
    if isinstance(value, dict):
        return {key: stored(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [stored(item) for item in value]
    return value


def loaded(value: object) -> Any:
    """The reverse of `stored`: whole numbers as int, others as float."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: loaded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [loaded(item) for item in value]
    return value
