"""Alarms on metric math, as CloudFormation makes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.account import unique

if TYPE_CHECKING:
    from tests.local.account import Account

pytestmark = pytest.mark.twin

COMPARED = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 0}


def metric(name: str) -> dict[str, Any]:
    stat = {"Metric": {"Namespace": "Test", "MetricName": name}, "Period": 60, "Stat": "Sum"}
    return {"Id": name, "MetricStat": stat, "ReturnData": False}


def test_a_stack_may_have_alarms_on_metric_math_beside_plain_ones(account: Account) -> None:
    name = unique("alarms")
    expression = {"Id": "sum", "Expression": "a + b", "ReturnData": True}
    resources = {
        "Math": {"AlarmName": f"{name}-math", "Metrics": [expression, metric("a"), metric("b")], **COMPARED},
        "Plain": {
            "AlarmName": f"{name}-plain",
            "Namespace": "Test",
            "MetricName": "a",
            "Period": 60,
            "Statistic": "Sum",
            **COMPARED,
        },
    }
    template = {
        "Resources": {
            place: {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}
            for place, properties in resources.items()
        }
    }
    cloudformation, cloudwatch = account.aws("cloudformation"), account.aws("cloudwatch")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})

    cloudwatch.put_metric_data(Namespace="Test", MetricData=[{"MetricName": "a", "Value": 1}])

    alarms = cloudwatch.describe_alarms(AlarmNamePrefix=name)["MetricAlarms"]
    found = {alarm["AlarmName"].removeprefix(f"{name}-"): alarm for alarm in alarms}
    assert set(found) == {"math", "plain"}
    assert found["math"].get("MetricName") is None
    assert found["math"]["StateValue"] == "INSUFFICIENT_DATA"
