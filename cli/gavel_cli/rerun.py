"""`gavel rerun`: evaluate again what an evaluation could not finish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gavel.names.statuses import EvaluationStatus
from gavel_cli.output import EXIT_CODES, CommandInvalidError, print_json
from gavel_cli.target import evaluation_argument, local_option, stack_option, with_api

if TYPE_CHECKING:
    from gavel.aws.api_client import ApiClient


@click.command(epilog=EXIT_CODES)
@evaluation_argument
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def rerun(evaluation: str, *, local: bool, stack: str | None, as_json: bool) -> None:
    """Evaluate the dataset version of the evaluation ID again, with its suite as it stands now.

    For one that FAILED, was STOPPED, or lacks the scores of failed jobs. Jobs that were finished are reused and paid
    for once, unless the suite says `reuse: false`. Asking again for the same ID gives the same new evaluation.
    """
    started = with_api(lambda api: _rerun(api, evaluation), local=local, stack=stack)
    if as_json:
        print_json(started)
    elif started["created"]:
        click.echo(
            f"evaluation {started['evaluation_id']} started; `gavel watch {started['evaluation_id']}` follows it"
        )
    else:
        click.echo(f"{evaluation} was run again before, as {started['evaluation_id']}")


def _rerun(api: ApiClient, evaluation: str) -> dict[str, Any]:
    view = api.evaluation(evaluation)
    status = EvaluationStatus(view["status"])
    if not status.final:
        raise CommandInvalidError(f"{evaluation} is {status}; `gavel stop {evaluation}` would end it")
    if status is EvaluationStatus.REFUSED:
        raise CommandInvalidError(f"{evaluation} was refused: {view.get('reason', '')}. Mend that and upload it anew.")
    if status is EvaluationStatus.COMPLETED and not view["jobs"].get("failed"):
        raise CommandInvalidError(f"{evaluation} is COMPLETED and no job of it failed; there is nothing to do again")
    started = api.start(
        dataset=view["dataset_key"],
        version=view["dataset_version"],
        suite=view["suite"],
        # From the id alone: asked twice, it is one evaluation.
        idempotency_key=f"rerun-of-{evaluation}",
    )
    return {"rerun_of": evaluation, **started}
