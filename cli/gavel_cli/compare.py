"""`gavel compare`: two evaluations or two files, record by record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from gavel.problems import Problems
from gavel_cli.outcome import OutputFile, write
from gavel_cli.output import EXIT_CODES, Exit, print_json
from gavel_cli.summarize import LISTED, print_problems
from gavel_cli.target import chosen_stack, local_option, stack_option, told

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog=EXIT_CODES)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--by-category", is_flag=True, help="Show categories too (JSON always holds them).")
@click.option(
    "--lower-is-better", "lower", metavar="METRIC", multiple=True, help="A custom metric on which lower is better."
)
@click.option(
    "-o",
    "--output",
    "outputs",
    type=OutputFile(".html", ".json"),
    multiple=True,
    metavar="FILE",
    help="Save the report with every record side by side (.html), or the figures (.json); may be repeated.",
)
@click.option("--report", type=OutputFile(".html", ".htm"), help="The same as -o, for the HTML report.")
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def compare(  # noqa: PLR0913 - one argument for each option
    ctx: click.Context,
    a: str,
    b: str,
    *,
    by_category: bool,
    lower: tuple[str, ...],
    outputs: tuple[Path, ...],
    report: Path | None,
    local: bool,
    stack: str | None,
    as_json: bool,
) -> None:
    """Compare A with B, record by record: what is better, by how much, and how sure that is.

    A and B are ids of evaluations, result files of Bedrock judge jobs (a file, a folder, an s3:// object or prefix), or
    score files of Gavel (.parquet, a folder of them, or .jsonl: an object a line with record, prompt, reference,
    category, generator, judge, metric, and value or label). Records are joined by prompt, reference and category, never
    by their place; a record that has no score on one side is counted as missing. A generator that both have is
    compared with itself; when there is none, every one of A with every one of B. Differences are A minus B. The report
    shows which records got better or worse from B to A.
    """

    def deployed() -> str | None:
        return chosen_stack(stack, local=local)

    # NumPy and DuckDB take a while to import, and a usage error needs none of them.
    from gavel.results.sides import Joined, comparisons  # noqa: PLC0415
    from gavel_cli.sides import read_side  # noqa: PLC0415

    problems = Problems(limit=LISTED)
    pages = [path for path in (*outputs, *([report] if report else [])) if path.suffix != ".json"]
    with told():
        sides = [read_side(name, problems, deployed, texts=bool(pages)) for name in (a, b)]
    found, joined = [], None
    if all(side.records for side in sides):
        joined = Joined.of(sides[0], sides[1])
        found = comparisons(sides[0], sides[1], joined, problems, lower=lower)
    if pages and joined is not None and found:
        from gavel_cli.compare_report import comparison_report  # noqa: PLC0415 - brings Jinja

        page = comparison_report(sides[0], sides[1], joined.scores, joined.shown, lower=lower)
        for path in pages:
            write(path, page.encode())
    document = {
        "schema_version": 1,
        "a": a,
        "b": b,
        "comparisons": [one.to_json() for one in found],
        "problem_count": problems.count,
        "problems": [problem.to_json() for problem in problems.listed],
    }
    for path in outputs:
        if path.suffix == ".json":
            write(path, json.dumps(document, indent=2, allow_nan=False).encode())
    if as_json:
        print_json(document)
    elif found:
        from gavel_cli.compare_table import print_comparisons  # noqa: PLC0415 - brings rich

        print_comparisons(a, b, found, by_category=by_category)
    print_problems(problems)
    ctx.exit(Exit.INVALID if problems else Exit.DONE)
