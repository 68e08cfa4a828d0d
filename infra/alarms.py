"""Alarms: what somebody has to look at. Each publishes to the topic and names its section of the runbooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from gavel.names.deployed import Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_cdk import aws_sns as sns

    from infra.config import EnvironmentConfig
    from infra.observed import Observed

_QUARTER: Final = cdk.Duration.minutes(15)
_HOUR: Final = cdk.Duration.hours(1)

# A job may wait more than a day for room on Bedrock (`statemachine/README.md`), and then runs for hours.
UNFINISHED_HOURS: Final = 30


@dataclass(frozen=True, kw_only=True)
class _Alarm:
    """`anchor` names the alarm and its section of docs/runbooks.md. `silence` says what missing data mean."""

    anchor: str
    what: str
    metric: cloudwatch.IMetric
    above: float = 0
    periods: int = 1
    silence: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING


class Alarms(Construct):
    """The alarms of one stack, all on its topic."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: EnvironmentConfig,
        observed: Observed,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        action = actions.SnsAction(topic)
        for row in _rows(observed):
            alarm = cloudwatch.Alarm(
                self,
                "".join(word.capitalize() for word in row.anchor.split("-")),
                alarm_name=f"{config.stack_name}-{row.anchor}",
                alarm_description=f"{row.what} What to do: {config.runbook_base}#{row.anchor}",
                metric=row.metric,
                threshold=row.above,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                evaluation_periods=row.periods,
                datapoints_to_alarm=row.periods,
                treat_missing_data=row.silence,
            )
            alarm.add_alarm_action(action)


def _rows(observed: Observed) -> Iterator[_Alarm]:
    yield _Alarm(
        anchor="evaluations-failed",
        what="An evaluation ended as FAILED.",
        metric=observed.own(Metric.FAILED, statistic="Sum", period=_QUARTER),
    )
    yield _Alarm(
        anchor="executions-ended-badly",
        what="Executions of the state machine failed, timed out or were aborted.",
        metric=observed.bad_ends(period=_QUARTER),
    )
    yield _Alarm(
        anchor="dead-letters",
        what="Events that nobody could take wait in the dead letter queue.",
        metric=observed.dead_letters.metric_approximate_number_of_messages_visible(
            statistic="Maximum", period=cdk.Duration.minutes(5)
        ),
    )
    yield _Alarm(
        anchor="lost-arrivals",
        what="Events of results that arrived could not be taken; the results are collected later, by a look.",
        metric=observed.lost_arrivals.metric_approximate_number_of_messages_visible(
            statistic="Maximum", period=cdk.Duration.minutes(5)
        ),
    )
    yield _Alarm(
        anchor="evaluation-stuck",
        what=f"An evaluation has no end after {UNFINISHED_HOURS} hours, or the reconciler does not run.",
        metric=observed.own(Metric.OLDEST_UNFINISHED, statistic="Maximum", period=_HOUR),
        above=UNFINISHED_HOURS,
        periods=2,
        silence=cloudwatch.TreatMissingData.BREACHING,
    )
    yield _Alarm(
        anchor="budget-refusals",
        what="A budget refused an evaluation, or kept a job of one from starting.",
        metric=observed.own(Metric.BUDGET_REFUSALS, statistic="Sum", period=_HOUR),
    )
    yield _Alarm(
        anchor="api-errors",
        what="The API answered requests with 5xx.",
        metric=observed.of_api("5xx", statistic="Sum", period=cdk.Duration.minutes(5)),
    )
    yield _Alarm(
        anchor="lambda-errors",
        what="A Lambda that no state machine calls failed.",
        metric=_sum_of_errors(observed),
    )


def _sum_of_errors(observed: Observed) -> cloudwatch.MathExpression:
    """Errors of the entrances. A state machine's own Lambdas also raise errors to say "later": those are no alarm."""
    metrics = {
        f"m{number}": function.metric_errors(period=_QUARTER)
        for number, (_, function) in enumerate(sorted(observed.entrances.items()))
    }
    return cloudwatch.MathExpression(
        expression=" + ".join(f"FILL({name}, 0)" for name in metrics),
        using_metrics=metrics,
        label="errors",
        period=_QUARTER,
    )
