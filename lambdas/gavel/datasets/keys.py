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

    Other letter case or separators are always a mistake. A plural or a typing error is one only where the right key is
    absent: beside it stands a field of the user's own, which Bedrock tolerates.
    """
    letters = _letters(key)
    for candidate in known:
        if letters == _letters(candidate):
            return candidate
    plain = _singular(letters)
    near = next((candidate for candidate in known if plain == _singular(_letters(candidate))), None)
    near = near or _typo_of(plain, known)
    return near if near is not None and near not in present else None


@lru_cache(maxsize=1024)
def _letters(key: str) -> str:
    return "".join(character for character in key.casefold() if character.isalnum())


def _singular(letters: str) -> str:
    if letters.endswith("ies"):
        return letters[:-3] + "y"
    return letters.removesuffix("s")


@lru_cache(maxsize=1024)
def _typo_of(plain: str, known: tuple[str, ...]) -> str | None:
    names = {_singular(_letters(candidate)): candidate for candidate in known}
    near = difflib.get_close_matches(plain[:64], names, n=1, cutoff=_TYPO_RATIO)
    return names[near[0]] if near else None
