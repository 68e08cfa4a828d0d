"""What every command shares: exit codes, JSON for programs, tables for people, and text that cannot harm a terminal.

Exit codes: 0 done, and every gate passes where there are any; 1 AWS or the tool failed; 2 wrong usage, configuration or
data, also what the API does not know or take; 3 a gate fails; 4 a gate cannot be decided; 130 (128 + SIGINT)
interrupted. A file that cannot be saved leaves 3 and 4 as they are and makes 1 of 0.
"""

from __future__ import annotations

import io
import json
import sys
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

import click

from gavel.visible_text import visible

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "EXIT_CODES",
    "CommandFailedError",
    "CommandInvalidError",
    "Exit",
    "console",
    "for_people",
    "never_fail_on_characters",
    "print_json",
    "visible",
]

EXIT_CODES: Final = (
    "Exit codes: 0 done; 1 AWS or the tool failed; 2 wrong usage, configuration or data; 3 a gate fails; "
    "4 a gate cannot be decided; 130 interrupted."
)


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
