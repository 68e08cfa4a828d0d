"""Every promise can be broken, and says so."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from tests.twin.kills.plan import Kind, Phase, Plan
from tests.twin.kills.promises import Found, Seen, broken_promises, broken_sums

EVALUATION = "suite-0123456789abcdef"
NAME = f"{EVALUATION}-g0-j0-s0"
JOB = "g0-j0-s0"
SCORES = f"evaluations/{EVALUATION}/scores/{JOB}.parquet"
NOW = 1_000_000


def found(**changes: Any) -> Found:
    """An evaluation of one job that came to a good end, after a kill when that job was collected."""
    head = {
        "evaluation_id": EVALUATION,
        "status": "COMPLETED",
        "jobs": {"planned": 1},
        "unfinished_pk": "ON_BEDROCK",
    }
    seen = Seen(head, {JOB: {"job_id": JOB, "status": "COLLECTED", "job_arn": "arn"}}, {SCORES: "etag"})
    return replace(
        Found(
            kind=Kind.TWIN,
            now=NOW,
            seen=seen,
            before=replace(seen, head={**head, "status": "RUNNING"}),
            execution="SUCCEEDED",
            reservations={JOB: {"reservation": {"amount": 5}, "spent": 4}},
            bedrock=[{"jobName": NAME, "jobArn": "arn", "status": "Completed"}],
            starts=Counter({NAME: 1}),
            events=["Evaluation Completed"],
        ),
        **changes,
    )


def seen(*, head: dict[str, Any] | None = None, job: dict[str, Any] | None = None, objects: Any = None) -> Seen:
    """What is seen of that evaluation, with changes."""
    good = found().seen
    jobs = {JOB: {**good.jobs[JOB], **(job or {})}}
    return Seen({**good.head, **(head or {})}, jobs, good.objects if objects is None else objects)


def test_a_good_end_breaks_no_promise() -> None:
    assert broken_promises(found()) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"seen": seen(head={"status": "RUNNING"})}, "is RUNNING for ever"),
        ({"execution": "RUNNING"}, "is COMPLETED, but its execution runs"),
        ({"events": []}, "is COMPLETED, but its events are []"),
        ({"events": ["Evaluation Failed"]}, "is COMPLETED, but its events are ['Evaluation Failed']"),
        ({"seen": seen(head={"unfinished_pk": "OPEN"})}, "still stands among those whose end was not announced"),
        ({"seen": seen(objects={}), "before": None}, f"its job {JOB} is COLLECTED, but its scores are not there"),
        ({"seen": seen(head={"jobs": {"planned": 2}})}, "is COMPLETED with 1 of 2 jobs"),
        ({"starts": Counter({NAME: 2})}, f"the job {NAME} was started 2 times"),
        ({"wishes": {NAME: {}}}, f"the job {NAME} still waits for a slot"),
        ({"leases": {NAME: {"until": NOW + 451}}}, f"the slot of {NAME} is held for 451 more seconds"),
        ({"reservations": {JOB: {"reservation": {}}}}, f"the reservation of {JOB} (COLLECTED) hangs"),
        ({"reservations": {"g1-j0-s0": {"reservation": {}}}}, "the reservation of g1-j0-s0 (never recorded) hangs"),
        ({"before": seen(objects={SCORES: "other"})}, f"the scores of {JOB} are not those from before the kill"),
        ({"before": seen(head={"status": "STOPPED"})}, "was STOPPED before the kill, and is COMPLETED"),
    ],
)
def test_a_broken_promise_says_so(changes: dict[str, Any], sentence: str) -> None:
    assert broken_promises(found(**changes)) == [f"{EVALUATION}: {sentence}"]


def test_a_job_that_ended_with_its_evaluation_is_not_left_started_and_not_left_running() -> None:
    left = found(
        seen=seen(head={"status": "FAILED"}, job={"status": "STARTED"}),
        before=None,
        events=["Evaluation Failed"],
        bedrock=[{"jobName": NAME, "jobArn": "arn", "status": "InProgress"}],
    )

    assert broken_promises(left) == [
        f"{EVALUATION}: has ended, and its job {JOB} is STARTED",
        f"{EVALUATION}: the job {NAME} is InProgress, and nobody looks at it",
    ]


def test_a_lambda_that_dies_may_cost_no_result_and_a_twin_that_dies_may() -> None:
    failed = seen(head={"status": "FAILED"}, job={"status": "STOPPED"})
    lost = found(seen=failed, before=None, events=["Evaluation Failed"], reservations={})

    assert broken_promises(lost) == []
    assert "because a process died" in broken_promises(replace(lost, kind=Kind.WORKERS))[0]


def test_a_job_that_ended_badly_on_bedrock_keeps_its_reservation() -> None:
    stopped = seen(head={"status": "FAILED"}, job={"status": "STOPPED"})
    kept = found(
        seen=stopped, before=None, events=["Evaluation Failed"], reservations={JOB: {"reservation": {"amount": 5}}}
    )

    assert broken_promises(kept) == []
    assert broken_promises(replace(kept, bedrock=[])) == [f"{EVALUATION}: the reservation of {JOB} (STOPPED) hangs"]


def test_sums_are_those_of_their_jobs() -> None:
    reservation = {"suite": "suite", "month": "2026-01", "amount": 5}
    reserved: list[dict[str, Any]] = [{"pk": "E", "reservation": reservation}]
    reserved.append({**reserved[0], "spent": 2})

    assert list(broken_sums(reserved, {("E", "SPENDING"): 7, ("SPENDING#suite", "2026-01"): 7})) == []
    (sentence,) = broken_sums(reserved, {("E", "SPENDING"): 7, ("SPENDING#suite", "2026-01"): 8})
    assert sentence == "the sum ('SPENDING#suite', '2026-01') is 8, but its jobs make 7"


def test_a_seed_means_the_same_kill_every_time_and_many_seeds_meet_every_phase() -> None:
    def shown(plan: Plan) -> Plan:
        return replace(plan, random=None)  # type: ignore[arg-type]  # dice compare by identity

    assert shown(Plan.of(7, Kind.TWIN)) == shown(Plan.of(7, Kind.TWIN))
    assert {Plan.of(seed, Kind.WORKERS).phase for seed in range(100)} == set(Phase)
