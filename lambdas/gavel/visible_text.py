"""Text of strangers in one line, with everything that acts or hides written as an escape."""

from __future__ import annotations

import unicodedata
from typing import Final

# Besides control characters (Cc): direction marks and other invisible ones (Cf), line and paragraph separators, and
# what is no character at all. Joiners stay, since scripts and emoji need them.
_UNSAFE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_KEPT: Final = frozenset("\u200c\u200d")


def visible(text: str) -> str:
    """The text with every character that a terminal could act on, or that hides, written as its escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode() if _is_unsafe(character) else character for character in text
    )


def _is_unsafe(character: str) -> bool:
    if character in _KEPT:
        return False
    # U+FDD0 to U+FDEF and the last two of every plane are no characters for good; XML has no way to write U+FFFF.
    number = ord(character)
    no_character = 0xFDD0 <= number <= 0xFDEF or number & 0xFFFE == 0xFFFE
    return no_character or unicodedata.category(character) in _UNSAFE_CATEGORIES
