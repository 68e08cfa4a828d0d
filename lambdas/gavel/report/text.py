"""Text of strangers, made fit to be shown: nothing in it can act on the page or reorder it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup, escape

from gavel.results.row_scores import clean_text

LONGEST_TEXT: Final = 20_000
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

# Controls but newline and tab; what reorders text (bidi marks, embeddings, isolates); what hides (zero width, tags).
HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def shown(text: str) -> Markup:
    """The text escaped, with its invisible and reordering characters named in boxes, cut at LONGEST_TEXT characters."""
    cut = text[:LONGEST_TEXT]
    escaped = escape(clean_text(cut.replace("\r\n", "\n")))
    page = Markup(HIDDEN.sub(_box, escaped))  # noqa: S704 - escaped above; only our own boxes were added
    if len(text) > LONGEST_TEXT:
        page += Markup('<em class="cut">… cut after {:,} of {:,} characters</em>').format(LONGEST_TEXT, len(text))
    return page


def excerpt(text: str, length: int = 110) -> Markup:
    """The beginning of the text in one line."""
    line = " ".join(text[: 4 * length].split())
    return shown(line if len(line) <= length else line[: length - 1].rstrip() + "…")


def moment(text: str) -> str:
    """An ISO 8601 time as people read it, in UTC to the minute; any other text as it is."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return text
    if time.tzinfo is None:
        return text
    time = time.astimezone(UTC)
    return f"{time.day} {_MONTHS[time.month - 1]} {time.year}, {time:%H:%M} UTC"


def duration(start: str, end: str) -> str | None:
    """How long it took from one ISO 8601 time to another, as people say it; None where a time is no time."""
    try:
        seconds = round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
    except (ValueError, TypeError):
        return None
    minutes, hours = seconds // 60, seconds // 3600
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60:02} min"
    return f"{minutes} min {seconds % 60:02} s" if minutes else f"{seconds} s"


def _box(match: re.Match[str]) -> str:
    return f'<span class="hidden-character">U+{ord(match[0]):04X}</span>'
