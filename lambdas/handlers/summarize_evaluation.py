"""State SummarizeEvaluation."""

from __future__ import annotations

from typing import Any

from gavel.aws import clients
from gavel.aws.score_catalog import ScoreCatalog
from gavel.aws.summarize_evaluation import summarize_evaluation
from gavel.names.deployed import Variable
from gavel.problems import NothingScoredError, RoundLeftError
from handlers.entrance import Door, Event, now, step

door = Door(Variable.BUCKET, Variable.TABLE, first=(clients.s3,))


@step
def handler(event: Event) -> dict[str, Any]:
    """`{evaluation_id, round_left}` → `{evaluation_id, outcome}`."""
    if event.get("round_left"):
        raise RoundLeftError("the panel has not scored yet")
    settings = door.settings
    # A deployment may have no catalogue.
    catalog = ScoreCatalog(settings.catalog_database, settings.catalog_table) if settings.catalog_table else None
    summarized = summarize_evaluation(
        event["evaluation_id"], bucket=door.bucket, table=door.table, now=now(), catalog=catalog
    )
    # An execution that began before the machine said whether a round is left looks at the outcome itself.
    if "round_left" in event and summarized["outcome"] == "NOTHING_SCORED":
        raise NothingScoredError
    return summarized
