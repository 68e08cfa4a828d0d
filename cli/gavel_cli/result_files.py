"""Finds and opens what a person names: a file, a folder, an object or a prefix in S3."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gavel.problems import Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gavel.datasets.byte_source import Readable

OUTPUT_SUFFIX: Final = "_output.jsonl"
_S3: Final = "s3://"
_FILE_SUFFIX: Final = ".jsonl"


def result_files(names: Sequence[str], problems: Problems) -> list[str]:
    """The files behind the names, each once: of folders and prefixes every `*_output.jsonl` below, by name.

    A folder without such a file is a problem. Raises the errors of `gavel.aws.objects`.
    """
    found: dict[str, None] = {}
    for name in names:
        if name.startswith(_S3):
            below = [name] if name.endswith(_FILE_SUFFIX) else _objects(name)
        elif Path(name).is_dir():
            below = [str(path) for path in sorted(Path(name).rglob(f"*{OUTPUT_SUFFIX}"))]
        else:
            below = [name]
        if not below:
            problems.add(Problem(name, None, None, f"holds no *{OUTPUT_SUFFIX}", "name the folder of a job's output"))
        found.update(dict.fromkeys(below))
    return list(found)


def read_file[Answer](name: str, problems: Problems, read: Callable[[Readable], Answer]) -> Answer | None:
    """What `read` makes of the file; None, and a problem, when there is no such file or it cannot be read.

    Raises UnreadableObjectError when S3 does not hand it out.
    """
    with ExitStack() as stack:
        try:
            stream = _object(name, problems) if name.startswith(_S3) else stack.enter_context(Path(name).open("rb"))
            return None if stream is None else read(stream)
        except OSError as error:
            why = error.strerror or type(error).__name__
            problems.add(Problem(name, None, None, f"cannot be read: {why}", "check the path and its permissions"))
            return None


def _objects(prefix: str) -> list[str]:
    from gavel.aws.objects import list_objects  # noqa: PLC0415 - brings boto3, which files on disk do not need

    return list(list_objects(prefix, suffix=OUTPUT_SUFFIX))


def _object(uri: str, problems: Problems) -> Readable | None:
    from gavel.aws.objects import NoSuchObjectError, open_object  # noqa: PLC0415 - as above

    try:
        return open_object(uri)
    except NoSuchObjectError as error:
        problems.add(Problem(uri, None, None, str(error), "check bucket and key"))
        return None
