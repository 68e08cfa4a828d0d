"""`gavel status`, `gavel watch` and `gavel results`: one evaluation now, until its end, and what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gavel.names.statuses import EvaluationStatus
from gavel_cli.outcome import conclude, output_option, saved, show
from gavel_cli.output import EXIT_CODES, CommandFailedError, Exit, console, print_json, visible
from gavel_cli.target import evaluation_argument, local_option, stack_option, with_api

if TYPE_CHECKING:
    from pathlib import Path

    from gavel.aws.api_client import ApiClient


@click.command(epilog=EXIT_CODES)
@evaluation_argument
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(evaluation: str, *, local: bool, stack: str | None, as_json: bool) -> None:
    """Say how far the evaluation ID is: stage, jobs of each model, money so far."""
    view = with_api(lambda api: api.evaluation(evaluation), local=local, stack=stack)
    if as_json:
        print_json(view)
        return
    from gavel_cli.evaluation_table import failures, headline  # noqa: PLC0415 - brings rich

    if EvaluationStatus(view["status"]).final:
        click.echo(headline(view))
    else:
        from gavel_cli.follow import generator_lines, progress_line  # noqa: PLC0415 - as above

        click.echo(visible(f"{view['evaluation_id']}: {progress_line(view, seconds=_age(view))}"))
        for line in generator_lines(view):
            click.echo(visible(line))
    for line in failures(view["failed_jobs"]):
        click.echo(line)


@click.command(epilog=EXIT_CODES)
@evaluation_argument
@local_option
@stack_option
@output_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def watch(
    ctx: click.Context, evaluation: str, *, local: bool, stack: str | None, outputs: tuple[Path, ...], as_json: bool
) -> None:
    """Follow the evaluation ID to its end, and show what it found; exit codes as those of `gavel run`."""
    from gavel_cli.follow import follow_or_ask  # noqa: PLC0415 - a usage error needs none of it

    api, view = with_api(lambda api: (api, follow_or_ask(api, evaluation)), local=local, stack=stack)
    ctx.exit(conclude(api, view, outputs, as_json=as_json))


@click.command(epilog=EXIT_CODES)
@evaluation_argument
@click.option("--by-category", is_flag=True, help="Show the figures of every category too.")
@local_option
@stack_option
@output_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def results(
    ctx: click.Context,
    evaluation: str,
    *,
    by_category: bool,
    local: bool,
    stack: str | None,
    outputs: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Show what the evaluation ID found. Exit code 0 whatever the verdict; `gavel watch` ends with the verdict's."""

    def fetched(api: ApiClient) -> tuple[ApiClient, dict[str, Any], list[dict[str, Any]]]:
        view = api.evaluation(evaluation)
        if not view["summaries"] and outputs:
            raise CommandFailedError(f"{evaluation} has no results to save: it is {view['status']}")
        return api, view, _figures(api, evaluation) if by_category else []

    api, view, figures = with_api(fetched, local=local, stack=stack)
    if as_json:
        print_json({**view, "results": figures} if by_category else view)
    else:
        show(view, outputs)
        if by_category:
            _print_categories(figures)
    ctx.exit(Exit.DONE if saved(api, view, outputs) else Exit.FAILED)


def _figures(api: ApiClient, evaluation: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token = None
    while True:
        page = api.results(evaluation, token=token)
        found += page["results"]
        token = page["next_token"]
        if token is None:
            return found


def _print_categories(figures: list[dict[str, Any]]) -> None:
    from rich.table import Table  # noqa: PLC0415 - rich takes long to import, and JSON needs none of it
    from rich.text import Text  # noqa: PLC0415 - as above

    from gavel.metrics import BUILTIN_PREFIX  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("CATEGORY", "METRIC", "GENERATOR", "JUDGE", "MEAN", "N", "MISSING"):
        table.add_column(name, justify="right" if name in {"MEAN", "N", "MISSING"} else "left")
    for one in sorted(figures, key=lambda item: (item["category"] or "", item["metric"], item["model"])):
        if one["category"] is not None:
            mean = "–" if one["mean"] is None else f"{one['mean']:.3f}"
            named = (one["category"], one["metric"].removeprefix(BUILTIN_PREFIX), one["model"], one["judge"])
            table.add_row(*(Text(visible(text)) for text in named), mean, f"{one['n']:,}", f"{one['missing']:,}")
    console().print(table)


def _age(view: dict[str, Any]) -> float:
    from datetime import UTC, datetime  # noqa: PLC0415 - only this needs it

    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(view["created_at"])).total_seconds())
