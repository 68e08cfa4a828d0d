"""Texts that stand for a number."""

from __future__ import annotations

import re
from typing import Final

NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
NOT_FINITE: Final = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


def reads_as_number(text: str) -> bool:
    """Whether a label would be taken for a number, or for one that is missing."""
    return bool(NUMBER.fullmatch(text) or NOT_FINITE.fullmatch(text))
