"""JSON as RFC 8259 means it, for input that strangers write.

Python's own parser takes NaN, numbers beyond a double, repeated keys (the last wins), half surrogate pairs, and UTF-16.
Each of those would change a record silently or break a service further down, so each is refused with a reason.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any, Final

MAX_DEPTH: Final = 32
MAX_DIGITS: Final = 1000  # Python refuses to convert integers of more than 4,300 digits

_SURROGATE = re.compile("[\ud800-\udfff]")
# What a program calls a field. Numbers of an account or a card, and identifiers, are texts of somebody.
_SAFE_KEY = re.compile(r"[A-Za-z_.$-]{1,40}[0-9]{0,2}")
_BOM: Final = b"\xef\xbb\xbf"

ONE_LINE: Final = "write each record as one JSON object on one line of its own"
_REASONS: Final = (
    ("Extra data", "holds more than one JSON value, or text after it", ONE_LINE),
    ("Unterminated string", "ends inside a text", "close the quotes; write line breaks inside a text as \\n"),
    ("Invalid control character", "holds a raw control character inside a text", "write it as \\n, \\t or \\u00XX"),
    ("Invalid \\escape", "holds an unknown escape", "write a backslash as \\\\"),
    ("Invalid \\uXXXX", "holds a broken \\u escape", "write four hexadecimal digits after \\u"),
    (
        "Expecting property name",
        "lacks a key in double quotes",
        "write keys in double quotes, no comma after the last",
    ),
    ("Illegal trailing comma", "has a comma after the last entry", "remove that comma"),
    ("Expecting ':'", "lacks a colon after a key", "write each entry as key, colon, value"),
    (
        "Expecting ','",
        "lacks a comma between entries",
        "put commas between entries, a backslash before quotes in a text",
    ),
)


class JsonError(ValueError):
    """Bytes that are no acceptable JSON; neither `reason` nor `remedy` repeats any of the text.

    `end` is where the value ends in the text that it stands in, None where that cannot be told.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason = reason
        self.remedy = remedy
        self.end: int | None = None
        super().__init__(f"{reason}; {remedy}")


def shown_key(key: str) -> str:
    """A key in back-quotes where it looks like a name; else only that it is a key, since it may be private text."""
    return f"`{key}`" if _SAFE_KEY.fullmatch(key) else "a key"


def _constant(name: str) -> Any:
    raise JsonError(f"holds {name}, which JSON does not know", "use a number or null")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise JsonError("holds a number too large for a double", "write such a number as text")
    return value


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise JsonError(f"holds an integer of more than {MAX_DIGITS} digits", "write such a number as text")
    return int(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        names = ", ".join(sorted({shown_key(key) for key, count in counts.items() if count > 1}))
        raise JsonError(f"holds {names} twice in one object", "keep one of the two")
    return result


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_constant, parse_float=_float, parse_int=_integer
)
# Finds the end of a value that the other one refused.
_SKIPPER: Final = json.JSONDecoder(parse_float=len, parse_int=len)


def decode(data: bytes) -> Any:
    """The value of one JSON text in UTF-8. Raises JsonError; positions in reasons count from 1."""
    text = _text(data)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise _syntax_error(error, text, 0) from None
    except RecursionError:
        raise _too_deep() from None
    _check_value(value, text, 0, len(text))
    return value


def decode_next(text: str, start: int) -> tuple[Any, int]:
    """The value that begins at `text[start]`, and where it ends. Raises JsonError; characters count from the value's
    first.
    """
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise _syntax_error(error, text, start) from None
    except RecursionError:
        raise _too_deep() from None
    except JsonError as error:
        error.end = _end_of_value(text, start)
        raise
    try:
        _check_value(value, text, start, end)
    except JsonError as error:
        error.end = end
        raise
    return value, end


def _check_value(value: Any, text: str, start: int, end: int) -> None:
    """Raise for what the parser let pass in `text[start:end]`."""
    # Half a pair can only come from an escape, and depth only from brackets: most values are spared the walk.
    if text.count("[", start, end) + text.count("{", start, end) > MAX_DEPTH and _depth_exceeds([value], MAX_DEPTH + 1):
        raise _too_deep()
    if text.find("\\u", start, end) >= 0 and _has_lone_surrogate(value):
        raise JsonError(
            "holds half of a surrogate pair (\\ud800 to \\udfff), which is no character",
            "write the character itself in UTF-8, or both halves",
        )


def _end_of_value(text: str, start: int) -> int | None:
    try:
        return _SKIPPER.raw_decode(text, start)[1]
    except (json.JSONDecodeError, RecursionError):
        return None


def _text(data: bytes) -> str:
    if data.startswith(_BOM):
        raise JsonError("starts with a byte order mark, which only a file may start with", "remove those three bytes")
    nul = data.find(b"\0")
    if nul >= 0:
        raise JsonError(f"holds a NUL byte at byte {nul + 1}", "save the file as UTF-8 text")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise JsonError(f"is not UTF-8 at byte {error.start + 1}", "save the file as UTF-8") from None


def _too_deep() -> JsonError:
    return JsonError(f"is nested more than {MAX_DEPTH} levels deep", "flatten the record")


def _syntax_error(error: json.JSONDecodeError, text: str, start: int) -> JsonError:
    place = f"at character {error.pos - start + 1}"
    if error.pos >= len(text.rstrip()) and not error.msg.startswith("Unterminated"):
        return JsonError("ends before its JSON is complete", f"{ONE_LINE}, and close every bracket")
    for beginning, reason, remedy in _REASONS:
        if error.msg.startswith(beginning):
            return JsonError(f"{reason} {place}", remedy)
    return JsonError(f"is not JSON {place}", ONE_LINE)


def _depth_exceeds(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        children = (parent.values() if isinstance(parent, dict) else parent for parent in level)
        level = [item for siblings in children for item in siblings if isinstance(item, dict | list)]
    return bool(level)


def _has_lone_surrogate(value: Any) -> bool:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            if _SURROGATE.search(item):
                return True
        elif isinstance(item, dict):
            pending.extend(item)
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
    return False
