"""What all commands of the benchmarks do alike: wrong arguments are told at once, and an early end is a quiet one.

Exit codes: 0 when every promise is kept, 1 when one is broken, 2 for wrong arguments; 130 after Ctrl-C, 143 after
SIGTERM, and 141 when whoever reads the output has gone.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

_SIGNAL: Final = 128  # and its number, as a shell says it


def run(main: Callable[[], int]) -> NoReturn:
    """Run a command, and end the process with its exit code; temporary files are deleted however it ends."""
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(_SIGNAL + number))
    try:
        code = main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        clear()
        print("interrupted", file=sys.stderr)
        code = _SIGNAL + signal.SIGINT
    except BrokenPipeError:
        if not _reader_has_gone():
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the interpreter's own flush at its end
        code = _SIGNAL + signal.SIGPIPE
    sys.exit(code)


def _reader_has_gone() -> bool:
    """Whether it is standard output that nobody reads, and not some other pipe."""
    try:
        print(end="", flush=True)
        os.write(sys.stdout.fileno(), b"\n")
    except BrokenPipeError:
        return True
    return False


def parser(name: str, about: str | None) -> argparse.ArgumentParser:
    """A parser of `python -m benchmarks.NAME`, described by its module's text."""
    return argparse.ArgumentParser(
        prog=f"python -m {name}", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def add_folder_and_json(parser: argparse.ArgumentParser) -> None:
    """The arguments of whoever writes data for a while: where, and how the answer is printed."""
    parser.add_argument(
        "--folder", type=folder, help="where data are written, and deleted again (default: where temporary files go)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def whole(least: int = 1, most: int | None = None, *, of: int = 1) -> Callable[[str], int]:
    """A reader of whole numbers from `least` to `most` that are multiples of `of`."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None
        if number < least:
            raise argparse.ArgumentTypeError(f"{number} is too small; the least is {least:,}")
        if most is not None and number > most:
            raise argparse.ArgumentTypeError(f"{number} is too large; the most is {most:,}")
        if number % of:
            raise argparse.ArgumentTypeError(f"{number} is no multiple of {of}")
        return number

    return read


def sizes(least: int, *, count: int = 1) -> Callable[[str], tuple[int, ...]]:
    """A reader of sizes like `1000,100000`: at least so many different ones, ascending whatever their order."""
    each = whole(least)

    def read(text: str) -> tuple[int, ...]:
        found = tuple(sorted({each(size) for size in text.split(",")}))
        if len(found) < count:
            raise argparse.ArgumentTypeError(f"{text} is not enough: {count} different sizes are needed")
        return found

    return read


def positive(text: str) -> float:
    """A number above 0."""
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0, or not finite")
    return number


def folder(text: str) -> Path:
    """A folder that is there and may be written to."""
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is no folder")
    if not os.access(path, os.W_OK):
        raise argparse.ArgumentTypeError(f"{text} may not be written to")
    return path


def tell(text: str) -> None:
    """Show on a terminal what is about to happen, in place of what was shown so before."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def clear() -> None:
    """Take away what was shown: output follows."""
    tell("")
