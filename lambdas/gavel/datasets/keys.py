"""Keys of a record: which ones mean something, and which ones look like a slip for one that does."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

PROMPT: Final = "prompt"
REFERENCE: Final = "referenceResponse"
CATEGORY: Final = "category"
RESPONSES: Final = "modelResponses"
RESPONSE: Final = "response"
SOURCE: Final = "modelIdentifier"

RECORD_KEYS: Final = (PROMPT, REFERENCE, CATEGORY, RESPONSES)
RESPONSE_KEYS: Final = (RESPONSE, SOURCE)

# 0.9 takes one slip in a word (promt, refrenceResponse) and leaves promptId, categoryCode and the like alone.
_TYPO_RATIO: Final = 0.9


def meant_key(key: str, known: tuple[str, ...], present: Collection[str]) -> str | None:
    """The known key that an unknown one stands for by mistake, or None for a key that is simply something else.

    Letter case, separators and a plural are always a mistake; a typing error only where the right key is absent, so
    that a user's own field is not refused for its looks.
    """
    plain = _plain(key)
    for candidate in known:
        if plain == _plain(candidate):
            return candidate
    near = _typo_of(plain, known)
    return near if near is not None and near not in present else None


@lru_cache(maxsize=1024)
def _plain(key: str) -> str:
    letters = "".join(character for character in key.casefold() if character.isalnum())
    if letters.endswith("ies"):
        return letters[:-3] + "y"
    return letters.removesuffix("s")


@lru_cache(maxsize=1024)
def _typo_of(plain: str, known: tuple[str, ...]) -> str | None:
    names = {_plain(candidate): candidate for candidate in known}
    near = difflib.get_close_matches(plain[:64], names, n=1, cutoff=_TYPO_RATIO)
    return names[near[0]] if near else None
