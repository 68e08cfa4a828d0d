r"""Records of a dataset on disk, from when they are read until it is known which shard each belongs to.

Where every job gets the same lines, a record takes one line: the user's own bytes where those were plain to read, else
a line with the same keys and texts. Else it takes one *frame* of lines: first what every job gets, then one line for
the answer of each source, in the order of the series. Raw line feeds cannot occur inside JSON, so they part the pieces,
and a shard's text is made by joining them, without parsing anything again. A text that many sources share stands on
disk once: the spool is never much larger than the dataset.
"""

from __future__ import annotations

import json
import os
import tempfile
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from gavel.planning.plan import answers_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    import numpy.typing as npt

    from gavel.datasets.plain_line import PlainLines
    from gavel.datasets.reader import Record
    from gavel.suites.suite import Generator

_BUFFER: Final = 1 << 20
# To read so many bytes costs less than to ask for two pieces. A shard of 1,000 records has at most as many gaps, so no
# more than 16 MiB is read for nothing at a time.
_GAP: Final = 16 * 1024
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
        # The one series there is, whose lines stand whole.
        self._only = next(iter(self._pieces)) if len(self._pieces) == 1 else None
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
        parting = "\n" if self._only is None else ""
        for source in self._sources:
            answer = next(response for response in record.responses if response.model == source)
            brought = f'{{"response":{_quoted(answer.text)},"modelIdentifier":{_quoted(source)}}}'
            text += f'{parting},"modelResponses":[{brought}]'
        frame = (f"{text}\n" if parting else f"{text}}}\n").encode()
        self.write(frame)
        return len(frame)

    def takes(self, lines: PlainLines) -> bool:
        """Whether these lines are, as they stand, what every job gets: the answers of the one source, or none."""
        if self._only is None or not self._sources:
            return self._only is not None and not lines.responses
        (source,) = self._sources
        answers = lines.responses
        return len(answers) == len(lines) and all(len(one) == 1 and one[0].model == source for one in answers)

    def write(self, data: bytes) -> None:
        """Write whole frames, or lines that the spool takes."""
        self._file.write(data)
        self.size += len(data)

    def lines(self, offsets: npt.NDArray[np.int64], lengths: npt.NDArray[np.uint32]) -> dict[str, bytes]:
        """The JSON Lines of each series for the frames at these places, which ascend."""
        self._file.flush()
        frames = self._read(offsets, lengths) if len(offsets) else []
        if self._only is not None:
            return {self._only: b"".join(frames)}
        pieces = b"".join(frames).split(b"\n")[:-1]
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

    def _read(self, offsets: npt.NDArray[np.int64], lengths: npt.NDArray[np.uint32]) -> list[memoryview]:
        """The frames, those that follow each other in one piece. What is near is read at once, with what is between."""
        frames: list[memoryview] = []
        ends = offsets + lengths
        parted = np.flatnonzero(offsets[1:] != ends[:-1])
        begins, ends = offsets[np.append(0, parted + 1)], ends[np.append(parted, -1)]
        far = np.flatnonzero(begins[1:] - ends[:-1] > _GAP) + 1
        for start, stop in pairwise([0, *far.tolist(), len(begins)]):
            first = int(begins[start])
            view = memoryview(_pread(self._file.fileno(), first, int(ends[stop - 1]) - first))
            places = zip((begins[start:stop] - first).tolist(), (ends[start:stop] - first).tolist(), strict=True)
            frames += [view[place:end] for place, end in places]
        return frames


def _pread(descriptor: int, offset: int, length: int) -> bytes:
    data = os.pread(descriptor, length, offset)
    while len(data) < length:
        more = os.pread(descriptor, length - len(data), offset + len(data))
        if not more:
            raise OSError("the spool ends before its last record")
        data += more
    return data
