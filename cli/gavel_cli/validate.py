"""`gavel validate`: check a dataset before anything is paid for."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from gavel.datasets.formats import Format
from gavel.datasets.limits import MAX_SUITE_BYTES
from gavel.datasets.reader import LENIENT_RULES, DatasetFacts, DatasetReader, DatasetRules, read_dataset, rules_for
from gavel.problems import InvalidInputError, Problem, Problems
from gavel_cli.local_input import Answers, answers_option, records_of
from gavel_cli.output import EXIT_CODES, Exit, console, for_people, print_json, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.suites.suite import Suite

LISTED_BY_DEFAULT = 100
STANDARD_INPUT = "-"
SHOWN_CATEGORIES = 10


@click.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=str))
@click.option("--suite", "suite_file", type=click.Path(path_type=str), help="YAML of the suite it is meant for.")
@answers_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--max-errors",
    type=click.IntRange(min=0),
    default=LISTED_BY_DEFAULT,
    show_default=True,
    help="List at most so many errors; all are counted.",
)
@click.pass_context
def validate(
    ctx: click.Context,
    file: str,
    suite_file: str | None,
    answer_files: tuple[Path, ...],
    *,
    as_json: bool,
    max_errors: int,
) -> None:
    """Check the dataset FILE, and the suite if one is given.

    The format is told by the end of the name: .jsonl, .jsonl.gz, .csv, .json or .parquet; `-` reads JSON Lines from
    standard input. Without a suite Bedrock's own rules hold. Every error of every record is told at once, with line,
    field, reason and remedy, and no text of a prompt or an answer. Exit code 0 when the dataset can be evaluated, 2
    when not.
    """
    problems = Problems(limit=max_errors)
    if file == suite_file == STANDARD_INPUT:
        raise click.UsageError("dataset and suite cannot both come from standard input")
    suite = _read_suite(suite_file, problems) if suite_file is not None else None
    rules = LENIENT_RULES if suite_file is not None and suite is None else rules_for(suite)
    answers = Answers(answer_files, None if suite_file in {None, STANDARD_INPUT} else Path(str(suite_file)))
    reader = _read_dataset(file, rules, problems, suite, answers, hashed=as_json)
    if as_json:
        print_json(_report(file, reader, problems))
    else:
        _print_text(file, None if reader is None else reader.facts, problems, suite)
    ctx.exit(Exit.INVALID if problems else Exit.DONE)


def _read_suite(file: str, problems: Problems) -> Suite | None:
    from gavel.suites.suite import load_suite  # noqa: PLC0415 - brings pydantic and YAML, which a dataset alone does not need

    try:
        with _opened(file) as stream:
            data = stream.read(MAX_SUITE_BYTES + 1)
    except OSError as error:
        problems.add(_unreadable(file, error))
        return None
    # A suite that stands only here need not have a name that can become an S3 key.
    try:
        return load_suite(data, name="local", file=_name(file))
    except InvalidInputError as error:
        problems.extend(error.problems)
        return None


def _read_dataset(
    file: str, rules: DatasetRules, problems: Problems, suite: Suite | None, answers: Answers, *, hashed: bool
) -> DatasetReader | None:
    """The reader of the dataset, which it has read to its end; None for a file that cannot be read."""
    try:
        with _opened(file) as stream:
            # What comes through a pipe has no name to say its format.
            layout = Format.JSONL if file == STANDARD_INPUT else None
            reader = read_dataset(
                stream, file=_name(file), rules=rules, problems=problems, layout=layout, hashed=hashed
            )
            if suite is not None and suite.answer_files:
                for _ in records_of(reader, suite, answers, file=_name(file), problems=problems):
                    pass
            reader.read_to_end()
            return reader
    except OSError as error:
        problems.add(_unreadable(file, error))
        return None


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == STANDARD_INPUT:
        yield sys.stdin.buffer
    else:
        with Path(file).open("rb") as stream:
            yield stream


def _name(file: str) -> str:
    return "<stdin>" if file == STANDARD_INPUT else file


def _unreadable(file: str, error: OSError) -> Problem:
    why = error.strerror or type(error).__name__
    return Problem(_name(file), None, None, f"cannot be read: {why}", "check the path and its permissions")


def _report(file: str, reader: DatasetReader | None, problems: Problems) -> dict[str, Any]:
    report: dict[str, Any] = {
        "valid": not problems,
        "file": _name(file),
        "records": reader.facts.records if reader is not None else 0,
        "error_count": problems.count,
        "errors": [problem.to_json() for problem in problems.listed],
    }
    if reader is not None:
        details = reader.facts.to_json()
        del details["records"]
        report["dataset"] = {"sha256": reader.sha256, **details}
    return report


def _print_text(file: str, facts: DatasetFacts | None, problems: Problems, suite: Suite | None) -> None:
    name = visible(_name(file))
    if problems:
        _print_problems(problems)
        records = f" in {_count(facts.records, 'record')}" if facts else ""
        hidden = problems.count - len(problems.listed)
        rest = f"; {hidden:,} not listed (--max-errors)" if hidden else ""
        click.echo(f"{name} cannot be evaluated: {_count(problems.count, 'error')}{records}{rest}")
    elif facts:
        click.echo(f"{name} can be evaluated: {_count(facts.records, 'record')}")
        _print_rows(_suite_rows(suite) + _fact_rows(facts))


def _print_problems(problems: Problems) -> None:
    for problem in problems.listed:
        click.echo(f"{visible(problem.place)}  {visible(problem.reason)}; {visible(problem.remedy)}")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _fact_rows(facts: DatasetFacts) -> list[tuple[str, str]]:
    sources = ", ".join(facts.sources)
    rows = [
        (
            "Answers",
            f"brought by the dataset, of {sources}" if facts.with_responses else "to be given by the generators",
        ),
        ("With reference", f"{facts.with_reference:,} of {facts.records:,}"),
        ("Categories", _categories(facts)),
    ]
    if facts.duplicate_prompts:
        rows.append(("Repeated prompts", f"{facts.duplicate_prompts:,}"))
    return rows


def _categories(facts: DatasetFacts) -> str:
    if not facts.categories:
        return "none"
    largest = sorted(facts.categories.items(), key=lambda entry: (-entry[1], entry[0]))
    shown = [f"{visible(name)} ({count:,})" for name, count in largest[:SHOWN_CATEGORIES]]
    hidden = len(largest) - len(shown)
    if hidden:
        shown.append(f"{hidden:,} more")
    if facts.without_category:
        shown.append(f"without category ({facts.without_category:,})")
    return ", ".join(shown)


def _suite_rows(suite: Suite | None) -> list[tuple[str, str]]:
    if suite is None:
        return []
    judges = ", ".join(visible(judge.name) for judge in suite.all_judges)
    generators = (
        ", ".join(visible(generator.name) for generator in suite.generators) or "none: the dataset brings answers"
    )
    rows = [("Generators", generators), ("Judges", judges), ("Metrics", _metrics(suite))]
    if suite.sample is not None:
        rows.append(("Sample", f"{_count(suite.sample.size, 'record')} at most, {suite.sample.method}"))
    return rows


def _metrics(suite: Suite) -> str:
    own = len(suite.custom_metrics)
    return f"{len(suite.metrics)}, {own} of them the suite's own" if own else f"{len(suite.metrics)}"


def _print_rows(rows: list[tuple[str, str]]) -> None:
    if not for_people():
        for label, text in rows:
            click.echo(f"{label}: {text}")
        return
    from rich.table import Table  # noqa: PLC0415 - rich takes long to import, and only people need it
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(show_header=False, box=None, pad_edge=False)
    for label, text in rows:
        table.add_row(Text(label), Text(text))
    console().print(table)
