"""`gavel compare`: two evaluations or two files, record by record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gavel.metrics import Direction
from gavel.problems import GavelError, Problem, Problems
from gavel_cli.output import EXIT_CODES, CommandFailedError, Exit, print_json
from gavel_cli.run import DEFAULT_STACK, LOCAL_STACK
from gavel_cli.summarize import LISTED, print_problems

if TYPE_CHECKING:
    from gavel.results.joining import JoinedScores
    from gavel.statistics.comparison import Comparison
    from gavel_cli.sides import Side


@click.command(epilog=EXIT_CODES)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--by-category", is_flag=True, help="Show categories too (JSON always holds them).")
@click.option(
    "--lower-is-better", "lower", metavar="METRIC", multiple=True, help="A custom metric on which lower is better."
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Save an HTML report with every record's answers and explanations side by side.",
)
@click.option("--local", is_flag=True, help="The evaluations are on the local twin.")
@click.option("--stack", help=f"Name of the deployed stack.  [default: {DEFAULT_STACK}]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def compare(  # noqa: PLR0913 - one argument for each option
    ctx: click.Context,
    a: str,
    b: str,
    *,
    by_category: bool,
    lower: tuple[str, ...],
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

    def deployed() -> str:
        if local:
            from gavel_cli.twin import use_twin  # noqa: PLC0415 - only evaluations on the twin need it

            use_twin()
        return stack or (LOCAL_STACK if local else DEFAULT_STACK)

    # NumPy and DuckDB take a while to import, and a usage error needs none of them.
    from gavel_cli.sides import read_side  # noqa: PLC0415

    problems = Problems(limit=LISTED)
    try:
        sides = [read_side(name, problems, deployed, texts=report is not None) for name in (a, b)]
    except GavelError as error:
        raise CommandFailedError(str(error)) from error
    found, joined = [], None
    if all(side.records for side in sides):
        joined = Joined.of(sides[0], sides[1])
        found = comparisons(sides[0], sides[1], joined, lower, problems)
    if report is not None and joined is not None and found:
        from gavel_cli.compare_report import comparison_report  # noqa: PLC0415 - brings Jinja

        page = comparison_report(sides[0], sides[1], joined.scores, joined.shown, lower=lower)
        try:
            report.write_text(page, encoding="utf-8")
        except OSError as error:
            raise CommandFailedError(f"the report could not be saved as {report}: {error.strerror}") from error
    if as_json:
        print_json(
            {
                "schema_version": 1,
                "a": a,
                "b": b,
                "comparisons": [one.to_json() for one in found],
                "problem_count": problems.count,
                "problems": [problem.to_json() for problem in problems.listed],
            }
        )
    elif found:
        from gavel_cli.compare_table import print_comparisons  # noqa: PLC0415 - brings rich

        print_comparisons(a, b, found, by_category=by_category)
    print_problems(problems)
    ctx.exit(Exit.INVALID if problems else Exit.DONE)


@dataclass(frozen=True)
class Joined:
    """The scores of both sides; `shown` has the name behind each name that they are joined under."""

    scores: JoinedScores
    shown: dict[str, str]

    @classmethod
    def of(cls, a: Side, b: Side) -> Joined:
        """The scores of A and B joined by what their records say."""
        from gavel.results.joining import JoinedScores  # noqa: PLC0415 - as above

        joined = cls(JoinedScores(), {})
        for side, mark in ((a, "A"), (b, "B")):
            for generator, record in side.records:
                # No generator's name holds this character, so A's and B's stay apart.
                joined.shown[f"{generator}\0{mark}"] = generator
                joined.scores.add(f"{generator}\0{mark}", record)
        return joined


def comparisons(a: Side, b: Side, joined: Joined, lower: tuple[str, ...], problems: Problems) -> list[Comparison]:
    """Every comparison over records and by category; a problem when there is nothing that could be compared."""
    from gavel.statistics.comparison import compare as compare_table  # noqa: PLC0415 - as above

    shown = joined.shown
    pairs = {(one, other) for one in a.generators for other in b.generators if one == other} or {
        (one, other) for one in a.generators for other in b.generators
    }
    found = compare_table(
        joined.scores.table(),
        generators=sorted(shown, key=lambda name: (name[-1], name)),
        directions={**a.directions, **b.directions, **dict.fromkeys(lower, Direction.LOWER)},
        by_category=True,
        stratified=a.stratified and b.stratified,
        two_valued=a.two_valued | b.two_valued,
        wanted=lambda _, one, other: one[-1] < other[-1] and (shown[one], shown[other]) in pairs,
    )
    if not found:
        reason = "shares no metric of the same judge with A"
        problems.add(Problem(b.name, None, None, reason, "scores of different judges or metrics cannot be compared"))
    elif not any(one.n for one in found):
        reason = "shares no record with A that has a score on both sides"
        problems.add(Problem(b.name, None, None, reason, "take two evaluations of the same prompts"))
    return [_named(one, shown) for one in found]


def _named(one: Comparison, shown: dict[str, str]) -> Comparison:
    """The comparison with its generators by name; where both are called alike, sentences say whose is meant."""
    a, b = shown[one.model_a], shown[one.model_b]
    in_words = {one.model_a: a if a != b else f"{a} (A)", one.model_b: b if a != b else f"{b} (B)"}
    why = []
    for sentence in one.why:
        for name, word in in_words.items():
            sentence = sentence.replace(name, word)  # noqa: PLW2901 - one name after the other
        why.append(sentence)
    return replace(one, model_a=a, model_b=b, why=tuple(why))
