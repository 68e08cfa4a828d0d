"""The catalogue: the scores of all evaluations as one table that Athena can query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from constructs import Construct

from gavel.catalog import PARTITION_COLUMNS, TABLE, storage
from gavel.names.object_keys import EVALUATIONS_PREFIX
from infra.grants import Grant

if TYPE_CHECKING:
    from infra.config import EnvironmentConfig
    from infra.storage import Storage


class Catalog(Construct):
    """A Glue database with one external Parquet table; each evaluation adds a partition that points at its folder.

    Both hold descriptions only, so they go with the stack, whatever becomes of the bucket.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: EnvironmentConfig, storage: Storage) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        # Hyphens would have to be quoted in every query.
        self.database = config.stack_name.replace("-", "_")
        self.table = TABLE
        self._arns = f"arn:{stack.partition}:glue:{stack.region}:{stack.account}"
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=stack.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self.database, description=f"Scores of the evaluations of {config.stack_name}"
            ),
        )
        table = glue.CfnTable(
            self,
            "Scores",
            catalog_id=stack.account,
            database_name=self.database,
            table_input=glue.CfnTable.TableInputProperty(
                name=self.table,
                description="One row per record, generator, judge and metric, of all evaluations",
                table_type="EXTERNAL_TABLE",
                parameters={"EXTERNAL": "TRUE", "classification": "parquet"},
                partition_keys=[
                    glue.CfnTable.ColumnProperty(name=name, type="string", comment=about)
                    for name, about in PARTITION_COLUMNS.items()
                ],
                storage_descriptor=_descriptor(f"s3://{storage.bucket.bucket_name}/{EVALUATIONS_PREFIX}"),
            ),
        )
        table.add_resource_dependency(database)

    def register_partitions(self) -> Grant:
        """Add partitions to the table: Glue asks for the action on the catalogue and the database too."""
        return Grant(
            sid="RegisterScores",
            actions=("glue:CreatePartition",),
            resources=(
                f"{self._arns}:catalog",
                f"{self._arns}:database/{self.database}",
                f"{self._arns}:table/{self.database}/{self.table}",
            ),
        )


def _descriptor(location: str) -> glue.CfnTable.StorageDescriptorProperty:
    described: dict[str, Any] = storage(location)
    return glue.CfnTable.StorageDescriptorProperty(
        columns=[
            glue.CfnTable.ColumnProperty(name=one["Name"], type=one["Type"], comment=one["Comment"])
            for one in described["Columns"]
        ],
        location=described["Location"],
        input_format=described["InputFormat"],
        output_format=described["OutputFormat"],
        serde_info=glue.CfnTable.SerdeInfoProperty(
            serialization_library=described["SerdeInfo"]["SerializationLibrary"]
        ),
        compressed=described["Compressed"],
    )
