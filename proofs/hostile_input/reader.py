"""What a reader of strangers' bytes owes them: an answer, or problems that a person can act on; and nothing else."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gavel.problems import InvalidInputError, Problem, Problems

LONGEST_PROBLEM: Final = 4000  # characters of one problem: it is shown in a line of a terminal and in an HTTP answer


class BrokenPromiseError(Exception):
    """A reader answered in a way that it must not."""


@dataclass(frozen=True)
class Outcome:
    """What came of one reading: how many things could be used, and everything that was told."""

    answers: int
    problems: Sequence[Problem] = ()

    @property
    def kind(self) -> int:
        """A number that tells apart outcomes of different kinds, the same in every process."""
        told = sorted({f"{one.field}|{one.reason[:60]}" for one in self.problems})
        return zlib.crc32("\n".join((str(min(self.answers, 3)), *told)).encode("utf-8", "replace"))


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One reader under test.

    `read` raises nothing but BrokenPromiseError where the promise does not hold, or whatever foreign exception the
    reader let out. `seeds` are valid inputs to begin with; `words` mean something to the reader. `unwrap` and `wrap`
    open and close a container, whose content is mutated as well as its bytes. `executions` are those of the proof, one
    in `guided_share` of them guided by coverage, which makes an execution about ten times as slow.
    """

    name: str
    about: str
    read: Callable[[bytes], Outcome]
    seeds: Callable[[], Sequence[bytes]]
    words: tuple[bytes, ...]
    executions: int = 1_000_000
    guided_share: int = 10
    longest: int = 1024
    unwrap: Callable[[bytes], bytes] | None = None
    wrap: Callable[[bytes], bytes] | None = None


def told(problems: Problems, *, answers: int) -> Outcome:
    """The outcome of a reading, after every problem was held to what it owes. Raises BrokenPromiseError."""
    if problems.count < len(problems.listed) or (problems.count and not problems.listed):
        raise BrokenPromiseError(f"{problems.count} problems were counted, and {len(problems.listed)} are listed")
    for problem in problems.listed:
        check_problem(problem)
    if not answers and not problems:
        raise BrokenPromiseError("neither an answer nor a problem came")
    return Outcome(answers, problems.listed)


def refused(error: InvalidInputError) -> Outcome:
    """The outcome of an input that was refused as a whole. Raises BrokenPromiseError."""
    if not error.problems:
        raise BrokenPromiseError("it was refused without a problem")
    return told(error.problems, answers=0)


def check_problem(problem: Problem) -> None:
    """Place, reason and remedy, each a text that can be written anywhere. Raises BrokenPromiseError."""
    if not (problem.file and problem.reason.strip() and problem.remedy.strip()):
        raise BrokenPromiseError("a problem lacks its file, its reason or its remedy")
    if any(place is not None and place < 1 for place in (problem.line, problem.record, problem.column)):
        raise BrokenPromiseError("a place counts from 1")
    text = str(problem)  # holds every text of the problem
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BrokenPromiseError("a problem holds half a character, which no file and no terminal can") from None
    if len(text) > LONGEST_PROBLEM:
        raise BrokenPromiseError(f"a problem takes {len(text):,} characters")
