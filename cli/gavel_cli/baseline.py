"""`gavel baseline`: what a suite's evaluations are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gavel.names import identities
from gavel_cli.output import EXIT_CODES, CommandInvalidError, print_json, visible
from gavel_cli.target import known_suite, local_option, stack_option, with_api

if TYPE_CHECKING:
    from gavel.aws.api_client import ApiClient


@click.command(epilog=EXIT_CODES)
@click.argument("suite", callback=known_suite)
@click.option("--set", "evaluation", metavar="ID", help="Make this evaluation the baseline; it stays until changed.")
@click.option("--clear", is_flag=True, help="Have none until the next evaluation passes all its gates.")
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def baseline(suite: str, evaluation: str | None, *, clear: bool, local: bool, stack: str | None, as_json: bool) -> None:
    """Say which evaluation the evaluations of SUITE are compared with, or set or clear it.

    Without a hand the baseline is the last evaluation that passed all its gates.
    """
    if evaluation is not None and clear:
        raise click.UsageError("--set and --clear exclude each other")
    if evaluation is not None and not identities.is_evaluation_id(evaluation):
        raise CommandInvalidError(f"{evaluation} is no id of an evaluation; `gavel history {suite}` lists them")

    def change(api: ApiClient) -> dict[str, Any]:
        if evaluation is not None:
            return api.set_baseline(suite, evaluation)
        return api.clear_baseline(suite) if clear else api.suite(suite, limit=1)

    answer = with_api(change, local=local, stack=stack)
    found = {"suite": suite, "baseline": answer["baseline"]}
    if as_json:
        print_json(found)
        return
    one = found["baseline"]
    if one is None:
        click.echo(f"{suite} has no baseline; its next evaluation that passes all its gates becomes it")
        return
    how = "set by hand" if one["set_by"] == "hand" else "the last to pass all its gates"
    click.echo(visible(f"{one['evaluation_id']} of {one['created_at'][:16]}Z, {how}"))
