"""State SummarizeEvaluation."""

from __future__ import annotations

from typing import Any

from gavel.aws.score_catalog import ScoreCatalog
from gavel.aws.summarize_evaluation import summarize_evaluation
from gavel.names import Variable
from handlers.entrance import Door, Event, now, step

door = Door(Variable.BUCKET, Variable.TABLE, Variable.CATALOG_DATABASE, Variable.CATALOG_TABLE)


@step
def handler(event: Event) -> dict[str, Any]:
    """`{evaluation_id}` → `{evaluation_id, outcome}`."""
    catalog = ScoreCatalog(door.settings.catalog_database, door.settings.catalog_table)
    return summarize_evaluation(
        event["evaluation_id"], bucket=door.bucket, table=door.table, now=now(), catalog=catalog
    )
