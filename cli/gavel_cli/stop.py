"""`gavel stop`: stop an evaluation."""

from __future__ import annotations

from typing import Any

import click

from gavel import names
from gavel.names import EvaluationStatus
from gavel.problems import GavelError
from gavel_cli.output import EXIT_CODES, CommandFailedError, CommandInvalidError, print_json
from gavel_cli.run import DEFAULT_STACK, LOCAL_STACK


@click.command(epilog=EXIT_CODES)
@click.argument("evaluation", metavar="ID")
@click.option("--wait", is_flag=True, help="Wait until the evaluation has ended.")
@click.option("--local", is_flag=True, help="The evaluation runs on the local twin.")
@click.option("--stack", help=f"Name of the deployed stack.  [default: {DEFAULT_STACK}]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def stop(evaluation: str, *, wait: bool, local: bool, stack: str | None, as_json: bool) -> None:
    """Stop the evaluation ID: what runs on Bedrock is stopped, the rest never starts, what is done is summarised."""
    if not names.is_evaluation_id(evaluation):
        raise CommandInvalidError(f"{evaluation} is no id of an evaluation; `gavel run` prints it, such as {_EXAMPLE}")
    if local:
        from gavel_cli.twin import use_twin  # noqa: PLC0415 - only --local needs it

        use_twin()
    try:
        answer = _stop(evaluation, stack or (LOCAL_STACK if local else DEFAULT_STACK), wait=wait)
    except GavelError as error:
        raise CommandFailedError(str(error)) from error
    if as_json:
        print_json(answer)
    else:
        click.echo(_said(answer))


_EXAMPLE = "default-0123456789abcdef"


def _stop(evaluation: str, stack: str, *, wait: bool) -> dict[str, Any]:
    # boto3 takes a third of a second to import, and a usage error needs none of it.
    from gavel.aws.api_client import ApiClient  # noqa: PLC0415
    from gavel.aws.deployment import find_deployment  # noqa: PLC0415
    from gavel_cli.follow import follow  # noqa: PLC0415

    api = ApiClient(find_deployment(stack).api_url)
    answer = api.stop(evaluation)
    if wait and not EvaluationStatus(answer["status"]).final:
        answer["status"] = follow(api, evaluation)["status"]
    return answer


def _said(answer: dict[str, Any]) -> str:
    evaluation, status = answer["evaluation_id"], EvaluationStatus(answer["status"])
    if not status.final:
        asked = answer["jobs_asked_to_stop"]
        running = f"{asked} running job{'s' * (asked != 1)} asked to stop"
        return f"{evaluation} is stopping: {running}; the end comes within a quarter of an hour, as an event too"
    if answer["stop_requested_at"] is None or status is not EvaluationStatus.STOPPED:
        return f"{evaluation} had nothing left to stop: it ended as {status}"
    return f"{evaluation} ended as {status}"
