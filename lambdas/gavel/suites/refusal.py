"""What the schemas of a suite's file share: the strictness, errors with words of their own, and names."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

MAX_NAME_CHARACTERS: Final = 100

REFUSED: Final = "refused"


class Schema(BaseModel):
    """A part of the file: known keys of the right type only, and no value of a user in an error."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


def refuse(reason: str, remedy: str) -> PydanticCustomError:
    """An error of a field that brings its own words; braces in them are shown as they are."""
    return PydanticCustomError(REFUSED, "{reason}; {remedy}", {"reason": reason, "remedy": remedy})


def shown(text: str, limit: int = 60) -> str:
    """A short, printable form of a value of the suite, in back-quotes."""
    visible = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return f"`{visible if len(visible) <= limit else visible[: limit - 1] + '…'}`"


def checked_name(text: str) -> str:
    """A name that tables and reports can show. Raises the error of a field otherwise."""
    remedy = f"use 1 to {MAX_NAME_CHARACTERS} printable characters without `#`, with no blank at either end"
    if not text.strip() or text != text.strip():
        raise refuse("is blank, or starts or ends with a blank", remedy)
    if len(text) > MAX_NAME_CHARACTERS:
        raise refuse(f"is longer than {MAX_NAME_CHARACTERS} characters", remedy)
    if "#" in text or not text.isprintable():
        raise refuse("holds `#` or a character that cannot be seen", remedy)
    return text
