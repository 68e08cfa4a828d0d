"""Slots on the deployed system, counted in the emulator's own log of starts and ends."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from infra.config import EnvironmentConfig

if TYPE_CHECKING:
    from local.settings import Settings
    from tests.twin.conftest import Gavel

pytestmark = pytest.mark.twin

LIMITS = EnvironmentConfig(name="twin")
GENERATORS = 4


def suite(judge: str) -> str:
    models = ", ".join(f"{{model: amazon.nova-lite-v1:0, name: g{number}}}" for number in range(GENERATORS))
    return f"version: 1\ngenerators: [{models}]\njudges: [{{model: '{judge}'}}]\nmetrics: [Correctness]\n"


def most_at_once(events: list[dict[str, Any]]) -> int:
    running = most = 0
    for event in events:
        running += 1 if event["event"] == "start" else -1
        most = max(most, running)
    return most


def test_evaluations_side_by_side_keep_to_the_slots_of_all_and_of_each_judge(
    gavel: Gavel, twin_settings: Settings
) -> None:
    # Given three evaluations of four jobs, two of them with one judge, by its id and by its profile
    judges = ("amazon.nova-premier-v1:0", "us.amazon.nova-premier-v1:0", "anthropic.claude-3-haiku-20240307-v1:0")
    keys = [
        gavel.upload({"prompt": f"Question {uuid.uuid4().hex}?"}, suite=gavel.put_suite(suite(judge)))[0]
        for judge in judges
    ]

    views = [gavel.ended(key) for key in keys]

    assert [(view["status"], view["jobs"]["collected"]) for view in views] == [("COMPLETED", GENERATORS)] * 3
    log = (twin_settings.state_dir / "evaluation-jobs.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in log]
    shared = [view["evaluation_id"].rpartition("-")[2] for view in views[:2]]
    of_one_judge = [event for event in events if any(digest in event["jobName"] for digest in shared)]
    assert most_at_once(of_one_judge) == LIMITS.max_jobs_per_judge
    assert sum(event["event"] == "start" for event in of_one_judge) == 2 * GENERATORS
    assert max(event["running"] for event in events) <= LIMITS.max_concurrent_jobs


def test_every_slot_is_free_when_every_job_has_ended(gavel: Gavel) -> None:
    view = gavel.ended(gavel.upload({"prompt": f"Question {uuid.uuid4().hex}?"})[0])

    item = gavel.client("dynamodb").get_item(
        TableName=gavel.outputs["TableName"], Key={"pk": {"S": "SLOTS"}, "sk": {"S": "SLOTS"}}, ConsistentRead=True
    )["Item"]
    mine = [name for name in item["leases"]["M"] if view["evaluation_id"].rpartition("-")[2] in name]
    assert (view["status"], mine) == ("COMPLETED", [])
