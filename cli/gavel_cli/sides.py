"""Reads scores for `gavel compare` and `gavel judges check`: an evaluation, Bedrock's result files, score files."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gavel.names import identities
from gavel.problems import Problem, Problems
from gavel.results.byte_lines import byte_lines
from gavel.results.file_summary import summarize_rows
from gavel.results.joining import scored_row
from gavel.results.rows import ResultRow, read_results
from gavel.results.score_files import read_score_lines, read_score_parquet
from gavel.results.sides import Side
from gavel_cli.result_files import OUTPUT_SUFFIX, read_file, result_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from gavel.datasets.byte_source import Readable

_CHUNK: Final = 1 << 20
_PARQUET: Final = ".parquet"


def read_side(name: str, problems: Problems, stack: Callable[[], str | None], *, texts: bool = False) -> Side:
    """The scores behind a name. `stack` is asked for the deployed stack when the name is an evaluation's.

    Raises the errors of `gavel.aws`; what is wrong with a file is added to `problems`.
    """
    side = Side(name, texts=texts)
    before = problems.count
    if identities.is_evaluation_id(name) and not Path(name).exists():
        read_evaluation(side, problems, stack())
    elif Path(name).is_dir() and (parts := sorted(Path(name).rglob(f"*{_PARQUET}"))):
        side.records += read_score_parquet(parts, file=name, problems=problems, texts=texts)
    elif name.endswith(_PARQUET):
        read_file(name, problems, lambda stream: _read_parquet(side, stream, problems))
    else:
        for file in result_files([name], problems):
            read_file(file, problems, lambda stream, file=file: _read_lines(side, stream, file, problems))  # type: ignore[misc]
    if not side.records and problems.count == before:
        remedy = f"name a file that ends in {OUTPUT_SUFFIX}, a score file, or an evaluation with scores"
        problems.add(Problem(name, None, None, "holds no score", remedy))
    return side


class _Peeked:
    """A stream whose first bytes have been looked at."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self.head = b""
        while b"\n" not in self.head.lstrip() and (chunk := stream.read(_CHUNK)):
            self.head += chunk
        self._left = self.head

    def read(self, size: int, /) -> bytes:
        if self._left:
            part, self._left = self._left[:size], self._left[size:]
            return part
        return self._stream.read(size)


def _read_lines(side: Side, stream: Readable, file: str, problems: Problems) -> None:
    """A `.jsonl` file: its first line says whether it holds result rows or scores."""
    peeked = _Peeked(stream)
    if _holds_scores(peeked.head):
        side.records += read_score_lines(peeked, file=file, problems=problems, texts=side.texts)
        return

    def seen(row: ResultRow, model: str) -> None:
        side.records.append((model, scored_row(row, texts=side.texts)))

    summarize_rows(read_results(peeked, file=file, problems=problems), seen=seen)


def _holds_scores(head: bytes) -> bool:
    class Once:
        left = head

        def read(self, size: int, /) -> bytes:
            part, self.left = self.left[:size], self.left[size:]
            return part

    line: Any = next((data for _, data in byte_lines(Once())), None) or b""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and "metric" in row and "automatedEvaluationResult" not in row


def _read_parquet(side: Side, stream: Readable, problems: Problems) -> None:
    with tempfile.TemporaryDirectory(prefix="gavel-") as folder:
        path = Path(folder) / "scores.parquet"
        with path.open("wb") as file:
            while chunk := stream.read(_CHUNK):
                file.write(chunk)
        side.records += read_score_parquet([path], file=side.name, problems=problems, texts=side.texts)


def read_evaluation(side: Side, problems: Problems, stack: str | None) -> None:
    """Add the scores of the deployed evaluation that the side is named after; raises the errors of `gavel.aws`."""
    # boto3 takes a third of a second to import, and files on disk need none of it.
    from gavel.aws.api_client import ApiClient  # noqa: PLC0415
    from gavel.aws.deployment import find_deployment  # noqa: PLC0415
    from gavel.aws.evaluation_side import read_evaluation  # noqa: PLC0415
    from gavel.aws.plain_words import in_plain_words  # noqa: PLC0415
    from gavel.aws.storage import Bucket  # noqa: PLC0415

    view = ApiClient(find_deployment(stack).api_url).evaluation(side.name)
    with in_plain_words():
        read_evaluation(side, problems, bucket=Bucket(view["bucket"]), status=view["status"])
