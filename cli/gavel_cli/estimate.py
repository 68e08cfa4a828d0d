"""`gavel estimate`: what an evaluation would cost, before anything is paid for and without AWS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gavel.problems import InvalidInputError, Problems
from gavel_cli.local_input import Answers, answers_option, check_dataset
from gavel_cli.output import EXIT_CODES, Exit, console, print_json, visible

if TYPE_CHECKING:
    from gavel.admission.state import Limits
    from gavel.pricing.estimate import Estimate
    from gavel.pricing.prices import PriceTable
    from gavel.suites.suite import Suite


@click.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--suite",
    "suite_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML of the suite.  [default: the built-in one]",
)
@answers_option
@click.option(
    "--prices",
    "prices_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML of prices that replace the built-in ones.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def estimate(
    ctx: click.Context,
    file: Path,
    suite_file: Path | None,
    answer_files: tuple[Path, ...],
    prices_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Estimate jobs, tokens, price and time of evaluating the dataset FILE.

    Each figure has a low, an expected and a high value; what they rest on stands below them. A model without a price is
    named, and its tokens are counted. Exit code 2 when the dataset, the suite or its budget forbids the evaluation.
    """
    from gavel.pricing.budget import over_budget  # noqa: PLC0415 - a usage error needs none of it
    from gavel.pricing.prices import prices_with  # noqa: PLC0415

    problems = Problems()
    result = None
    try:
        suite = _suite(suite_file)
        prices = prices_with(prices_file.read_bytes() if prices_file else None, file=str(prices_file))
        result = estimate_file(file, suite, prices, Answers(answer_files, suite_file))
        problems.extend(over_budget(result, suite.budget, file=str(suite_file)))
    except InvalidInputError as error:
        problems.extend(error.problems)
    if as_json:
        print_json(_report(file, result, problems))
    else:
        if result:
            show_estimate(result)
        for problem in problems.listed:
            click.echo(visible(str(problem)), err=True)
    ctx.exit(Exit.INVALID if problems else Exit.DONE)


def estimate_file(
    file: Path,
    suite: Suite,
    prices: PriceTable,
    answers: Answers,
    *,
    limits: Limits | None = None,
    max_bytes: int | None = None,
) -> Estimate:
    """Check a dataset and estimate its evaluation. Raises InvalidInputError with every problem of the dataset."""
    from gavel.admission.state import DEFAULT_LIMITS  # noqa: PLC0415 - a usage error needs none of it
    from gavel.planning.plan import SHARD_RECORDS  # noqa: PLC0415 - a usage error needs none of it
    from gavel.pricing.estimate import estimate  # noqa: PLC0415

    suite, sizes = check_dataset(file, suite, answers, max_bytes=max_bytes)
    if suite.sample is not None:
        sizes = sizes.share(min(suite.sample.size, sizes.records))
    full, rest = divmod(sizes.records, SHARD_RECORDS)
    shard_sizes = [SHARD_RECORDS] * full + [rest] * bool(rest)
    return estimate(suite, sizes, prices, shard_sizes=shard_sizes, limits=limits or DEFAULT_LIMITS)


def _suite(file: Path | None) -> Suite:
    from gavel.suites.suite import default_suite, load_suite  # noqa: PLC0415 - brings pydantic and YAML

    if file is None:
        return default_suite()
    # A suite that stands only here need not have a name that can become an S3 key.
    return load_suite(file.read_bytes(), name="local", file=str(file))


def _report(file: Path, result: Estimate | None, problems: Problems) -> dict[str, Any]:
    return {
        "file": str(file),
        "allowed": not problems,
        "error_count": problems.count,
        "errors": [problem.to_json() for problem in problems.listed],
        "estimate": result.to_json() if result else None,
    }


def show_estimate(result: Estimate) -> None:
    """Print an estimate for people."""
    from gavel_cli import estimate_table as table  # noqa: PLC0415 - brings rich

    out = console()
    out.print(table.estimate_table(result))
    out.print()
    out.print(table.sentence(result), style="bold")
    for line in table.notes(result):
        out.print(line, style="dim")
