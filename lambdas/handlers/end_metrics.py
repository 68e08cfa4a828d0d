"""Writes an evaluation's end as CloudWatch metrics: lines of embedded metric format in the Lambda's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from gavel.names.deployed import METRICS_NAMESPACE, SERVICE_DIMENSION
from gavel.notifications.figures import evaluation_figures, score_figures
from handlers.entrance import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from gavel.aws.end_evaluation import End
    from gavel.aws.settings import Settings
    from gavel.notifications.figures import FigureSet


def count_end(settings: Settings) -> Callable[[End], None]:
    """What writes the metrics of an end; those of single scores only where the environment wants them."""

    def count(end: End) -> None:
        sets = list(evaluation_figures(end.head, over_budget=end.over_budget))
        if settings.score_metrics == "true":
            scores, left_out = score_figures(end.head["suite"], end.summaries)
            sets += scores
            if left_out:
                logger.warning("scores without a metric", written=len(scores), left_out=left_out)
        for one in sets:
            _write(one)

    return count


def _write(one: FigureSet) -> None:
    # Not the shared `metrics`, whose dimensions are those of the whole invocation.
    provider = AmazonCloudWatchEMFProvider(namespace=METRICS_NAMESPACE)
    service = {SERVICE_DIMENSION: provider.service} if provider.service else {}
    provider.dimension_set.update({**service, **one.dimensions})
    if one.overall and service:
        provider.add_dimensions(**service)
    for figure in one.figures:
        provider.add_metric(name=figure.name, unit=figure.unit, value=figure.value)
    provider.flush_metrics()
