"""The fast way to read lines: typed decoding of what most lines are, an object of the known keys with texts.

A typed decoder is about three times as fast as Python's own parser with checks, but it takes a repeated key in silence.
That is found out by counting quotes: a text, key or value, has two, so a line with a key more has quotes more. No line
has fewer than its texts need, so the count may be that of many lines at once.
"""

from __future__ import annotations

from contextlib import suppress
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import msgspec

from gavel.dataset_responses import Response
from gavel.datasets.keys import CATEGORY, PROMPT, REFERENCE, RESPONSES

if TYPE_CHECKING:
    from collections.abc import Iterable


class PlainLine(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    gc=False,
    rename={"prompt": PROMPT, "reference": REFERENCE, "category": CATEGORY, "responses": RESPONSES},
):
    """A line of the known keys, each a text; None where a key is not there."""

    prompt: str
    reference: str | None = None
    category: str | None = None
    responses: tuple[Response, ...] | None = None


_DECODE: Final = msgspec.json.Decoder(PlainLine).decode
_NOT_PLAIN: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# The bytes that a key with an empty text needs: `,"prompt":""`. The first one needs no comma; a line has two braces and
# its line feed besides.
_NEEDED: Final = {key: len(key) + 6 for key in (PROMPT, REFERENCE, CATEGORY)}
# Where the first part has a backslash in fewer bytes than these it is quicker to count pairs than to look at each.
_DENSE: Final = 64
_PART: Final = 2048
_OPEN, _CLOSED, _QUOTE, _U = b'{}"u'
_FIRST: Final = itemgetter(0)
_LAST_BUT_ONE: Final = itemgetter(-2)
_NUL: Final = b"\\u0000"


class PlainLines:
    """Lines in their order, each of which the decoder took: `raw` are their bytes, each with its line feed.

    The texts stand in columns, as Python goes through a column much faster than through objects. `references`,
    `categories` and `responses` leave out the lines that have none.
    """

    __slots__ = (
        "categories",
        "distinct_categories",
        "every_category",
        "prompt_text",
        "prompts",
        "raw",
        "references",
        "responses",
        "rows",
    )

    def __init__(self, raw: list[bytes], rows: list[PlainLine]) -> None:
        self.raw = raw
        self.rows = rows
        self.prompts = [row.prompt for row in rows]
        # Joined texts are searched much faster than one after the other.
        self.prompt_text = "".join(self.prompts)
        self.references = [row.reference for row in rows if row.reference is not None]
        self.every_category = [row.category for row in rows]
        self.categories = [category for category in self.every_category if category is not None]
        self.distinct_categories = set(self.categories)
        self.responses = [row.responses for row in rows if row.responses is not None]

    def __len__(self) -> int:
        """How many lines."""
        return len(self.rows)

    def tidy(self) -> list[bytes]:
        """The bytes of each line without space around its object, and a line feed."""
        if set(map(_FIRST, self.raw)) == {_OPEN} and set(map(_LAST_BUT_ONE, self.raw)) == {_CLOSED}:
            return self.raw
        # JSON knows fewer kinds of space than this removes, and the decoder takes no others.
        return [line.strip() + b"\n" for line in self.raw]

    def have_keys_once(self) -> bool:
        """Whether no key stands twice in its object, and no text has a U+0000."""
        return self._have_no_room() or _quotes(b"".join(self.raw)) == sum(map(_expected_quotes, self.rows))

    def _have_no_room(self) -> bool:
        """Whether no line is long enough for a further key, which most lines of ASCII with few escapes are not.

        What a line has besides its texts is then hardly more than what its keys need. No text is longer than it is
        written, so that is never said of a line with a key twice.
        """
        count = len(self.rows)
        if self.responses or len(self.references) not in (0, count) or len(self.categories) not in (0, count):
            return False
        needed = _NEEDED[PROMPT] + 2
        if self.references:
            texts = zip(self.raw, self.prompts, self.references, strict=True)
            room = max([len(line) - len(prompt) - len(reference) for line, prompt, reference in texts])
            needed += _NEEDED[REFERENCE]
        else:
            room = max([len(line) - len(prompt) for line, prompt in zip(self.raw, self.prompts, strict=True)])
        if self.categories:
            # The shortest one stands for each: they are short, and going through them all takes longer.
            needed += _NEEDED[CATEGORY] + min(map(len, self.distinct_categories))
        if room >= needed + _NEEDED[PROMPT]:
            return False
        return "\0" not in self.prompt_text and "\0" not in "".join((*self.references, *self.distinct_categories))


def plain_line(data: bytes) -> PlainLine | None:
    """The line where it is a plain one, each key once; None for every other, right or wrong."""
    try:
        plain = _DECODE(data)
    except _NOT_PLAIN:
        return None
    return plain if has_keys_once(data, plain) else None


def decoded(lines: Iterable[bytes]) -> list[PlainLine]:
    """The lines that come before the first one that the decoder does not take; that one is taken from an iterator too.

    Whether they have each key once is still to be asked.
    """
    rows: list[PlainLine] = []
    # What has been appended before an error stays, and no loop of Python's own is as fast.
    with suppress(*_NOT_PLAIN):
        rows.extend(map(_DECODE, lines))
    return rows


def has_keys_once(data: bytes, line: PlainLine) -> bool:
    """Whether no key stands twice in the object that the decoder made of `data`, and no text has a U+0000."""
    return _quotes(data) == _expected_quotes(line)


def _expected_quotes(line: PlainLine) -> int:
    """Quotes of keys and texts where each key is there once; a key with `null` has two that are not expected here."""
    expected = 4
    if line.reference is not None:
        expected += 4
    if line.category is not None:
        expected += 4
    if line.responses is not None:
        expected += 2 + 8 * len(line.responses)
    return expected


def _quotes(data: bytes) -> int | None:
    """Quotes of valid JSON that begin or end a text: all but those behind a backslash that is not escaped itself.

    None where there may be an escaped U+0000, which no text of a record has.
    """
    quotes = data.count(b'"')
    if data.count(b"\\", 0, _PART) * _DENSE > len(data[:_PART]):
        return None if _NUL in data else quotes - _escaped_quotes(data)
    find = data.find
    place = find(b"\\")
    while place >= 0:
        after = data[place + 1]
        if after == _QUOTE:
            quotes -= 1
        elif after == _U and data.startswith(b"0000", place + 2):
            return None
        place = find(b"\\", place + 2)
    return quotes


def _escaped_quotes(data: bytes) -> int:
    if b'\\"' not in data:
        return 0
    # In valid JSON a run of backslashes begins with one that escapes, so taking pairs away from the left is exact.
    single = data.replace(b"\\\\", b"") if b"\\\\" in data else data
    return single.count(b'\\"')
