"""Task tokens: waits of executions that somebody outside ends, as SendTaskSuccess and SendTaskFailure do."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class NobodyWaitsError(Exception):
    """There is no such wait any more; the text is the name of AWS's error for it."""


@dataclass
class Callback:
    """One wait. `over` says why nobody waits any more: TaskTimedOut, or TaskDoesNotExist of one that is gone."""

    token: str
    ended: bool = False
    output: Any = None
    failure: tuple[str, str] | None = None
    over: str = ""
    _watchers: list[Callable[[], None]] = field(default_factory=list)

    def when_ended(self, call: Callable[[], None]) -> None:
        """Call this as soon as somebody has ended the wait."""
        if self.ended:
            call()
        else:
            self._watchers.append(call)

    def end(self, *, output: Any = None, failure: tuple[str, str] | None = None) -> None:
        """End the wait; raises NobodyWaitsError where that was done before."""
        if self.over or self.ended:
            raise NobodyWaitsError(self.over or "TaskTimedOut")
        self.output, self.failure, self.ended = output, failure, True
        for call in self._watchers:
            call()


@dataclass
class Callbacks:
    """All waits by their tokens."""

    waits: dict[str, Callback] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new(self) -> Callback:
        """A wait that begins."""
        token = f"token-{next(self._numbers)}"
        self.waits[token] = Callback(token)
        return self.waits[token]

    def succeed(self, token: str, output: str) -> None:
        """SendTaskSuccess; raises NobodyWaitsError."""
        self._known(token).end(output=json.loads(output))

    def fail(self, token: str, error: str, cause: str) -> None:
        """SendTaskFailure; raises NobodyWaitsError."""
        self._known(token).end(failure=(error, cause))

    def _known(self, token: str) -> Callback:
        if token not in self.waits:
            raise NobodyWaitsError("InvalidToken")
        return self.waits[token]
