"""A search without coverage: in this process, the same for the same seed; a new kind of outcome is kept."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from proofs.hostile_input.mutation import mutate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proofs.hostile_input.reader import Reader

_POOL = 500


class ForeignError(Exception):
    """A reader let out what it must not; `data` is the input, and the cause is the exception."""

    def __init__(self, reader: str, data: bytes) -> None:
        super().__init__(f"the reader {reader} failed on {data[:200]!r}{'…' if len(data) > 200 else ''}")
        self.data = data


def changed(reader: Reader, data: bytes, rng: Random, *, longest: int) -> bytes:
    """An input made out of another: its bytes, or what they contain, or both."""
    if reader.unwrap is not None and reader.wrap is not None and rng.random() < 0.7:
        inner = mutate(reader.unwrap(data), rng, words=reader.words, longest=longest * 4)
        data = reader.wrap(inner)
        if rng.random() < 0.8:
            return data
    return mutate(data, rng, words=reader.words, longest=longest)


def search(reader: Reader, *, count: int, seed: int) -> Iterator[int]:
    """Read so many inputs; yields how many have been read. Raises ForeignError."""
    rng = Random(seed)  # noqa: S311 - has to be repeatable, not secret
    pool = list(reader.seeds())
    first = len(pool)
    kinds: set[int] = set()
    for number in range(count):
        data = pool[number] if number < first else changed(reader, rng.choice(pool), rng, longest=reader.longest)
        try:
            kind = reader.read(data).kind
        except Exception as error:
            raise ForeignError(reader.name, data) from error
        if kind not in kinds:
            kinds.add(kind)
            if len(pool) < _POOL:
                pool.append(data)
        yield number + 1
