"""The fast way to read lines: typed decoding of what most lines are, an object of the known keys with texts.

A typed decoder is about three times as fast as Python's own parser with checks, but it takes a repeated key in silence.
That is found out by counting quotes: a text, key or value, has two, so a line with a key more has quotes more. No line
has fewer than its texts need, so the count may be that of many lines at once.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from io import BytesIO
from itertools import accumulate
from operator import itemgetter, sub
from typing import Final

import msgspec

from gavel.dataset_responses import Response
from gavel.datasets.keys import CATEGORY, PROMPT, REFERENCE, RESPONSES


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


_DECODER: Final = msgspec.json.Decoder(PlainLine)
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
# Only the end of a message is the decoder's own: what is before may repeat a key of the line.
_PATH: Final = re.compile(r"at `\$\[([0-9]{1,9})\][^`]*`\Z")
_PLACE: Final = re.compile(r"\(byte ([0-9]{1,9})\)\Z")
_NUL: Final = b"\\u0000"


class PlainLines:
    """Plain lines that follow each other: `data` is their bytes, each with a line feed, `lengths` those of the lines.

    The texts stand in columns, as Python goes through a column much faster than through objects. `references`,
    `categories` and `responses` leave out the lines that have none.
    """

    __slots__ = (
        "categories",
        "data",
        "distinct_categories",
        "every_category",
        "lengths",
        "prompt_lengths",
        "prompt_text",
        "prompts",
        "references",
        "responses",
        "rows",
    )

    def __init__(self, data: bytes, lengths: list[int], rows: list[PlainLine]) -> None:
        self.data = data
        self.lengths = lengths
        self.rows = rows
        self.prompts = [row.prompt for row in rows]
        self.prompt_lengths = list(map(len, self.prompts))
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

    def has_keys_once(self) -> bool:
        """Whether no key stands twice in its object, and no text has a U+0000."""
        return self._has_no_room() or _quotes(self.data) == self._expected_quotes()

    def _has_no_room(self) -> bool:
        """Whether no line is long enough for a further key, which most lines of ASCII with few escapes are not.

        What a line has besides its texts is then hardly more than what its keys need. No text is longer than it is
        written, so that is never said of a line with a key twice.
        """
        count = len(self.rows)
        if self.responses or len(self.references) not in (0, count) or len(self.categories) not in (0, count):
            return False
        room = map(sub, self.lengths, self.prompt_lengths)
        needed = _NEEDED[PROMPT] + 2
        if self.references:
            room = map(sub, room, map(len, self.references))
            needed += _NEEDED[REFERENCE]
        if self.categories:
            # The shortest one stands for each: they are short, and going through them all takes longer.
            needed += _NEEDED[CATEGORY] + min(map(len, self.distinct_categories))
        if max(room) >= needed + _NEEDED[PROMPT]:
            return False
        return "\0" not in self.prompt_text and "\0" not in "".join((*self.references, *self.distinct_categories))

    def _expected_quotes(self) -> int:
        """Quotes around the keys and texts, where each key is there once."""
        keys = len(self.rows) + len(self.references) + len(self.categories)
        return 4 * keys + sum(2 + 8 * len(answers) for answers in self.responses)


def plain_line(data: bytes) -> PlainLine | None:
    """The line where it is a plain one, each key once; None for every other, right or wrong."""
    try:
        plain = _DECODER.decode(data)
    except _NOT_PLAIN:
        return None
    # Two quotes for each key and each text. A key with `null` has two that are not expected here.
    expected = 4
    if plain.reference is not None:
        expected += 4
    if plain.category is not None:
        expected += 4
    if plain.responses is not None:
        expected += 2 + 8 * len(plain.responses)
    return plain if _quotes(data) == expected else None


def plain_lines(data: bytes) -> PlainLines | int | None:
    """The lines of `data`, which ends with a line feed, where each is what `plain_line` takes and none has U+0000.

    Where they are not, the place (from 0) of a line that seems to be the first other one, or None where none does.

    The decoder takes line feeds for space, so objects need not be lines. They are, one each, where there are as many of
    both, and each line begins with `{` and ends with `}`: no line feed is inside a text, and between `}` and `{` none
    is inside an object or a list.
    """
    if data.endswith(b"\r\n"):
        data = data.replace(b"\r\n", b"\n")
    pieces = BytesIO(data).readlines()
    # Read in this order: a line of one byte is no object, and has no last byte but one.
    if set(map(_FIRST, pieces)) != {_OPEN} or set(map(_LAST_BUT_ONE, pieces)) != {_CLOSED}:
        return None
    lengths = list(map(len, pieces))
    try:
        rows = _DECODER.decode_lines(data)
    except msgspec.DecodeError as error:
        return _line_meant(str(error), _ends(lengths))
    except (UnicodeDecodeError, RecursionError):
        return None
    if len(rows) != len(lengths):
        return None
    lines = PlainLines(data, lengths, rows)
    return lines if lines.has_keys_once() else None


def _line_meant(error: str, ends: list[int]) -> int | None:
    """The line that a message of the decoder is about, as far as it says that.

    It counts objects, which are more than lines where a line has several.
    """
    if found := _PATH.search(error):
        place = int(found[1])
    elif found := _PLACE.search(error):
        place = bisect_left(ends, int(found[1]))
    else:
        return None
    return place if place < len(ends) else None


def _ends(lengths: list[int]) -> list[int]:
    """Where the line feeds of lines stand that are so long."""
    return [end - 1 for end in accumulate(lengths)]


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
