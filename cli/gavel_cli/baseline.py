"""`gavel baseline`: what a suite's evaluations are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gavel import names
from gavel.problems import GavelError
from gavel_cli.output import EXIT_CODES, CommandFailedError, CommandInvalidError, print_json, visible
from gavel_cli.run import DEFAULT_STACK, LOCAL_STACK

if TYPE_CHECKING:
    from collections.abc import Callable

    from gavel.aws.api_client import ApiClient


@click.command(epilog=EXIT_CODES)
@click.argument("suite")
@click.option("--set", "evaluation", metavar="ID", help="Make this evaluation the baseline; it stays until changed.")
@click.option("--clear", is_flag=True, help="Have none until the next evaluation passes all its gates.")
@click.option("--local", is_flag=True, help="The suite is on the local twin.")
@click.option("--stack", help=f"Name of the deployed stack.  [default: {DEFAULT_STACK}]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def baseline(suite: str, evaluation: str | None, *, clear: bool, local: bool, stack: str | None, as_json: bool) -> None:
    """Say which evaluation the evaluations of SUITE are compared with, or set or clear it.

    Without a hand the baseline is the last evaluation that passed all its gates.
    """
    if evaluation is not None and clear:
        raise click.UsageError("--set and --clear exclude each other")
    if evaluation is not None and not names.is_evaluation_id(evaluation):
        raise CommandInvalidError(f"{evaluation} is no id of an evaluation; `gavel history {suite}` lists them")

    def change(api: ApiClient) -> dict[str, Any]:
        if evaluation is not None:
            return api.set_baseline(suite, evaluation)
        return api.clear_baseline(suite) if clear else api.suite(suite, limit=1)

    answer = with_api(suite, change, local=local, stack=stack)
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


def with_api(
    suite: str, call: Callable[[ApiClient], dict[str, Any]], *, local: bool, stack: str | None
) -> dict[str, Any]:
    """The answer of a deployment's API about a suite; what goes wrong is an error of the command."""
    if not names.is_suite_name(suite):
        raise CommandInvalidError(f"{suite} is no suite's name (lower-case letters, digits and single hyphens)")
    if local:
        from gavel_cli.twin import use_twin  # noqa: PLC0415 - only --local needs it

        use_twin()
    # boto3 takes a third of a second to import, and a usage error needs none of it.
    from gavel.aws.api_client import ApiClient  # noqa: PLC0415
    from gavel.aws.deployment import find_deployment  # noqa: PLC0415

    try:
        return call(ApiClient(find_deployment(stack or (LOCAL_STACK if local else DEFAULT_STACK)).api_url))
    except GavelError as error:
        raise CommandFailedError(str(error)) from error
