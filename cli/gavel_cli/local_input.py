"""A dataset on this machine, checked as the deployed system would, with the files of answers that its suite names."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from gavel.problems import InvalidInputError, Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gavel.datasets.reader import DatasetReader, Record
    from gavel.pricing.sizes import DatasetSizes
    from gavel.suites.suite import Suite

answers_option = click.option(
    "--answers",
    "answer_files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A file of answers that the suite names.  [default: the file of that name beside the suite]",
)


@dataclass(frozen=True)
class Answers:
    """Where files of answers are found by name: those that were given, then those beside the suite, then elsewhere."""

    given: Sequence[Path] = ()
    beside: Path | None = None
    elsewhere: Callable[[str], BinaryIO | None] | None = None

    def path(self, name: str) -> Path | None:
        """The file of that name on this machine."""
        beside = [] if self.beside is None else [self.beside.parent / name]
        return next((path for path in [*self.given, *beside] if path.name == name and path.is_file()), None)

    def open(self, name: str) -> BinaryIO | None:
        """The file of that name as a stream, None when it is nowhere."""
        path = self.path(name)
        if path is not None:
            return path.open("rb")
        return self.elsewhere(name) if self.elsewhere else None


def records_of(
    reader: DatasetReader, suite: Suite, answers: Answers, *, file: str, problems: Problems
) -> Iterator[Record]:
    """The valid records with the answers that files bring; everything wrong goes to `problems`."""
    if not suite.answer_files:
        yield from reader
        return
    from gavel.datasets.answer_files import AnswerFile, with_answers  # noqa: PLC0415 - brings numpy

    with ExitStack() as stack:
        files, earlier = [], problems.count
        for source, name in suite.answer_files.items():
            stream = answers.open(name)
            if stream is None:
                remedy = "put it beside the suite, or give it with --answers"
                problems.add(
                    Problem(file, None, None, f"needs the answers of `{source}` in {name}, which is not there", remedy)
                )
                continue
            answer_file = stack.enter_context(AnswerFile(source, file=str(answers.path(name) or name)))
            with stream:
                answer_file.read(stream, problems, max_prompt_bytes=suite.dataset.max_prompt_bytes)
            files.append(answer_file)
        # Answers that could not be read would be told as missing once for each record.
        sound = problems.count == earlier
        yield from with_answers(reader, files, file=file, problems=problems) if sound else reader


def check_dataset(
    file: Path, suite: Suite, answers: Answers, *, max_bytes: int | None = None
) -> tuple[Suite, DatasetSizes]:
    """The suite with the generators really used, and what the dataset holds.

    `max_bytes` is what the deployment takes. Raises InvalidInputError with every problem of the dataset.
    """
    from gavel.datasets.limits import DEFAULT_MAX_DATASET_BYTES  # noqa: PLC0415 - a usage error needs none of it
    from gavel.datasets.reader import read_dataset, rules_for  # noqa: PLC0415
    from gavel.pricing.sizes import DatasetSizes  # noqa: PLC0415
    from gavel.suites.effective import effective_suite  # noqa: PLC0415

    problems = Problems(limit=100)
    sizes = DatasetSizes()
    with file.open("rb") as stream:
        reader = read_dataset(
            stream,
            file=str(file),
            rules=rules_for(suite),
            problems=problems,
            max_bytes=max_bytes or DEFAULT_MAX_DATASET_BYTES,
        )
        for record in records_of(reader, suite, answers, file=str(file), problems=problems):
            if not sizes.records:
                suite = effective_suite(suite, source=record.responses[0].model if record.responses else None)
            sizes.add(record)
    if problems:
        raise InvalidInputError(problems)
    return suite, sizes
