from __future__ import annotations

import threading
from functools import partial

import pytest

from gavel.aws.uploads import Uploads


def test_everything_that_was_submitted_is_written_when_the_context_ends() -> None:
    written: list[int] = []

    with Uploads(workers=3) as uploads:
        for number in range(100):
            uploads.submit(1, partial(written.append, number))

    assert sorted(written) == list(range(100))


def test_writes_run_beside_each_other() -> None:
    together = threading.Barrier(3, timeout=10)

    def meet() -> None:
        together.wait()

    with Uploads(workers=3) as uploads:
        for _ in range(3):
            uploads.submit(1, meet)


def test_what_waits_in_memory_stays_below_the_bound_and_a_larger_write_goes_alone() -> None:
    lock, held, most = threading.Lock(), 0, 0

    def write(size: int) -> None:
        nonlocal held
        with lock:
            held -= size

    with Uploads(workers=4, pending_bytes=10) as uploads:
        for size in (4, 4, 4, 25, 4, 9, 1, 4):
            uploads.submit(size, partial(write, size))
            with lock:
                held += size
                most = max(most, held)

    assert most == 25


def test_an_error_ends_the_writes_and_is_raised() -> None:
    def fail() -> None:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"), Uploads(workers=1) as uploads:
        uploads.submit(1, fail)


def test_after_an_error_of_the_caller_what_has_not_begun_is_never_written() -> None:
    written: list[int] = []
    go = threading.Event()

    def wait() -> None:
        go.wait(10)

    def stumble() -> None:
        with Uploads(workers=1) as uploads:
            uploads.submit(1, wait)
            uploads.submit(1, partial(written.append, 1))
            threading.Timer(0.05, go.set).start()
            raise ValueError("stumbled")

    with pytest.raises(ValueError, match="stumbled"):
        stumble()
    assert written == []
