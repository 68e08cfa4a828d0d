"""Text of strangers in GitHub's Markdown: shown as it is, and without any effect.

In a code span GitHub makes no link, image, mention, reference, emoji, formula or HTML of anything. So names stand in
code spans as a whole, and in sentences every word that is not plainly a word or a number does.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Final

from gavel.visible_text import visible

_LETTERS: Final = r"[^\W\d_]+(?:['’-][^\W\d_]+)*"
_NUMBER: Final = r"[+−-]?\d+(?:,\d{3})*(?:\.\d+)?%?"
_PLAIN: Final = re.compile(rf"[(\"“]?(?:{_LETTERS}|{_NUMBER})[)\"”']?[.,;:!?]?|[–—≥≤×÷…·]|%[.,;:]?")
# Seven of them may be the beginning of a commit's name, which GitHub makes a link.
_COMMIT: Final = re.compile(r"[0-9a-fA-F]{7}")


def code(text: str, *, longest: int = 120) -> str:
    """The text as a code span in one line, cut after `longest` characters."""
    line = _cut(visible(text), longest)
    if not line.strip():
        return "(empty)" if not line else "(blank)"
    runs = [len(run) for run in re.findall("`+", line)]
    # A fence is longer than any run inside; it must not touch a backtick; one space at both ends would be taken away.
    fence = "`" * (max(runs, default=0) + 1)
    pad = " " if line[0] in "` " or line[-1] in "` " else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def prose(text: str, *, longest: int = 600) -> str:
    """A sentence in which all but plain words and numbers stand in code spans; never put it at a line's beginning."""
    words = _cut(visible(text), longest).split()
    parts = []
    for plain, group in groupby(words, _is_plain):
        joined = " ".join(group)
        parts.append(joined if plain else code(joined, longest=longest))
    return " ".join(parts)


def cell(markdown: str) -> str:
    """Markdown of one line as a table's cell: a pipe ends a cell even within a code span."""
    return markdown.replace("|", "\\|")


def row(*cells: str) -> str:
    """A table's row."""
    return f"| {' | '.join(map(cell, cells))} |"


def _is_plain(word: str) -> bool:
    return _PLAIN.fullmatch(word) is not None and _COMMIT.search(word) is None


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
