"""Comparison pages, each built once in the background and kept in a private folder while the server runs."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gavel.problems import GavelError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_KEPT: Final = 20
_PATIENCE_SECONDS: Final = 1.0


@dataclass
class _Work:
    """A page that is being built, was built, or could not be."""

    path: Path
    done: threading.Event = field(default_factory=threading.Event)
    error: str | None = None


@dataclass(frozen=True)
class Failed:
    """Why there is no page."""

    reason: str


class Comparisons:
    """Builds pages one at a time, because each holds the scores of two evaluations in memory; keeps the last 20.

    `folder` must be readable by nobody else: the pages hold prompts and answers.
    """

    def __init__(
        self, build: Callable[[str, str], str], folder: Path, *, patience_seconds: float = _PATIENCE_SECONDS
    ) -> None:
        self._build = build
        self._folder = folder
        self._patience = patience_seconds
        self._works: OrderedDict[tuple[str, str], _Work] = OrderedDict()
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    def page(self, a: str, b: str) -> Path | Failed | None:
        """The file of a page, why there is none, or None while it is being built; waits a moment for it.

        A failure is told once: who asks again has it tried again. Both names must be ids of evaluations.
        """
        with self._lock:
            work = self._works.get((a, b))
            if work is None:
                work = self._works[a, b] = _Work(self._folder / f"{a}+{b}.html")
                threading.Thread(target=self._work, args=(a, b, work), daemon=True).start()
            self._works.move_to_end((a, b))
            self._forget()
        if not work.done.wait(self._patience):
            return None
        if work.error is None:
            return work.path
        with self._lock:
            if self._works.get((a, b)) is work:
                del self._works[a, b]
        return Failed(work.error)

    def _work(self, a: str, b: str, work: _Work) -> None:
        try:
            with self._turn:
                html = self._build(a, b)
            work.path.touch(mode=0o600)
            work.path.write_text(html, encoding="utf-8", errors="replace")
        except InvalidInputError as error:
            work.error = "; ".join(f"{one.file} {one.reason}: {one.remedy}" for one in error.problems.listed)
        except GavelError as error:
            work.error = str(error)
        except OSError as error:
            work.error = f"The page could not be kept on this machine: {error.strerror}."
        except Exception as error:  # noqa: BLE001 - whoever waits must learn that nothing will come
            work.error = f"Gavel failed while it compared them ({type(error).__name__})."
        finally:
            work.done.set()

    def _forget(self) -> None:
        """Drop the pages that nobody has looked at for longest; one that is being built stays."""
        ended = [key for key, work in self._works.items() if work.done.is_set()]
        for key in ended[: max(0, len(self._works) - _KEPT)]:
            self._works.pop(key).path.unlink(missing_ok=True)
