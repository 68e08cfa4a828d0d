"""Slots on the deployed system, counted in the emulator's own log of starts and ends."""

from __future__ import annotations

import json
import re
import ssl
import uuid
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from infra.config import EnvironmentConfig
from tests.twin.conftest import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.settings import Settings
    from tests.twin.conftest import Gavel

pytestmark = pytest.mark.twin

LIMITS = EnvironmentConfig(name="twin")
GENERATORS = 4


def suite(judge: str) -> str:
    models = ", ".join(f"{{model: amazon.nova-lite-v1:0, name: g{number}}}" for number in range(GENERATORS))
    return f"version: 1\ngenerators: [{models}]\njudges: [{{model: '{judge}'}}]\nmetrics: [Correctness]\n"


@pytest.fixture
def stuck(gavel: Gavel) -> Iterator[Callable[[str], None]]:
    """Let jobs whose name matches a pattern stay InProgress; those that start after the test do not."""
    verify = ssl.create_default_context(cafile=gavel.twin.ca_bundle)
    with httpx.Client(base_url=gavel.twin.endpoint, verify=verify, trust_env=False) as emulator:

        def stick(pattern: str) -> None:
            faults = {"jobs": [{"name": pattern, "outcome": "stuck"}]}
            emulator.put("/_gavel/faults", json=faults).raise_for_status()

        yield stick
        emulator.delete("/_gavel/faults").raise_for_status()


def slots(gavel: Gavel) -> dict[str, set[str]]:
    """Names of the jobs that hold a slot and of those that wait for one."""
    answer = gavel.client("dynamodb").get_item(
        TableName=gavel.outputs["TableName"], Key={"pk": {"S": "SLOTS"}, "sk": {"S": "SLOTS"}}, ConsistentRead=True
    )
    item = answer.get("Item", {})  # there is none until the first job asks for a slot
    return {kind: set(item[kind]["M"] if item else ()) for kind in ("leases", "wishes")}


def test_two_evaluations_share_the_slots_of_one_judge_and_go_on_as_jobs_end(
    gavel: Gavel, twin_settings: Settings, stuck: Callable[[str], None]
) -> None:
    # Given two evaluations that name one judge by its id and by its profile, whose jobs do not end by themselves
    suites = [gavel.put_suite(suite(judge)) for judge in ("amazon.nova-premier-v1:0", "us.amazon.nova-premier-v1:0")]
    ours = re.compile("|".join(suites))
    stuck(ours.pattern)
    keys = [gavel.upload({"prompt": f"Question {uuid.uuid4().hex}?"}, suite=name)[0] for name in suites]

    def running() -> list[dict[str, Any]]:
        pages = gavel.client("bedrock").get_paginator("list_evaluation_jobs").paginate(statusEquals="InProgress")
        return [job for page in pages for job in page["jobSummaries"] if ours.match(job["jobName"])]

    def full() -> list[dict[str, Any]] | None:
        """The jobs that run, once the judge is full and every other job has asked for a slot."""
        waiting = [name for name in slots(gavel)["wishes"] if ours.match(name)]
        jobs = running()
        whole = len(jobs) == LIMITS.max_jobs_per_judge and len(jobs) + len(waiting) == 2 * GENERATORS
        return jobs if whole else None

    # When the judge is full, and somebody then stops its jobs one by one
    wait_for(full)
    for _ in range(2 * GENERATORS):
        job = wait_for(lambda: next(iter(running()), None))
        gavel.client("bedrock").stop_evaluation_job(jobIdentifier=job["jobArn"])
        wait_for(lambda name=job["jobName"]: name not in slots(gavel)["leases"] or None)  # type: ignore[misc]

    # Then each job had its turn, and the judge never had more than its share
    assert [gavel.ended(key)["jobs"]["stopped"] for key in keys] == [GENERATORS, GENERATORS]
    log = (twin_settings.state_dir / "evaluation-jobs.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in log]
    at_once = list(
        accumulate(1 if event["event"] == "start" else -1 for event in events if ours.match(event["jobName"]))
    )
    assert (len(at_once), max(at_once), at_once[-1]) == (4 * GENERATORS, LIMITS.max_jobs_per_judge, 0)
    assert max(event["running"] for event in events) <= LIMITS.max_concurrent_jobs


def test_every_slot_is_free_when_every_job_has_ended(gavel: Gavel) -> None:
    view = gavel.ended(gavel.upload({"prompt": f"Question {uuid.uuid4().hex}?"})[0])

    mine = [name for name in slots(gavel)["leases"] if view["evaluation_id"].rpartition("-")[2] in name]
    assert (view["status"], mine) == ("COMPLETED", [])
