"""Every quarter of an hour, and whenever an execution of the state machine has ended badly."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from gavel.aws import clients
from gavel.aws.reconcile import Reconciler, Report
from gavel.names.deployed import Metric, Variable
from gavel.names.identities import is_evaluation_id
from handlers.end_metrics import count_end
from handlers.entrance import Door, Event, logger, metrics, now, step

door = Door(
    Variable.BUCKET,
    Variable.TABLE,
    Variable.EVENT_BUS,
    Variable.STATE_MACHINE_ARN,
    Variable.BEDROCK_ROLE_ARN,
    Variable.KEEP_BEDROCK_JOBS_DAYS,
    Variable.TOPIC_ARN,
    Variable.REGION,
    first=(clients.bedrock,),
)

# Less than the Lambda's timeout by more than the longest piece of work takes.
_SECONDS = 420


@metrics.log_metrics
@step
def handler(event: Event) -> dict[str, Any]:
    """See to one evaluation when the event is about its execution, to all otherwise; the answer says what was done."""
    ends = time.monotonic() + _SECONDS
    run = Reconciler(door.settings, door.table, now, lambda: time.monotonic() < ends, count_end(door.settings))
    evaluation = event.get("detail", {}).get("name")
    if evaluation is None:
        report = run.all()
    elif is_evaluation_id(evaluation):
        report = run.one(evaluation)
    else:
        logger.warning("an execution that is no evaluation's has ended badly", execution=evaluation)
        report = Report()
    logger.info("reconciled", **report.to_json())
    for name, value in (
        ("EvaluationsRestarted", report.restarted),
        ("EvaluationsBrokenOff", report.broken_off),
        ("UnownedJobsStopped", report.jobs_stopped),
        ("JobRecordsDeleted", report.records_deleted),
        ("ReconcileProblems", len(report.problems)),
    ):
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    if report.oldest_unfinished_hours is not None:
        # CloudWatch has no unit of hours.
        metrics.add_metric(name=Metric.OLDEST_UNFINISHED, unit=MetricUnit.NoUnit, value=report.oldest_unfinished_hours)
    return report.to_json()
