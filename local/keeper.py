"""Keeps the server's state through a SIGKILL: a forked process holds a copy-on-write image of it.

A fork takes some milliseconds, writing the image some seconds. So nothing is written while the server lives: its last
keeper waits, and writes its image when the server has died without a word. A newer keeper relieves the older one, and a
server that ends in an orderly way lets the last one go.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import pickle
import signal
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

_SUFFIX: Final = ".image"
_STDERR: Final = 2


@dataclass(frozen=True)
class _Child:
    pid: int
    orders: int  # whoever reads the other end: a byte relieves it, the end of the pipe means that the server has died


class Keeper:
    """Makes keepers; `image` gives what they write, and is called in the keeper, never in the server."""

    def __init__(self, folder: Path, image: Callable[[], Any]) -> None:
        """No keeper is there before the first `keep`."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._image = image
        self._number = max(map(_number, folder.glob(f"*{_SUFFIX}")), default=0)
        self._current: _Child | None = None
        self._relieved: list[int] = []

    def keep(self) -> None:
        """Have the state as it is now survive; images that were written before are gone."""
        self._number += 1
        previous, self._current = self._current, self._fork(self._folder / f"{self._number:012}{_SUFFIX}")
        if previous:
            self._relieve(previous)
        elif self._number > 1:
            for path in written(self._folder):
                path.unlink()
        self._relieved = [pid for pid in self._relieved if os.waitpid(pid, os.WNOHANG) == (0, 0)]

    def end(self) -> None:
        """Let the last keeper go: this end is an orderly one, and nothing survives it."""
        if self._current:
            self._relieve(self._current)
            self._current = None

    def _relieve(self, child: _Child) -> None:
        with contextlib.suppress(BrokenPipeError):  # somebody killed it
            os.write(child.orders, b"x")
        os.close(child.orders)
        self._relieved.append(child.pid)

    def _fork(self, path: Path) -> _Child:
        # Taken before the fork and shared with the keeper, so that there is no moment in which nobody holds it.
        lock = os.open(_lock(self._folder), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_SH)
        orders, order = os.pipe()
        ready, tell = os.pipe()
        pid = os.fork()
        if pid == 0:
            _be_keeper(self._image, path, orders=orders, ready=tell, lock=lock)
        for handle in (lock, orders, tell):
            os.close(handle)
        # Until then a signal to the server's whole group would end the keeper with it.
        there = os.read(ready, 1)
        os.close(ready)
        if not there:
            raise RuntimeError("the keeper of the twin's state ended before it began")
        return _Child(pid, order)


def settled(folder: Path) -> Path | None:
    """The newest image in a folder, once no keeper is at work there; None when there is none."""
    if not folder.is_dir():
        return None
    with _lock(folder).open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
    return max(written(folder), key=_number, default=None)


def written(folder: Path) -> list[Path]:
    """Every image in a folder."""
    return list(folder.glob(f"*{_SUFFIX}"))


def read_image(path: Path) -> Any:
    """What a keeper has written."""
    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301 - a keeper of this user wrote it into a folder of this user's


def _number(path: Path) -> int:
    return int(path.stem)


def _lock(folder: Path) -> Path:
    return folder / "keepers.lock"


def _be_keeper(image: Callable[[], Any], path: Path, *, orders: int, ready: int, lock: int) -> NoReturn:
    """Wait, and write the image if need be. The process has one thread, and must neither return nor clean up."""
    try:
        gc.disable()
        # The server's handlers would write to its event loop.
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        _close_all_but(_STDERR, orders, ready, lock)
        os.write(ready, b".")
        os.close(ready)
        if not os.read(orders, 1):
            _write(image(), path)
    except BaseException:  # noqa: BLE001 - nothing may leave this function; the server's log says what it was
        os.write(_STDERR, f"the twin's state is lost: {traceback.format_exc()}".encode())
    finally:
        os._exit(0)


def _close_all_but(*kept: int) -> None:
    """Connections of the server's clients among them: they have to see that it is gone."""
    for handle in {int(found.name) for found in Path("/dev/fd").iterdir()} - set(kept):
        with contextlib.suppress(OSError):  # the one that listed them
            os.close(handle)


def _write(image: Any, path: Path) -> None:
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    with draft.open("wb") as file:
        pickle.dump(image, file, protocol=pickle.HIGHEST_PROTOCOL)
    draft.replace(path)
