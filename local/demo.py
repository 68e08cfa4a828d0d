"""The main job from end to end: deploy Gavel onto the twin, evaluate a real dataset, show where everything lies."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from gavel.names.table_keys import evaluation_partition
from local import deployment, twin
from local.settings import ROOT

if TYPE_CHECKING:
    from local.settings import Settings
    from local.twin import State

DATASET: Final = ROOT / "examples" / "datasets" / "shopping-math.jsonl"
GAVEL: Final = ROOT / ".venv" / "bin" / "gavel"


def demo(settings: Settings) -> int:
    """Deploy Gavel, evaluate two models on a real dataset, and show the comparison."""
    started = time.monotonic()
    _say("Gavel on an embedded AWS: the template, state machine and Lambdas that an account would get.")
    _say("Models are stand-ins here: the figures show the machine at work and say nothing about real models.\n")
    state = twin.up(settings)
    outputs = deployment.deploy(state, settings, deployment.progress)
    report = settings.state_dir / "report.html"
    _say(f"\n$ gavel run {DATASET.relative_to(ROOT)} --local --report {_shown(report)}\n")
    sys.stdout.flush()
    finished = subprocess.run([str(GAVEL), "run", str(DATASET), "--local", "--report", str(report)], check=False)
    if finished.returncode:
        return finished.returncode
    items = _items_of_newest(state, outputs["TableName"])
    _say(f"DynamoDB        {items} items of it in {outputs['TableName']}")
    _say(f"Took {time.monotonic() - started:.0f} s. The embedded AWS stays up (make down ends it); to go on with it:")
    _say("  . .venv/bin/activate; gavel run FILE --local             your own dataset")
    _say('  eval "$(python -m local env)"; aws bedrock list-evaluation-jobs')
    return 0


def _items_of_newest(state: State, table: str) -> int:
    """How many items the table holds about the evaluation that started last."""
    database: Any = twin.client("dynamodb", state)
    heads = database.query(
        TableName=table,
        IndexName="listing",
        KeyConditionExpression="listing_pk = :all",
        ExpressionAttributeValues={":all": {"S": "EVALUATIONS"}},
        ScanIndexForward=False,
        Limit=1,
    )
    evaluation = heads["Items"][0]["evaluation_id"]["S"]
    counted = database.query(
        TableName=table,
        KeyConditionExpression="pk = :evaluation",
        ExpressionAttributeValues={":evaluation": {"S": evaluation_partition(evaluation)}},
        Select="COUNT",
    )
    return int(counted["Count"])


def _shown(path: Any) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
