"""Many writes at once, with a bound on what they hold in memory."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

# A write waits for S3 nearly all of its time; the SDK keeps ten connections.
WORKERS: Final = 8
_NEXT: Final = 2  # writes that wait for a thread; making one takes far less time than S3 takes for it
PENDING_BYTES: Final = 96 * 1024 * 1024


class Uploads:
    """Runs writes in a few threads; leaving the context waits for all of them and raises the first error.

    A write that would make more than `pending_bytes` wait in memory first waits itself until there is room; one that is
    larger goes alone.
    """

    def __init__(self, *, workers: int = WORKERS, pending_bytes: int = PENDING_BYTES) -> None:
        """Start the threads as they are needed."""
        self._workers = workers
        self._most = pending_bytes
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="upload")
        self._pending: dict[Future[None], int] = {}

    def __enter__(self) -> Self:
        """The uploads themselves."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for every write; after an error those that have not begun are dropped."""
        try:
            while error is None and self._pending:
                self._settle()
        finally:
            self._pool.shutdown(cancel_futures=True)

    def submit(self, size: int, write: Callable[[], None]) -> None:
        """Run a write that holds `size` bytes; raises the error of an earlier write."""
        while self._pending and (
            len(self._pending) >= self._workers + _NEXT or sum(self._pending.values()) + size > self._most
        ):
            self._settle()
        self._pending[self._pool.submit(write)] = size

    def _settle(self) -> None:
        done, _ = wait(self._pending, return_when=FIRST_COMPLETED)
        for future in done:
            del self._pending[future]
        for future in done:
            future.result()
