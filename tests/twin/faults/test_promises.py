"""Every promise of a fault schedule can be broken, and says so."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from tests.twin.faults.plan import Act, Plan
from tests.twin.faults.promises import Ended, broken_promises, evaluations_asked_for
from tests.twin.faults.sameness import without_its_own
from tests.twin.faults.status_log import regressions
from tests.twin.kills.plan import Kind
from tests.twin.kills.promises import Found, Seen

EVALUATION = "suite-0123456789abcdef"
JOB = f"{EVALUATION}-g0-j0-s0"
HEAD = {
    "evaluation_id": EVALUATION,
    "suite": "suite",
    "dataset_version": "a-version",
    "status": "COMPLETED",
}
WHOLE = {"category": None, "n": 10, "missing": 0}


def plan(*acts: Act, **changes: Any) -> Plan:
    given = tuple((0.0, act, 1) for act in acts)
    own = Plan(seed=1, suite="suite", input="budget", calls=(), acts=given, spoiling=None)
    return replace(own, **changes)


def ended(*, head: dict[str, Any] | None = None, spoiled: bool = False, **changes: Any) -> Ended:
    """An evaluation of one job that came to a good end."""
    seen = Seen(HEAD | (head or {}), {"g0-j0-s0": {"job_id": "g0-j0-s0", "status": "COLLECTED", "scored": 10}}, {})
    starts = Counter(changes.pop("starts", {JOB: 1}))
    found = Found(kind=Kind.TWIN, now=0, seen=seen, before=None, execution=None, starts=starts, spoiled=spoiled)
    good = Ended(
        plan=plan(),
        found=found,
        met=0,
        planned=[{"job_name": JOB}],
        summary={"summaries": [WHOLE]},
        alone=True,
        told={"summary.csv": "same"},
        undisturbed={"summary.csv": "same"},
    )
    return replace(good, **changes)


def test_a_good_end_breaks_no_promise() -> None:
    assert broken_promises(ended()) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"head": {"status": "FAILED", "reason": "why"}}, "is FAILED (why) after 0 disturbed calls"),
        ({"head": {"status": "STOPPED"}}, "is STOPPED () after 0 disturbed calls"),
        (
            {"head": {"status": "FAILED", "reason": "InternalError: x"}, "met": 10},
            "failed by a fault of Gavel's own: InternalError: x",
        ),
        ({"starts": {JOB: 2}}, f"the job {JOB} was started 2 times"),
        ({"starts": {JOB: 1, f"{JOB}1": 1}}, f"the job {JOB}1 was started, but not planned"),
        ({"starts": {}}, f"it is COMPLETED, but its job {JOB} was never started"),
        (
            {"summary": {"summaries": [WHOLE | {"missing": 1}]}},
            "tells of 10 scored and 1 missing scores, which are not all 10",
        ),
        (
            {"summary": {"summaries": [WHOLE | {"n": 9, "missing": 1}]}},
            "tells of 9 scores, but its jobs have 10",
        ),
        ({"summary": None}, "is COMPLETED and has scores, but no summary"),
        ({"told": {}}, "its summary.csv is missing, unlike that of the undisturbed run"),
        (
            {"told": {"summary.csv": "other"}},
            "its summary.csv differs from that of the undisturbed run: -same +other",
        ),
    ],
)
def test_a_broken_promise_says_so(changes: dict[str, Any], sentence: str) -> None:
    assert broken_promises(ended(**changes)) == [f"{EVALUATION}: {sentence}"]


@pytest.mark.parametrize(
    "changes",
    [
        {"head": {"status": "FAILED"}, "met": 10},
        {"head": {"status": "FAILED"}, "plan": plan(Act.ABORT)},
        {"head": {"status": "STOPPED", "stop_requested_at": "now"}},
        {"head": {"status": "STOPPED", "stop_requested_at": "now"}, "plan": plan(Act.REDRIVE), "summary": None},
        {"told": {}, "alone": False},
        {"starts": {}, "spoiled": True},
    ],
)
def test_what_people_or_aws_brought_about_breaks_no_promise(changes: dict[str, Any]) -> None:
    assert broken_promises(ended(**changes)) == []


def test_each_thing_that_was_asked_for_is_one_evaluation() -> None:
    heads = [{"evaluation_id": "a"}, {"evaluation_id": "b"}]

    assert list(evaluations_asked_for(heads, uploads=1, more=1, asked={"b"})) == []
    assert "2 evaluations came of 1 upload(s)" in next(evaluations_asked_for(heads, uploads=1, more=0, asked=set()))
    assert "c was promised" in next(evaluations_asked_for(heads, uploads=2, more=0, asked={"c"}))


def change(old: tuple[str, int] | None, new: tuple[str, int]) -> dict[str, Any]:
    def image(status: tuple[str, int] | None) -> dict[str, Any]:
        return {"status": {"S": status[0]}, "rank": {"N": str(status[1])}} if status else {}

    keys = {"pk": {"S": f"EVALUATION#{EVALUATION}"}, "sk": {"S": "HEAD"}}
    return {"dynamodb": {"Keys": keys, "OldImage": image(old), "NewImage": image(new)}}


def test_a_status_that_goes_on_is_in_order_and_one_that_goes_back_or_changes_an_end_is_not() -> None:
    starting, running, failed, completed = ("STARTING", 0), ("RUNNING", 3), ("FAILED", 9), ("COMPLETED", 9)

    assert regressions([change(None, starting), change(starting, running), change(failed, failed)]) == {}
    assert regressions([change(running, starting)]) == {EVALUATION: ["HEAD went from RUNNING to STARTING"]}
    assert regressions([change(failed, completed)]) == {EVALUATION: ["HEAD went from FAILED to COMPLETED"]}


def test_only_names_and_times_are_taken_out_of_what_is_compared() -> None:
    text = f"{EVALUATION} of suite at 2026-01-05T00:00:00.000Z took <dt>Duration</dt><dd>11 s<small>: mean 0.5 of 3"

    assert without_its_own(text, HEAD) == (
        "EVALUATION of SUITE at TIME took <dt>Duration</dt><dd>…<small>: mean 0.5 of 3"
    )


def test_a_seed_means_the_same_schedule_every_time_and_many_seeds_meet_every_act() -> None:
    assert Plan.of(7, "a") == Plan.of(7, "a")
    assert set().union(*(Plan.of(seed, "a").kinds for seed in range(200))) == set(Act)
