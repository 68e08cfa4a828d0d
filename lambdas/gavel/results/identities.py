"""Which record of one evaluation is which of another: by what they say, as everywhere."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from gavel.results.matching import identity_of
from gavel.results.parquet import database, no_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_FETCH: Final = 2048
_BYTES: Final = 16  # of SHA-256: two of a million records share them with a chance of 1e-27


def record_identities(paths: Sequence[Path]) -> dict[int, bytes]:
    """The identity of every record in score files, by its number; 16 bytes and no text are kept of each."""
    found: dict[int, bytes] = {}
    if not paths:
        return found
    with database().cursor() as connection:
        # The texts of an answer stand in the first of its rows.
        connection.execute(
            "SELECT record, prompt, reference, category FROM read_parquet($files) WHERE prompt IS NOT NULL",
            {"files": [no_pattern(path) for path in paths]},
        )
        while rows := connection.fetchmany(_FETCH):
            for record, prompt, reference, category in rows:
                if record not in found:
                    found[record] = identity_of(prompt, reference, category)[:_BYTES]
    return found


def counterpart_records(own: Mapping[int, bytes], other: Mapping[int, bytes]) -> dict[int, int]:
    """For each record of the other side that has a counterpart: the counterpart's number.

    The k-th record of an identity, by number, belongs to the k-th one of the other side.
    """
    first: dict[bytes, int] = {}
    repeated: dict[bytes, deque[int]] = {}  # nearly every record is the only one of its identity
    for number in sorted(own):
        if own[number] in first:
            repeated.setdefault(own[number], deque()).append(number)
        else:
            first[own[number]] = number
    found = {}
    for number in sorted(other):
        counterpart = first.pop(other[number], None)
        if counterpart is None and repeated.get(other[number]):
            counterpart = repeated[other[number]].popleft()
        if counterpart is not None:
            found[number] = counterpart
    return found
