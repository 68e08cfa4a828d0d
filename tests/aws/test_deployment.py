"""The command line learns a deployment's limits and reach from the stack's outputs."""

from __future__ import annotations

from typing import Any

import pytest

from gavel.admission.state import DEFAULT_LIMITS, Limits
from gavel.aws import clients
from gavel.aws.deployment import Deployment, NotDeployedError, find_deployment
from gavel.suites.reach import Reach

BASE = {"BucketName": "a-bucket", "TableName": "a-table", "ApiUrl": "https://api.example/"}


def found(monkeypatch: pytest.MonkeyPatch, outputs: dict[str, str], **environment: str) -> Deployment:
    class CloudFormation:
        def describe_stacks(self, **_: Any) -> dict[str, Any]:
            listed = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
            return {
                "Stacks": [{"StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/x/1", "Outputs": listed}]
            }

    monkeypatch.setattr(clients, "cloudformation", CloudFormation)
    return find_deployment("a-stack", environment)


def test_limits_and_reach_are_those_of_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"MaxConcurrentJobs": "7", "MaxJobsPerJudge": "2", "MaxDatasetBytes": "1000", "ModelKinds": "a,b"}

    deployment = found(monkeypatch, BASE | limits)

    assert (deployment.limits, deployment.max_dataset_bytes) == (Limits(7, 2), 1000)
    assert deployment.reach == Reach(frozenset({"a", "b"}), "eu-west-1", "111122223333")
    assert deployment.api_url == "https://api.example"


def test_a_stack_that_tells_no_limits_has_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = found(monkeypatch, BASE, GAVEL_API_URL="https://mine/")

    assert (deployment.limits, deployment.reach) == (DEFAULT_LIMITS, None)
    assert deployment.api_url == "https://mine"


def test_a_stack_that_is_not_finished_is_named_with_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotDeployedError, match="lacks the outputs ApiUrl"):
        found(monkeypatch, {name: value for name, value in BASE.items() if name != "ApiUrl"})


def listed(monkeypatch: pytest.MonkeyPatch, *stacks: str) -> str:
    """Which stack is looked at when none is named and the Region holds those Gavels and another stack."""

    class CloudFormation:
        def get_paginator(self, _: str) -> CloudFormation:
            return self

        def paginate(self) -> list[dict[str, Any]]:
            known = [{"StackName": name, "Outputs": [{"OutputKey": "GavelVersion"}]} for name in stacks]
            return [{"Stacks": [{"StackName": "something-else"}]}, {"Stacks": known}]

        def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - the API's name
            outputs = [{"OutputKey": key, "OutputValue": value} for key, value in BASE.items()]
            arn = f"arn:aws:cloudformation:eu-west-1:111122223333:stack/{StackName}/1"
            return {"Stacks": [{"StackId": arn, "Outputs": outputs}]}

    monkeypatch.setattr(clients, "cloudformation", CloudFormation)
    return find_deployment(None, {}).stack


def test_without_a_name_it_is_the_default_stack_or_the_only_gavel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert listed(monkeypatch, "gavel-research") == "gavel-research"
    assert listed(monkeypatch, "gavel-research", "gavel-production") == "gavel-production"
    assert listed(monkeypatch) == "gavel-production"
    with pytest.raises(NotDeployedError, match=r"2 Gavels in .*gavel-a, gavel-b"):
        listed(monkeypatch, "gavel-b", "gavel-a")
