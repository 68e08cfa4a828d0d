"""CloudFormation makes alarms on metric math.

AWS: `AWS::CloudWatch::Alarm` takes `Metrics`, a list of metrics and expressions, in the place of one metric
(CloudFormation template reference). ministack refuses it. Here such an alarm exists and can be described; it stays in
INSUFFICIENT_DATA, since nothing evaluates expressions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.services.cloudformation import provisioners

from local.shims.expected import replace

if TYPE_CHECKING:
    from collections.abc import Callable


def apply() -> None:
    """Record an alarm on metric math as one without a metric of its own."""
    replace(provisioners, "_cw_metric_alarm_record", _with_metrics)


def _with_metrics(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def record(name: str, props: dict[str, Any]) -> dict[str, Any]:
        metrics = props.get("Metrics")
        if not metrics:
            return original(name, props)
        plain = {key: value for key, value in props.items() if key != "Metrics"}
        alarm = original(name, {**plain, "Namespace": "none", "MetricName": "none"})
        return alarm | {"Namespace": None, "MetricName": None, "Metrics": metrics}

    return record
