"""One dashboard: how evaluations end and score, what they cost, and how the parts that run them are doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from gavel.names.deployed import Metric
from infra.observed import BAD_ENDS

if TYPE_CHECKING:
    from infra.observed import Observed

_HOUR: Final = cdk.Duration.hours(1)
_FIVE_MINUTES: Final = cdk.Duration.minutes(5)
_ENDS: Final = (Metric.COMPLETED, Metric.STOPPED, Metric.REFUSED, Metric.FAILED)
_SCORED: Final = ("suite", "generator", "judge", "metric")


class Dashboard(Construct):
    """The dashboard, named as the stack; suites and models appear in it by themselves (SEARCH)."""

    def __init__(self, scope: Construct, construct_id: str, *, observed: Observed) -> None:
        super().__init__(scope, construct_id)
        board = cloudwatch.Dashboard(
            self, "Board", dashboard_name=observed.stack_name, default_interval=cdk.Duration.days(14)
        )
        board.add_widgets(*_evaluations(observed))
        board.add_widgets(*_scores(observed))
        board.add_widgets(*_machine(observed))
        board.add_widgets(*_lambdas(observed))


def _graph(title: str, *left: cloudwatch.IMetric, unit: str = "", width: int = 8) -> cloudwatch.GraphWidget:
    axis = cloudwatch.YAxisProps(min=0, label=unit, show_units=False)
    return cloudwatch.GraphWidget(title=title, left=list(left), left_y_axis=axis, width=width)


def _evaluations(observed: Observed) -> tuple[cloudwatch.IWidget, ...]:
    ends = [observed.own(metric, statistic="Sum", period=_HOUR) for metric in _ENDS]
    by = ("suite",)
    return (
        _graph("Evaluations by end", *ends),
        _graph(
            "Duration by suite", observed.search(Metric.DURATION, by=by, statistic="Maximum", period=_HOUR), unit="s"
        ),
        _graph("Cost by suite", observed.search(Metric.COST, by=by, statistic="Sum", period=_HOUR), unit="USD"),
    )


def _scores(observed: Observed) -> tuple[cloudwatch.IWidget, ...]:
    return (
        _graph(
            "Scores by suite, model and metric",
            observed.search(Metric.SCORE, by=_SCORED, statistic="Average", period=_HOUR),
            width=16,
        ),
        _graph(
            "Coverage by suite",
            observed.search(Metric.COVERAGE, by=("suite",), statistic="Minimum", period=_HOUR),
            unit="%",
        ),
    )


def _machine(observed: Observed) -> tuple[cloudwatch.IWidget, ...]:
    machine = observed.state_machine
    names = ("ExecutionsStarted", "ExecutionsSucceeded", *BAD_ENDS)
    return (
        _graph("State machine", *(machine.metric(name, statistic="Sum", period=_HOUR) for name in names)),
        _graph(
            "Oldest unfinished evaluation",
            observed.own(Metric.OLDEST_UNFINISHED, statistic="Maximum", period=_HOUR),
            unit="hours",
        ),
        _graph(
            "Dead letters",
            *(
                queue.metric_approximate_number_of_messages_visible(
                    label=label, statistic="Maximum", period=_FIVE_MINUTES
                )
                for label, queue in (("events", observed.dead_letters), ("arrivals", observed.lost_arrivals))
            ),
        ),
    )


def _lambdas(observed: Observed) -> tuple[cloudwatch.IWidget, ...]:
    named = sorted(observed.functions.items())
    errors = [item.metric_errors(label=name, period=_FIVE_MINUTES) for name, item in named]
    throttles = [item.metric_throttles(label=f"{name} throttled", period=_FIVE_MINUTES) for name, item in named]
    durations = [item.metric_duration(label=name, statistic="p99", period=_FIVE_MINUTES) for name, item in named]
    return (
        _graph("Lambda errors and throttles", *errors, *throttles),
        _graph("Lambda duration, p99", *durations, unit="ms"),
        cloudwatch.GraphWidget(
            title="API",
            left=[observed.of_api(name, statistic="Sum", period=_FIVE_MINUTES) for name in ("Count", "4xx", "5xx")],
            right=[observed.of_api("Latency", statistic="p99", period=_FIVE_MINUTES)],
            left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
            right_y_axis=cloudwatch.YAxisProps(min=0, label="ms", show_units=False),
            width=8,
        ),
    )
