"""How many prompts stood in an earlier record, by hashes that take eight bytes each."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

# A set takes a hundred bytes for what takes eight in an array, so only so many hashes are in one at once: half of the
# known ones, so that going through those costs little, within these bounds.
LEAST_PENDING: Final = 1_024
MOST_PENDING: Final = 26_000


class RepeatedPrompts:
    """Counts prompts that are equal to an earlier one, among the first `most` distinct prompts.

    Prompts are compared by a hash of 64 bits. They wait in the order in which they came, until many are compared with
    all known ones in one go.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known = array("q")
        self._pending: list[int] = []
        self._repeats = 0

    def add(self, prompts: Iterable[str]) -> None:
        """Take the next prompts."""
        self._pending.extend(map(hash, prompts))  # SipHash
        if len(self._pending) >= min(max(LEAST_PENDING, len(self._known) // 2), MOST_PENDING):
            self._settle()

    def counted(self) -> tuple[int, int]:
        """How many of the prompts so far were repeats, and how many distinct ones they were compared with."""
        self._settle()
        return self._repeats, len(self._known)

    def _settle(self) -> None:
        pending, known = self._pending, self._known
        self._pending = []
        fresh = set(pending)
        met = fresh.intersection(known)
        before = len(known)
        if before == self._most:
            self._repeats += sum(map(met.__contains__, pending)) if met else 0
            return
        fresh -= met
        if before + len(fresh) <= self._most:
            known.fromlist(list(fresh))  # half the time of going through the set
            self._repeats += len(pending) - len(fresh)
            return
        for prompt in pending:
            if prompt in fresh and len(known) < self._most:
                fresh.remove(prompt)
                known.append(prompt)
        # What is left was never compared, however often it came.
        self._repeats += len(pending) - (len(known) - before) - sum(map(fresh.__contains__, pending))
