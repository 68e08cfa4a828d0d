"""`gavel list`: the evaluations of a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from gavel.names.statuses import EvaluationStatus
from gavel_cli.output import EXIT_CODES, console, print_json, visible
from gavel_cli.target import known_suite, local_option, stack_option, with_api

if TYPE_CHECKING:
    from gavel.aws.api_client import ApiClient

_MOST: Final = 1000
_PAGE: Final = 100


@click.command("list", epilog=EXIT_CODES)
@click.option("--suite", callback=known_suite, metavar="NAME", help="Of this suite only.")
@click.option("--status", type=click.Choice([one.value for one in EvaluationStatus], case_sensitive=False))
@click.option("--verdict", type=click.Choice(["PASS", "FAIL", "INCONCLUSIVE"], case_sensitive=False))
@click.option("--limit", type=click.IntRange(1, _MOST), default=20, show_default=True, help="How many, at most.")
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def listing(
    *,
    suite: str | None,
    status: str | None,
    verdict: str | None,
    limit: int,
    local: bool,
    stack: str | None,
    as_json: bool,
) -> None:
    """List evaluations, the newest first."""
    filters = {"suite": suite, "status": status and status.upper(), "verdict": verdict and verdict.upper()}
    found = with_api(lambda api: _all(api, limit, filters), local=local, stack=stack)
    if as_json:
        print_json({"evaluations": found})
    elif found:
        _print(found)
    else:
        click.echo("there is no such evaluation")


def _all(api: ApiClient, limit: int, filters: dict[str, str | None]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token = None
    while len(found) < limit:
        page = api.evaluations(limit=min(_PAGE, limit - len(found)), token=token, **filters)
        found += page["evaluations"]
        token = page["next_token"]
        if token is None:
            break
    return found


def _print(found: list[dict[str, Any]]) -> None:
    from rich.table import Table  # noqa: PLC0415 - rich takes long to import, and JSON needs none of it
    from rich.text import Text  # noqa: PLC0415 - as above

    from gavel_cli.verdict_table import STYLES  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("STARTED", "EVALUATION", "STATUS", "VERDICT", "RECORDS", "COST"):
        table.add_column(name, no_wrap=name != "EVALUATION", justify="right" if name in {"RECORDS", "COST"} else "left")
    for one in found:
        verdict = (one.get("verdict") or {}).get("outcome") or "–"
        usd = (one.get("counted") or {}).get("usd")
        table.add_row(
            Text(f"{one['created_at'][:16].replace('T', ' ')}Z"),
            Text(visible(one["evaluation_id"])),
            Text(one["status"]),
            Text(verdict, style=STYLES.get(verdict, "dim")),
            Text(f"{one['records']:,}" if one.get("records") else "–"),
            Text("–" if usd is None else f"${usd:.2f}"),
        )
    console().print(table)
