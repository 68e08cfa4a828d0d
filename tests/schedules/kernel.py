"""A clock that jumps and processes that take turns: everything that happens at once, in an order that a seed decides.

A process is a greenlet, so that code which knows nothing of the simulation can be held up inside a call to AWS while
other code goes on. Nothing else runs meanwhile, so a seed always gives the same run.
"""

from __future__ import annotations

import heapq
import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from greenlet import getcurrent, greenlet

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.schedules.callbacks import Callback

EPOCH: Final = datetime(2026, 1, 5, tzinfo=UTC).timestamp()


class Crash(BaseException):
    """The process is gone, at this very place. Not an Exception: no code gets a chance to tidy up."""


class Process:
    """Something that runs: `result` or `error` once it has ended."""

    def __init__(self, kernel: Kernel, work: Callable[[], Any], name: str) -> None:
        self.name = name
        self._kernel = kernel
        self._work = work
        self._greenlet = greenlet(self._run, kernel.hub)
        self._watchers: list[Callable[[], None]] = []
        self._doomed = False
        self.ended = False
        self.result: Any = None
        self.error: BaseException | None = None

    def kill(self) -> None:
        """End the process at the place where it waits; one that has ended is left alone."""
        if not self.ended and not self._doomed:
            self._doomed = True
            self._kernel.after(0, self.resume)

    def resume(self) -> None:
        """Let the process go on; called by the kernel alone."""
        if self.ended:
            return
        if self._doomed and not self._greenlet:
            self._end(Crash())
        elif self._doomed:
            self._greenlet.throw(Crash())
        else:
            self._greenlet.switch()

    def when_ended(self, call: Callable[[], None]) -> None:
        """Call this as soon as the process has ended."""
        if self.ended:
            call()
        else:
            self._watchers.append(call)

    def _run(self) -> None:
        try:
            self.result = self._work()
        except BaseException as error:  # noqa: BLE001 - whoever waits for the process judges it
            self._end(error)
        else:
            self._end(None)

    def _end(self, error: BaseException | None) -> None:
        self.error = error
        self.ended = True
        self._kernel.forget(self._greenlet)
        for call in self._watchers:
            call()


class Kernel:
    """Time, and what is to happen when."""

    def __init__(self) -> None:
        self.hub = getcurrent()
        self.time = EPOCH
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._processes: dict[greenlet, Process] = {}

    @property
    def text(self) -> str:
        """The time as the handlers write it."""
        return datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Call something later; calls of the same moment keep their order."""
        heapq.heappush(self._agenda, (self.time + seconds, next(self._numbers), call))

    def who(self) -> str:
        """The name of the calling process."""
        process = self._processes.get(getcurrent())
        return process.name if process else "the world"

    def spawn(self, work: Callable[[], Any], *, after: float = 0, name: str = "a process") -> Process:
        """Start a process."""
        process = Process(self, work, name)
        self._processes[process._greenlet] = process
        self.after(after, process.resume)
        return process

    def forget(self, ended: greenlet) -> None:
        """Let go of a process that has ended."""
        del self._processes[ended]

    def sleep(self, seconds: float) -> None:
        """Hold the calling process up while others go on."""
        process = self._processes[getcurrent()]
        self.after(seconds, process.resume)
        self.hub.switch()

    def wait(self, *processes: Process | Callback, at_most: float | None = None) -> bool:
        """Hold the calling process up until one of these has ended; False when that took longer than `at_most`."""
        me = self._processes[getcurrent()]
        waiting = [True]

        def go_on() -> None:
            if waiting:
                waiting.clear()
                self.after(0, me.resume)

        for process in processes:
            process.when_ended(go_on)
        if at_most is not None:
            self.after(at_most, go_on)
        self.hub.switch()
        return any(process.ended for process in processes)

    def run(self, *, until: float = float("inf")) -> None:
        """Do everything that is to happen before that time."""
        while self._agenda and self._agenda[0][0] <= until:
            self.time, _, call = heapq.heappop(self._agenda)
            call()

    def close(self) -> None:
        """End every process that still waits."""
        for process in list(self._processes.values()):
            process._doomed = True
            process.resume()
