"""`gavel judges`: how far judges agree with each other and with people, and what sways them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from gavel.problems import Problem, Problems
from gavel_cli.output import EXIT_CODES, Exit, print_json
from gavel_cli.summarize import LISTED, print_problems
from gavel_cli.target import chosen_stack, local_option, stack_option, told

if TYPE_CHECKING:
    from gavel.datasets.byte_source import Readable
    from gavel.results.sides import Side
    from gavel.statistics.ratings import Rating

_DISPUTED: Final = 10


@click.group(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
def judges() -> None:
    """Say how far judges can be trusted."""


@judges.command(epilog=EXIT_CODES)
@click.argument("file", metavar="RATINGS.csv", type=click.Path(path_type=str))
@click.option("--judge", metavar="RATER", help="Hold this rater against all others, who are people.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def agreement(ctx: click.Context, file: str, *, judge: str | None, as_json: bool) -> None:
    """Say how far raters agree: Krippendorff's alpha, Fleiss' and Cohen's kappa, and what they disagree on.

    RATINGS.csv has the columns item, rater and value, one rating a row; a rater need not rate every item. Values are
    numbers, or labels where one of them is no number. With --judge, the judge's ratings are held against what most
    people say: agreement, confusion matrix, and rates corrected for the judge's errors.
    """
    from gavel.statistics.judge_report import agreement_report  # noqa: PLC0415 - brings NumPy
    from gavel_cli.judge_reports import print_agreement  # noqa: PLC0415 - as above

    problems = Problems(limit=LISTED)
    with told():
        found = _read_ratings(file, problems)
    if judge is not None and found and judge not in {rater for _, rater in found}:
        problems.add(Problem(file, None, "rater", f"has no rating by {judge}", "name a rater of the file"))
    report = agreement_report({} if problems else found, judge=judge)
    if as_json:
        print_json({**report, **_told(problems)})
    elif not problems:
        print_agreement(report)
    print_problems(problems)
    ctx.exit(Exit.INVALID if problems else Exit.DONE)


@judges.command(epilog=EXIT_CODES)
@click.argument("scores", metavar="SCORES")
@click.option("--again", metavar="SCORES", help="The same answers judged once more: how far do the scores repeat?")
@click.option("--people", "labels", metavar="LABELS.csv", help="People's labels of a subset: item, rater, value.")
@click.option("--metric", help="The metric that people labelled; needed with --people.")
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def check(  # noqa: PLR0913 - one argument for each option
    ctx: click.Context,
    scores: str,
    *,
    again: str | None,
    labels: str | None,
    metric: str | None,
    local: bool,
    stack: str | None,
    as_json: bool,
) -> None:
    """Check the judges of an evaluation: agreement, taste for long answers and for their own family, repeatability.

    SCORES is what `gavel compare` takes: the id of an evaluation, result files of Bedrock, or score files of Gavel. An
    item of LABELS.csv is the number of a record in its dataset, or <number>/<generator> where there are several.
    """

    def deployed() -> str | None:
        return chosen_stack(stack, local=local)

    if labels is not None and metric is None:
        raise click.UsageError("--people needs --metric: the metric that people labelled")
    from gavel_cli.judge_reports import check_report, print_check  # noqa: PLC0415 - brings NumPy
    from gavel_cli.sides import read_side  # noqa: PLC0415 - brings DuckDB

    problems = Problems(limit=LISTED)
    with told():
        sides: list[Side] = [read_side(name, problems, deployed) for name in (scores, again) if name is not None]
        people = {} if labels is None else _read_ratings(labels, problems)
    report: dict[str, Any] = {"judges": [], "agreement": []}
    if all(side.records for side in sides):
        report = check_report(
            sides[0], again=sides[1] if again else None, people=people if labels else None, metric=metric
        )
    if labels is not None and metric is not None and not any("people" in one for one in report["judges"]):
        reason = f"labels no record that a judge scored on {metric}"
        problems.add(Problem(labels, None, "item", reason, "an item is a record's number, or <number>/<generator>"))
    if as_json:
        print_json({**report, **_told(problems)})
    elif report["judges"]:
        print_check(report)
    print_problems(problems)
    ctx.exit(Exit.INVALID if problems else Exit.DONE)


def _read_ratings(file: str, problems: Problems) -> dict[tuple[str, str], Rating]:
    from gavel.results.rating_files import read_ratings  # noqa: PLC0415 - as little as the help needs
    from gavel_cli.result_files import read_file  # noqa: PLC0415 - as above

    def read(stream: Readable) -> dict[tuple[str, str], Rating]:
        return read_ratings(stream, file=file, problems=problems)

    before = problems.count
    found = read_file(file, problems, read) or {}
    if not found and problems.count == before:
        problems.add(Problem(file, None, None, "holds no rating", "write a row item,rater,value for each rating"))
    return found


def _told(problems: Problems) -> dict[str, Any]:
    return {"problem_count": problems.count, "problems": [problem.to_json() for problem in problems.listed]}
