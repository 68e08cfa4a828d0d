"""`gavel stop`: stop an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gavel.names.statuses import EvaluationStatus
from gavel_cli.output import EXIT_CODES, print_json
from gavel_cli.target import evaluation_argument, local_option, stack_option, with_api

if TYPE_CHECKING:
    from gavel.aws.api_client import ApiClient


@click.command(epilog=EXIT_CODES)
@evaluation_argument
@click.option("--wait", is_flag=True, help="Wait until the evaluation has ended.")
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def stop(evaluation: str, *, wait: bool, local: bool, stack: str | None, as_json: bool) -> None:
    """Stop the evaluation ID: what runs on Bedrock is stopped, the rest never starts, what is done is summarised."""
    answer = with_api(lambda api: _stop(api, evaluation, wait=wait), local=local, stack=stack)
    if as_json:
        print_json(answer)
    else:
        click.echo(_said(answer))


def _stop(api: ApiClient, evaluation: str, *, wait: bool) -> dict[str, Any]:
    from gavel_cli.follow import follow  # noqa: PLC0415 - only --wait needs it

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
