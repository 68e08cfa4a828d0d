"""`gavel records`: single records with every answer, score and explanation."""

from __future__ import annotations

import json
import math
import textwrap
from typing import TYPE_CHECKING, Any, Final

import click

from gavel.metrics import BUILTIN_PREFIX
from gavel_cli.outcome import OutputFile, write
from gavel_cli.output import EXIT_CODES, print_json, visible
from gavel_cli.target import evaluation_argument, local_option, stack_option, with_api

if TYPE_CHECKING:
    from pathlib import Path

    from gavel.aws.api_client import ApiClient

_PAGE: Final = 50
_MOST: Final = 100_000
_WIDTH: Final = 100


@click.command(epilog=EXIT_CODES)
@evaluation_argument
@click.option("--category", help="Records of this category only.")
@click.option("--generator", help="Answers of this model only.")
@click.option("--judge", help="Scores of this judge only.")
@click.option("--metric", help="Scores on this metric only, such as Correctness.")
@click.option("--below", type=float, metavar="SCORE", help="Records with a score below this.")
@click.option("--missing", is_flag=True, help="Records with a score that is missing.")
@click.option(
    "--limit", type=click.IntRange(1, _MOST), default=10, show_default=True, help="How many records, at most."
)
@click.option("-o", "--output", type=OutputFile(".json", ".jsonl"), metavar="FILE", help="Save them: .json or .jsonl.")
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def records(
    evaluation: str,
    *,
    limit: int,
    output: Path | None,
    local: bool,
    stack: str | None,
    as_json: bool,
    metric: str | None,
    **filters: Any,
) -> None:
    """Show records of the evaluation ID: prompt, reference, and every answer with its scores and explanations.

    A record is shown when one of its scores fits all filters.
    """
    if filters["below"] is not None and not math.isfinite(filters["below"]):
        raise click.UsageError("--below takes a finite number")
    wanted = {**filters, "missing": filters["missing"] or None, "metric": metric}
    found = with_api(lambda api: _all(api, evaluation, limit, wanted), local=local, stack=stack)
    document = {"evaluation_id": evaluation, "records": found}
    if output is not None:
        lines = [json.dumps(one, ensure_ascii=False) for one in found]
        text = "".join(f"{line}\n" for line in lines) if output.suffix == ".jsonl" else json.dumps(document, indent=2)
        write(output, text.encode())
        click.echo(f"{len(found):,} record{'s' * (len(found) != 1)} in {output}", err=True)
    if as_json:
        print_json(document)
    elif output is not None:
        return
    elif found:
        for one in found:
            _print(one)
    else:
        click.echo("no record fits")


def _all(api: ApiClient, evaluation: str, limit: int, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    if wanted["metric"] is not None:
        # People leave out Bedrock's own word before the name of a metric.
        known = api.evaluation(evaluation).get("metrics", [])
        prefixed = f"{BUILTIN_PREFIX}{wanted['metric']}"
        wanted = {**wanted, "metric": prefixed if prefixed in known else wanted["metric"]}
    found: list[dict[str, Any]] = []
    token = None
    while len(found) < limit:
        page = api.records(evaluation, limit=min(_PAGE, limit - len(found)), token=token, **wanted)
        found += page["records"]
        token = page["next_token"]
        if token is None:
            break
    return found


def _print(one: dict[str, Any]) -> None:
    title = f"── record {one['record']:,}" + (f" · {one['category']}" if one["category"] else "")
    click.secho(visible(title), bold=True)
    _text("prompt", one["prompt"])
    _text("reference", one["reference"])
    for answer in one["answers"]:
        _text(answer["generator"], answer["response"])
        # An API of an earlier version tells of no flags.
        for flag in answer.get("flags", ()):
            click.secho(f"  flagged: {visible(flag)}", fg="yellow")
        for score in answer["scores"]:
            value = score["label"] if score["value"] is None else f"{score['value']:g}"
            shown = f"missing: {score['reason']}" if score["missing"] else value
            metric = score["metric"].removeprefix(BUILTIN_PREFIX)
            _text(f"  {metric} by {score['judge']}", f"{shown}  {score['explanation']}")
    if one["cut"]:
        click.echo("(texts were cut; the report and the score files hold them whole)")
    click.echo()


def _text(name: str, text: str | None) -> None:
    if text is None:
        return
    # Words of strangers: nothing in them may move the cursor or colour the screen.
    lines = textwrap.wrap(visible(" ".join(text.split())), _WIDTH - 2) or [""]
    click.echo(f"{visible(name)}: {lines[0]}")
    for line in lines[1:]:
        click.echo(f"  {line}")
