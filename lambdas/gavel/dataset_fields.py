"""Checks of single fields of a record, in words that never repeat the field's text."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from gavel.datasets.keys import CATEGORY, meant_key
from gavel.datasets.limits import MAX_CATEGORY_BYTES
from gavel.datasets.strict_json import shown_key

type Add = Callable[[str | None, str, str], None]

_BIDI_CONTROLS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def check_keys(item: dict[str, Any], known: tuple[str, ...], prefix: str, add: Add) -> set[str]:
    """Report keys that look like a slip for a known one; the known keys that were meant."""
    misspelt: set[str] = set()
    for key in item:
        if key in known:
            continue
        meant = meant_key(key, known, item.keys())
        if meant is not None:
            shown = shown_key(key)
            add(f"{prefix}{meant}", f"is written {shown}, which would be ignored", f"rename it to `{meant}`")
            misspelt.add(meant)
    return misspelt


def check_text(value: Any, field: str, remedy: str, add: Add) -> str:
    """The value where it is text with something in it, else a report and the text or `""`."""
    if not isinstance(value, str):
        add(field, f"is {kind_of(value)}, not text", f"{remedy}, in double quotes")
        return ""
    if not value.strip():
        add(field, "is blank", remedy)
    elif "\0" in value:
        add(field, "holds the character U+0000", "remove it")
    return value


def usable(text: str) -> bool:
    """Whether `check_text` would let a text pass without a word."""
    return not (not text or text.isspace() or "\0" in text)


def utf8_size(text: str) -> int:
    """Bytes of the text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def optional_text(record: dict[str, Any], field: str, add: Add) -> str | None:
    """The text of a field that may be left out, None without it."""
    if field not in record:
        return None
    return check_text(record[field], field, "write a text, or leave the key out", add)


def check_category(text: str, add: Add) -> None:
    """Report what keeps a category from being a label."""
    for reason, remedy in category_problems(text):
        add(CATEGORY, reason, remedy)


@lru_cache(maxsize=1024)  # a dataset has few categories and many records
def category_problems(text: str) -> tuple[tuple[str, str], ...]:
    """Reason and remedy of everything that keeps a text from being a label."""
    found = []
    if len(text.encode()) > MAX_CATEGORY_BYTES:
        found.append((f"is longer than {MAX_CATEGORY_BYTES} bytes", "use a short label"))
    if any(unicodedata.category(char) in {"Cc", "Zl", "Zp"} or char in _BIDI_CONTROLS for char in text if char != "\0"):
        found.append(("holds a line break or a control character", "use a label on one line"))
    return tuple(found)


def kind_of(value: Any) -> str:
    """What a value is, in words: of JSON, or of a column of another type."""
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), f"of the type {type(value).__name__}")
