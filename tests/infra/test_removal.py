"""What a deleted stack leaves behind: the data and the key over it, and nothing else."""

from __future__ import annotations

import pytest

import infra.check
from infra.config import NEW_KEY, EnvironmentConfig, Removal

DATA = {"AWS::S3::Bucket", "AWS::DynamoDB::Table"}


def kept(config: EnvironmentConfig) -> set[str]:
    """Kinds of the resources that stay when the stack is deleted or they are replaced."""
    resources = infra.check.template(config)["Resources"].values()
    policies = {item["Type"]: (item.get("DeletionPolicy"), item.get("UpdateReplacePolicy")) for item in resources}
    # CloudFormation deletes what has no policy; with these services it keeps nothing by itself.
    return {kind for kind, given in policies.items() if set(given) & {"Retain", "RetainExceptOnCreate", "Snapshot"}}


@pytest.mark.parametrize(
    ("config", "stays"),
    [
        (EnvironmentConfig(name="production"), DATA),
        (EnvironmentConfig(name="production", customer_key=NEW_KEY), DATA | {"AWS::KMS::Key"}),
        (EnvironmentConfig(name="trial", customer_key=NEW_KEY, removal=Removal.DESTROY), set()),
    ],
)
def test_the_data_stays_by_default_and_nothing_else(config: EnvironmentConfig, stays: set[str]) -> None:
    assert kept(config) == stays


def test_the_table_that_stays_cannot_be_deleted_by_mistake() -> None:
    resources = infra.check.template(EnvironmentConfig(name="production"))["Resources"].values()
    (table,) = [item["Properties"] for item in resources if item["Type"] == "AWS::DynamoDB::Table"]

    assert table["DeletionProtectionEnabled"] is True
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
