"""The catalogue of the deployed system: every evaluation's scores are a partition of one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gavel.catalog import REGISTERED
from tests.twin.test_main_job import question

if TYPE_CHECKING:
    from tests.twin.conftest import Gavel

pytestmark = pytest.mark.twin


def partitions(gavel: Gavel, evaluation: str) -> list[dict[str, Any]]:
    """The partitions of an evaluation."""
    answer = gavel.client("glue").get_partitions(
        DatabaseName=gavel.outputs["CatalogDatabase"], TableName=gavel.outputs["CatalogTable"]
    )
    return [one for one in answer["Partitions"] if one["Values"] == ["default", evaluation]]


def test_a_finished_evaluation_is_a_partition_over_its_score_files(gavel: Gavel) -> None:
    view = gavel.ended(gavel.upload(question())[0])

    assert view["status"] == "COMPLETED", view.get("reason")
    (partition,) = partitions(gavel, view["evaluation_id"])
    table = gavel.client("glue").get_table(
        DatabaseName=gavel.outputs["CatalogDatabase"], Name=gavel.outputs["CatalogTable"]
    )["Table"]
    folder = f"evaluations/{view['evaluation_id']}/scores/"
    found = gavel.client("s3").list_objects_v2(Bucket=gavel.bucket, Prefix=folder)["Contents"]
    assert view["catalog"] == REGISTERED
    assert partition["StorageDescriptor"]["Location"] == f"s3://{gavel.bucket}/{folder}"
    assert partition["StorageDescriptor"]["Columns"] == table["StorageDescriptor"]["Columns"]
    assert found
    assert all(item["Key"].endswith(".parquet") for item in found)


def test_a_catalogue_that_denies_the_partition_costs_no_verdict(gavel: Gavel) -> None:
    with gavel.without(gavel.role_of("summarize-evaluation"), "glue:CreatePartition"):
        view = gavel.ended(gavel.upload(question())[0])

    assert view["status"] == "COMPLETED", view.get("reason")
    assert view["summaries"]
    assert "CreatePartition" in view["catalog"]
    assert "docs/athena.md" in view["catalog"]
    assert partitions(gavel, view["evaluation_id"]) == []
