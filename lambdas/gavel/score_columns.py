"""The columns of a score file, for whoever writes such files and for the catalogue that describes them to Athena."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ColumnType(StrEnum):
    """Types of columns, as DuckDB spells them."""

    INTEGER = "BIGINT"
    NUMBER = "DOUBLE"
    TEXT = "VARCHAR"
    TRUTH = "BOOLEAN"


@dataclass(frozen=True)
class ScoreColumn:
    """One column, and what it means in a few words."""

    name: str
    type: ColumnType
    about: str


SCORE_COLUMNS: Final = (
    ScoreColumn("record", ColumnType.INTEGER, "number of the record in its dataset, from 1"),
    ScoreColumn("category", ColumnType.TEXT, "the record's category; null where it has none"),
    ScoreColumn("generator", ColumnType.TEXT, "name of the model, or of the source, that answered"),
    ScoreColumn("judge", ColumnType.TEXT, "name of the model that scored"),
    ScoreColumn("metric", ColumnType.TEXT, "Builtin.Correctness and the like, or the name of a custom metric"),
    ScoreColumn("value", ColumnType.NUMBER, "the score, 0 to 1 for built-in metrics; null where missing or a label"),
    ScoreColumn("label", ColumnType.TEXT, "the score of a metric whose scale is words; else null"),
    ScoreColumn("missing", ColumnType.TRUTH, "whether the judge gave no score; a missing score is never a zero"),
    ScoreColumn("reason", ColumnType.TEXT, "why the score is missing; else empty"),
    ScoreColumn("explanation", ColumnType.TEXT, "the judge's words"),
    ScoreColumn("response", ColumnType.TEXT, "the answer, in the first row of each answer only; else null"),
    ScoreColumn("stop_reason", ColumnType.TEXT, "why the model stopped, in the first row of each answer only"),
    ScoreColumn("prompt", ColumnType.TEXT, "the prompt, in the first row of each answer only; else null"),
    ScoreColumn("reference", ColumnType.TEXT, "the expected answer, in the first row of each answer only; else null"),
)
