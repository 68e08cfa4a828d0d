"""Which record of one evaluation is which of another: by what they say, as everywhere."""

from __future__ import annotations

import tempfile
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Final

from gavel.results.matching import identity_of
from gavel.results.parquet import connect, no_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_FETCH: Final = 2048


def record_identities(paths: Sequence[Path]) -> dict[int, bytes]:
    """The identity of every record in score files, by its number; 16 bytes and no text are kept of each."""
    found: dict[int, bytes] = {}
    if not paths:
        return found
    with tempfile.TemporaryDirectory(prefix="gavel-") as folder, connect(folder) as connection:
        connection.read_parquet([no_pattern(path) for path in paths]).create_view("scores")
        # The texts of an answer stand in the first of its rows.
        connection.execute("SELECT record, prompt, reference, category FROM scores WHERE prompt IS NOT NULL")
        while rows := connection.fetchmany(_FETCH):
            for record, prompt, reference, category in rows:
                if record not in found:
                    found[record] = identity_of(prompt, reference, category)
    return found


def counterpart_records(own: Mapping[int, bytes], other: Mapping[int, bytes]) -> dict[int, int]:
    """For each record of the other side that has a counterpart: the counterpart's number.

    The k-th record of an identity, by number, belongs to the k-th one of the other side.
    """
    waiting: defaultdict[bytes, deque[int]] = defaultdict(deque)
    for number in sorted(own):
        waiting[own[number]].append(number)
    return {number: waiting[other[number]].popleft() for number in sorted(other) if waiting.get(other[number])}
