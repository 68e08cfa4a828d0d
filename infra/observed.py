"""What dashboard and alarms look at, as CloudWatch's metrics of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from gavel.names.deployed import METRICS_NAMESPACE, SERVICE_DIMENSION, Metric
from infra.handler_table import WORKFLOW_HANDLERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as sfn

BAD_ENDS: Final = ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted")
_OF_WORKFLOW: Final = frozenset(handler.name for handler in WORKFLOW_HANDLERS)


@dataclass(frozen=True)
class Observed:
    """The running parts of one stack; `functions` by handler."""

    stack_name: str
    state_machine: sfn.StateMachine
    functions: Mapping[str, lambda_.Function]
    api_id: str
    dead_letters: sqs.Queue
    lost_arrivals: sqs.Queue

    @property
    def entrances(self) -> dict[str, lambda_.Function]:
        """The Lambdas that no state machine calls, which would see each of their errors and try again."""
        return {name: function for name, function in self.functions.items() if name not in _OF_WORKFLOW}

    def own(self, metric: Metric, *, statistic: str, period: cdk.Duration) -> cloudwatch.Metric:
        """A metric of Gavel's own, over all suites."""
        return cloudwatch.Metric(
            namespace=METRICS_NAMESPACE,
            metric_name=metric.value,
            dimensions_map={SERVICE_DIMENSION: self.stack_name},
            statistic=statistic,
            period=period,
        )

    def search(
        self, metric: Metric, *, by: tuple[str, ...], statistic: str, period: cdk.Duration
    ) -> cloudwatch.MathExpression:
        """Every metric of that name, one for each value of the dimensions `by`, those of later days too."""
        schema = ",".join((METRICS_NAMESPACE, SERVICE_DIMENSION, *by))
        wanted = f'MetricName="{metric.value}" {SERVICE_DIMENSION}="{self.stack_name}"'
        return cloudwatch.MathExpression(
            expression=f"SEARCH('{{{schema}}} {wanted}', '{statistic}', {period.to_seconds():.0f})",
            label="",
            period=period,
            using_metrics={},
        )

    def of_api(self, metric: str, *, statistic: str, period: cdk.Duration) -> cloudwatch.Metric:
        """A metric of the HTTP API, such as `5xx`."""
        return cloudwatch.Metric(
            namespace="AWS/ApiGateway",
            metric_name=metric,
            dimensions_map={"ApiId": self.api_id},
            statistic=statistic,
            period=period,
        )

    def bad_ends(self, *, period: cdk.Duration) -> cloudwatch.MathExpression:
        """Executions that failed, timed out or were aborted, together."""
        metrics = {
            f"m{number}": self.state_machine.metric(name, statistic="Sum", period=period)
            for number, name in enumerate(BAD_ENDS)
        }
        filled = " + ".join(f"FILL({name}, 0)" for name in metrics)
        return cloudwatch.MathExpression(
            expression=filled, using_metrics=metrics, label="executions that ended badly", period=period
        )
