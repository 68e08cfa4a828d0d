r"""Records of a dataset on disk, from when they are read until it is known which shard each belongs to.

A record takes one *frame* of lines: first what every job gets, then one line for the answer of each source, in the
order of the series. Raw line feeds cannot occur inside JSON, so they part the pieces, and a shard's text is made by
joining them, without parsing anything again. A text that many sources share stands on disk once: the spool is never
much larger than the dataset.
"""

from __future__ import annotations

import json
import os
import tempfile
from typing import TYPE_CHECKING, Final, Self

from gavel.planning.plan import answers_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    import numpy as np
    import numpy.typing as npt

    from gavel.datasets.reader import Record
    from gavel.suites.suite import Generator

_BUFFER: Final = 1 << 20
_quoted = json.JSONEncoder(ensure_ascii=False).encode


class Spool:
    """A temporary file of frames; close it, or use it as a context, to give the disk back."""

    def __init__(self, generators: Sequence[Generator], *, folder: Path | None = None) -> None:
        """Make the file in `folder`, or where temporary files go."""
        series = {answers_of(generator, n): generator.source for n, generator in enumerate(generators)}
        self._sources = [source for source in series.values() if source is not None]
        # Where a series' answers stand in a frame; None where its jobs get none.
        self._pieces = {
            name: None if source is None else 1 + self._sources.index(source) for name, source in series.items()
        }
        self._file = tempfile.TemporaryFile(dir=folder, buffering=_BUFFER)  # noqa: SIM115 - lives as long as the spool
        self.size = 0

    def __enter__(self) -> Self:
        """The spool itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Delete the file."""
        self.close()

    def close(self) -> None:
        """Delete the file."""
        self._file.close()

    def add(self, record: Record) -> int:
        """Write a record's frame and answer how many bytes it takes; it begins where `size` was.

        Known keys only. Supplied answers are left out for a live generator, as Bedrock would ignore them in silence.
        """
        text = f'{{"prompt":{_quoted(record.prompt)}'
        if record.reference is not None:
            text += f',"referenceResponse":{_quoted(record.reference)}'
        if record.category is not None:
            text += f',"category":{_quoted(record.category)}'
        for source in self._sources:
            answer = next(response for response in record.responses if response.model == source)
            text += f'\n,"modelResponses":[{{"response":{_quoted(answer.text)},"modelIdentifier":{_quoted(source)}}}]'
        frame = f"{text}\n".encode()
        self._file.write(frame)
        self.size += len(frame)
        return len(frame)

    def lines(self, offsets: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> dict[str, bytes]:
        """The JSON Lines of each series for the frames at these places, which ascend."""
        self._file.flush()
        pieces = b"".join(self._read(offsets, lengths)).split(b"\n")[:-1]
        frame = 1 + len(self._sources)
        heads = pieces[::frame]
        lines = {}
        for series, piece in self._pieces.items():
            if piece is None:
                lines[series] = b"".join(head + b"}\n" for head in heads)
            else:
                answers = pieces[piece::frame]
                lines[series] = b"".join(head + answer + b"}\n" for head, answer in zip(heads, answers, strict=True))
        return lines

    def _read(self, offsets: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> list[bytes]:
        """The frames, neighbours in one piece."""
        blocks: list[list[int]] = []
        for offset, length in zip(offsets.tolist(), lengths.tolist(), strict=True):
            if blocks and blocks[-1][0] + blocks[-1][1] == offset:
                blocks[-1][1] += length
            else:
                blocks.append([offset, length])
        return [_pread(self._file.fileno(), offset, length) for offset, length in blocks]


def _pread(descriptor: int, offset: int, length: int) -> bytes:
    data = os.pread(descriptor, length, offset)
    while len(data) < length:
        more = os.pread(descriptor, length - len(data), offset + len(data))
        if not more:
            raise OSError("the spool ends before its last record")
        data += more
    return data
