"""The catalogue: one table over the scores of all evaluations."""

from __future__ import annotations

import pytest

import infra.check
from gavel.catalog import PARTITION_COLUMNS, storage
from gavel.names.object_keys import EvaluationKeys
from gavel.results.parquet import SCHEMA
from infra.config import EnvironmentConfig
from tests.infra.template import Synthesised, text

OWN = "arn:<AWS::Partition>:glue:<AWS::Region>:<AWS::AccountId>"


def test_the_table_has_the_columns_of_the_score_files_and_evaluations_as_partitions(production: Synthesised) -> None:
    table = production.only("AWS::Glue::Table")["TableInput"]
    hive = {"BIGINT": "bigint", "VARCHAR": "string", "DOUBLE": "double", "BOOLEAN": "boolean"}
    columns = {one["Name"]: one["Type"] for one in table["StorageDescriptor"]["Columns"]}
    assert columns == {name: hive[kind] for name, kind in SCHEMA.items()}
    assert [one["Name"] for one in table["PartitionKeys"]] == ["suite", "evaluation_id"] == list(PARTITION_COLUMNS)
    assert {one["Type"] for one in table["PartitionKeys"]} == {"string"}


def test_the_table_is_external_parquet_in_the_bucket(production: Synthesised) -> None:
    table = production.only("AWS::Glue::Table")["TableInput"]
    descriptor = table["StorageDescriptor"]
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert "parquet" in descriptor["InputFormat"]
    assert "parquet" in descriptor["SerdeInfo"]["SerializationLibrary"]
    assert text(descriptor["Location"]) == "s3://<StorageBucket5CB7C8EA>/evaluations/"


def test_a_partition_describes_its_files_as_the_table_does(production: Synthesised) -> None:
    table = production.only("AWS::Glue::Table")["TableInput"]["StorageDescriptor"]
    partition = storage("s3://bucket/evaluations/e/scores/")
    assert {**partition, "Location": table["Location"]} == table
    assert EvaluationKeys("e").scores("g0-j0-s0").startswith("evaluations/e/scores/")


def test_names_need_no_quotes_in_a_query(production: Synthesised) -> None:
    database = production.only("AWS::Glue::Database")["DatabaseInput"]["Name"]
    assert (database, production.only("AWS::Glue::Table")["DatabaseName"]) == ("gavel_production", "gavel_production")
    assert production.content["Outputs"]["CatalogDatabase"]["Value"] == "gavel_production"
    assert production.content["Outputs"]["CatalogTable"]["Value"] == "scores"
    told = production.function("summarize_evaluation")["Environment"]["Variables"]
    assert (told["GAVEL_CATALOG_DATABASE"], told["GAVEL_CATALOG_TABLE"]) == ("gavel_production", "scores")


def test_only_summarize_evaluation_reaches_the_catalogue_and_may_only_add_partitions(production: Synthesised) -> None:
    (grant,) = (item for item in production.statements() if any(one.startswith("glue:") for one in item.actions))
    assert grant == production.of_handler("summarize_evaluation")["RegisterScores"]
    assert grant.actions == ("glue:CreatePartition",)
    assert set(grant.resources) == {
        f"{OWN}:catalog",
        f"{OWN}:database/gavel_production",
        f"{OWN}:table/gavel_production/scores",
    }


def test_an_environment_may_do_without() -> None:
    without = Synthesised(infra.check.template(EnvironmentConfig(name="production", catalog=False)))

    assert not any(item["Type"].startswith("AWS::Glue") for item in without.content["Resources"].values())
    assert not any(one.startswith("glue:") for item in without.statements() for one in item.actions)
    told = without.function("summarize_evaluation")["Environment"]["Variables"]
    assert not any("CATALOG" in name for name in told)
    assert not any(name.startswith("Catalog") for name in without.content["Outputs"])


@pytest.mark.parametrize("comment", [one["Comment"] for one in storage("s3://b/")["Columns"]])
def test_every_column_says_what_it_means_as_long_as_glue_allows(comment: str) -> None:
    assert 0 < len(comment) <= 255
