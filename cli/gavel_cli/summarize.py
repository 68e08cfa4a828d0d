"""`gavel summarize`: the figures of result files on disk or in S3, of any judge job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from gavel.datasets.reader import LENIENT_RULES, read_dataset
from gavel.problems import Problem, Problems
from gavel.results.file_summary import FileSummary, summarize_rows
from gavel.results.matching import ShardRecord
from gavel.results.rows import ResultRow, read_results
from gavel_cli.output import EXIT_CODES, Exit, print_json, visible
from gavel_cli.result_files import read_file, result_files
from gavel_cli.target import told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.datasets.byte_source import Readable
    from gavel.datasets.reader import Record
    from gavel.results.shared_prompts import SharedPrompts

LISTED: Final = 100
_EMPTY: Final = "holds no result row"


@click.command(epilog=EXIT_CODES)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=str))
@click.option("--dataset", "dataset", type=click.Path(path_type=str), help="The JSON Lines that the jobs were given.")
@click.option("--by-category", is_flag=True, help="Show categories too (JSON always holds them).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def summarize(
    ctx: click.Context, files: tuple[str, ...], dataset: str | None, *, by_category: bool, as_json: bool
) -> None:
    """Summarize result files of Bedrock judge jobs, also of jobs that Gavel did not start.

    FILE is a result file, a folder, or an s3:// object or prefix; of a folder or prefix every *_output.jsonl below is
    read. A metric that some row of a model has is expected in every row: where a row has no usable score it counts as
    missing, never as zero. With --dataset, records without a row count as missing too, and rows that belong to no
    record are left out and reported. Models or files that share prompts are compared record by record.
    """
    problems = Problems(limit=LISTED)
    with told():
        records = _read_records(dataset, problems) if dataset is not None else None
        names = result_files(files, problems)
        pairing = _pairing() if not as_json else None
        summaries = {
            name: summary for name in names if (summary := _summarize(name, records, pairing, problems)) is not None
        }
    if as_json:
        print_json(_report(summaries, problems))
    else:
        from gavel_cli.summary_tables import print_summaries  # noqa: PLC0415 - brings rich, which JSON does not need

        print_summaries(summaries, by_category=by_category, comparisons=pairing.comparisons() if pairing else [])
    print_problems(problems)
    ctx.exit(Exit.INVALID if problems else Exit.DONE)


def _pairing() -> SharedPrompts:
    from gavel.results.shared_prompts import SharedPrompts  # noqa: PLC0415 - brings NumPy, which JSON does not need

    return SharedPrompts()


def _read_records(file: str, problems: Problems) -> list[Record]:
    def read(stream: Readable) -> list[Record]:
        return list(read_dataset(stream, file=file, rules=LENIENT_RULES, problems=problems))

    return read_file(file, problems, read) or []


def _summarize(
    file: str, records: Sequence[Record] | None, pairing: SharedPrompts | None, problems: Problems
) -> FileSummary | None:
    def seen(row: ResultRow, model: str) -> None:
        if pairing is not None:
            pairing.add(row, file=file, model=model)

    def read(stream: Readable) -> FileSummary:
        return summarize_rows(
            read_results(stream, file=file, problems=problems),
            records_of=None if records is None else lambda model: _expected(records, model),
            seen=seen,
        )

    before = problems.count
    summary = read_file(file, problems, read)
    if summary is not None and summary.rows == 0 and problems.count == before:
        problems.add(Problem(file, None, None, _EMPTY, "take a file that ends in _output.jsonl from a job's output"))
    return summary


def _expected(records: Sequence[Record], model: str) -> list[ShardRecord]:
    """The records as the jobs of this model saw them: its own answers tell apart records that are equal otherwise."""
    answers = [next((one.text for one in record.responses if one.model == model), None) for record in records]
    supplied = None not in answers
    return [
        ShardRecord(record.number, record.prompt, record.reference, record.category, answer if supplied else None)
        for record, answer in zip(records, answers, strict=True)
    ]


def _report(summaries: dict[str, FileSummary], problems: Problems) -> dict[str, Any]:
    return {
        "summaries": [
            {"file": file, **one.to_json()} for file, summary in summaries.items() for one in summary.summaries
        ],
        "files": [
            {
                "file": file,
                "rows": summary.rows,
                "repeated_scores": summary.repeats,
                "foreign_rows": summary.foreign,
                "absent_records": summary.absent,
            }
            for file, summary in summaries.items()
        ],
        "problem_count": problems.count,
        "problems": [problem.to_json() for problem in problems.listed],
    }


def print_problems(problems: Problems) -> None:
    """Print what is wrong on standard error, a line each."""
    for problem in problems.listed:
        click.echo(visible(str(problem)), err=True)
    hidden = problems.count - len(problems.listed)
    if hidden:
        click.echo(f"… and {hidden:,} more problems", err=True)
