"""The scores of all evaluations as one table of the Glue Data Catalog: what the stack makes and evaluations register.

Each evaluation is a partition, whose location is the evaluation's own folder of score files.
"""

from __future__ import annotations

from typing import Any, Final

from gavel.score_columns import SCORE_COLUMNS, ColumnType

TABLE: Final = "scores"
# In this order: a partition is known by its values alone.
PARTITION_COLUMNS: Final = {
    "suite": "name of the suite",
    "evaluation_id": "id of the evaluation",
}
REGISTERED: Final = "registered"  # what an evaluation's head says of its scores; else a sentence
_TYPES: Final = {
    ColumnType.INTEGER: "bigint",
    ColumnType.NUMBER: "double",
    ColumnType.TEXT: "string",
    ColumnType.TRUTH: "boolean",
}


def storage(location: str) -> dict[str, Any]:
    """Glue's StorageDescriptor of the score files below `location`, an `s3://` folder with a closing slash."""
    return {
        "Columns": [{"Name": one.name, "Type": _TYPES[one.type], "Comment": one.about} for one in SCORE_COLUMNS],
        "Location": location,
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
        "Compressed": True,
    }
