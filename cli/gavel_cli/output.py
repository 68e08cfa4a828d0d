"""What every command shares: exit codes, JSON for programs, tables for people, and text that cannot harm a terminal.

Exit codes: 0 done, and every gate passes where there are any; 1 AWS or the tool failed; 2 wrong usage, configuration or
data; 3 a gate fails; 4 a gate cannot be decided; 130 interrupted.
"""

from __future__ import annotations

import io
import json
import sys
import unicodedata
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from rich.console import Console

EXIT_CODES: Final = (
    "Exit codes: 0 done; 1 AWS or the tool failed; 2 wrong usage, configuration or data; 3 a gate fails; "
    "4 a gate cannot be decided; 130 interrupted."
)

# Besides control characters (Cc): direction marks and other invisible ones (Cf), line and paragraph separators, and
# what is no character at all. Joiners stay, since scripts and emoji need them.
_UNSAFE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_KEPT: Final = frozenset("\u200c\u200d")


class Exit(IntEnum):
    """Exit codes of every command."""

    DONE = 0
    FAILED = 1
    INVALID = 2
    GATE_FAILS = 3
    UNDECIDED = 4
    INTERRUPTED = 130


class CommandFailedError(click.ClickException):
    """AWS or the tool failed: one line on standard error, exit code 1."""

    exit_code = int(Exit.FAILED)

    def __init__(self, message: str) -> None:
        super().__init__(visible(message))


class CommandInvalidError(CommandFailedError):
    """Usage, configuration or data are wrong: one line on standard error, exit code 2."""

    exit_code = int(Exit.INVALID)


def visible(text: str) -> str:
    """The text with every character that a terminal could act on, or that hides, written as its escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode()
        if unicodedata.category(character) in _UNSAFE_CATEGORIES and character not in _KEPT
        else character
        for character in text
    )


def print_json(value: Any) -> None:
    """One JSON object on standard output, in ASCII, so that no terminal and no encoding can change it."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False))


def never_fail_on_characters() -> None:
    """Let output in a narrow encoding show escapes instead of ending in an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def for_people() -> bool:
    """Whether a person looks at standard output, rather than a file or a program."""
    return sys.stdout.isatty()


def console() -> Console:
    """A rich console on standard output; 100 columns where there is no terminal. It obeys NO_COLOR and TERM."""
    from rich.console import Console  # noqa: PLC0415 - rich takes long to import, and only people need it

    return Console(highlight=False, markup=False, emoji=False, width=None if for_people() else 100)
