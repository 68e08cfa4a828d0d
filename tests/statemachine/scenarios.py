"""What can happen to an evaluation, and the way it then takes.

A scenario is a script for the Lambdas and the calls it must lead to. What follows from the definition is derived from
it: for every entry of every Retry there are two scenarios, one in which the state recovers, one in which it gives up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.statemachine import definition

if TYPE_CHECKING:
    from collections.abc import Iterator

MACHINE: Final = definition.load()
TASKS: Final = definition.tasks(MACHINE)
JOB_STATES: Final = MACHINE["States"]["RunJobs"]["ItemProcessor"]["States"]

MOST_ATTEMPTS: Final = 10

CONCURRENT_JOBS: Final = 3
# Step Functions' limit for what a state hands on, in bytes.
TOO_LARGE: Final = 262_144
FIRST_ROUND: Final = "evaluations/{id}/plan/jobs.jsonl"
SECOND_ROUND: Final = "evaluations/{id}/plan/panel.jsonl"

Script = dict[str, list[dict[str, Any]]]
Way = tuple[str, ...]

PLANNED: Final[Way] = ("PlanEvaluation", "SummarizeEvaluation", "PublishVerdict")
NOT_SCORED: Final[Way] = ("PlanEvaluation", "SummarizeEvaluation", "FailEvaluation")
PUNCTUAL: Final[Way] = ("StartJob",)
LOOKED_AT: Final[Way] = ("StartJob", "CheckJob", "CollectScores")
UNUSABLE: Final[Way] = (*LOOKED_AT, "FailJob")


@dataclass(frozen=True)
class Scenario:
    """What the Lambdas do, and what follows.

    `script` is what differs from the happy one, with `{id}` for the evaluation's id; `evaluation` and `jobs` are the
    calls in their order, `job` those of any job that `jobs` does not name; `reason` is the error that FailJob or
    FailEvaluation must be told; `lost` are the jobs whose end could not be recorded. A `hurried` scenario runs on the
    copy of the machine that `hurried` makes. `panel_ids` are the jobs of the second round. `error` is what the whole
    execution fails with, `lost_with` what lost jobs do. With `results_mended` the second run can write its outcomes.
    `timeout_seconds` is how long a job's end is waited for.
    """

    name: str
    script: Script = field(default_factory=dict)
    evaluation: Way = PLANNED
    job: Way = PUNCTUAL
    jobs: dict[str, Way] = field(default_factory=dict)
    job_ids: tuple[str, ...] = ("g0-j0-s0",)
    status: str = "SUCCEEDED"
    reason: str | None = None
    lost: tuple[str, ...] = ()
    planned: bool = True
    panel_ids: tuple[str, ...] = ()
    map_results: str = "evaluations/{id}/plan/runs"
    map_runs: int | None = None
    hurried: bool = False
    error: str = "EvaluationFailed"
    lost_with: str = "JobLost"
    results_mended: bool = False
    timeout_seconds: Any = 3600

    def way_of(self, job: str) -> Way:
        """The calls that this job must lead to."""
        return self.jobs.get(job, self.job)


def answer(**fields: Any) -> dict[str, Any]:
    """The attempt succeeds with this answer."""
    return {"answer": fields}


def error(name: str) -> dict[str, Any]:
    """The attempt fails with an exception of that class."""
    return {"raise": name}


def seen(status: str) -> dict[str, Any]:
    """A look at a job."""
    return answer(status=status, wait_seconds=1)


def ended(status: str) -> dict[str, Any]:
    """The end of the job is told."""
    return {"ends": {"status": status}}


def woken(name: str) -> dict[str, Any]:
    """The wait for the job is ended with an error of that name."""
    return {"wakes": name}


TO_LOOK_AT: Final = [woken("JobToLookAtError")]
SILENT: Final = [answer()]  # the job was started, and nobody tells of its end


def line(job: str, timeout_seconds: Any) -> dict[str, Any]:
    """A job's line in the plan, as far as the machine reads it."""
    return {"job_id": job, "shard": 0, "timeout_seconds": timeout_seconds}


def happy(map_results: str = "evaluations/{id}/plan/runs") -> Script:
    """Every part succeeds at once."""
    plan = {"rounds": [{"jobs_key": FIRST_ROUND, "jobs_at_once": CONCURRENT_JOBS}], "map_results": map_results}
    return {
        "PlanEvaluation": [answer(evaluation_id="{id}", outcome="PLANNED", jobs=1, **plan)],
        "StartJob": [ended("Collected")],
        "CheckJob": [seen("Completed")],
        "CollectScores": [answer(status="Collected", scored=10, missing=0)],
        "FailJob": [answer(status="Failed")],
        "SummarizeEvaluation": [answer(evaluation_id="{id}", outcome="SCORED")],
        "PublishVerdict": [answer(evaluation_id="{id}", status="COMPLETED")],
        "FailEvaluation": [answer(evaluation_id="{id}", status="FAILED")],
    }


def hurried(text: str) -> str:
    """A definition with less patience: no Retry of hundreds of attempts, and 3 seconds for calls that hang."""
    machine = json.loads(text)
    for name, state in definition.tasks(machine).items():
        for retrier in state["Retry"]:
            retrier["MaxAttempts"] = min(retrier["MaxAttempts"], MOST_ATTEMPTS)
        if name in {"CheckJob", "CollectScores"}:
            state["TimeoutSeconds"] = 3
    return json.dumps(machine)


REFUSED: Final = [error("EvaluationRefusedError")]
NOTHING: Final = {"SummarizeEvaluation": [error("NothingScoredError")]}
LIMIT_OF_LOOKS: Final = 200
ROUND_OF_NOBODY: Final = {"jobs_key": "evaluations/{id}/plan/nowhere.jsonl", "jobs_at_once": CONCURRENT_JOBS}
TWO_ROUNDS: Final = {
    "PlanEvaluation": [
        answer(
            evaluation_id="{id}",
            outcome="PLANNED",
            jobs=3,
            rounds=[{"jobs_key": key, "jobs_at_once": CONCURRENT_JOBS} for key in (FIRST_ROUND, SECOND_ROUND)],
            map_results="evaluations/{id}/plan/runs",
        )
    ]
}

TWO_ROUNDS_SUMMARISED: Final = {
    **TWO_ROUNDS,
    "SummarizeEvaluation": [error("RoundLeftError"), answer(evaluation_id="{id}", outcome="SCORED")],
}
PANELLED: Final[Way] = ("PlanEvaluation", "SummarizeEvaluation", "SummarizeEvaluation", "PublishVerdict")
THREE_ROUNDS: Final = [*TWO_ROUNDS["PlanEvaluation"][0]["answer"]["rounds"], ROUND_OF_NOBODY]
STOPPED: Final = [answer(evaluation_id="{id}", outcome="STOPPED")]
TOLD: Final = (
    Scenario("an evaluation whose jobs go well", job_ids=("g0-j0-s0", "g1-j0-s0")),
    Scenario(
        "a refused plan is announced without running a job",
        {"PlanEvaluation": REFUSED},
        evaluation=("PlanEvaluation", "PublishVerdict"),
        job_ids=(),
    ),
    Scenario(
        "a panel scores in a second round what the first one answered",
        TWO_ROUNDS_SUMMARISED,
        evaluation=PANELLED,
        job_ids=("g0-j0-s0", "g1-j0-s0", "g0-j1-s0", "g1-j1-s0"),
        panel_ids=("g0-j1-s0", "g1-j1-s0"),
        map_runs=2,
    ),
    Scenario(
        "a stop that came before any job is announced without running one",
        {"PlanEvaluation": [error("EvaluationStoppedError")]},
        evaluation=("PlanEvaluation", "PublishVerdict"),
        job_ids=(),
    ),
    Scenario("a stop in between is announced with what there is", {"SummarizeEvaluation": STOPPED}),
    Scenario(
        "a plan of three rounds has two of them run",
        {
            **TWO_ROUNDS_SUMMARISED,
            "PlanEvaluation": [answer(**{**TWO_ROUNDS["PlanEvaluation"][0]["answer"], "rounds": THREE_ROUNDS})],
        },
        evaluation=PANELLED,
        job_ids=("g0-j0-s0", "g0-j1-s0"),
        panel_ids=("g0-j1-s0",),
        map_runs=2,
    ),
    Scenario(
        "a round that is left although both were run fails the evaluation",
        {**TWO_ROUNDS, "SummarizeEvaluation": [error("RoundLeftError")]},
        evaluation=("PlanEvaluation", "SummarizeEvaluation", "SummarizeEvaluation", "FailEvaluation"),
        job_ids=("g0-j0-s0", "g0-j1-s0"),
        panel_ids=("g0-j1-s0",),
        map_runs=2,
        status="FAILED",
        reason="RoundLeftError",
    ),
    Scenario(
        "a failed job of the first round keeps no second one back",
        {**TWO_ROUNDS_SUMMARISED, "StartJob/g0-j0-s0": [ended("Failed")], "StartJob/g0-j1-s0": [ended("Failed")]},
        evaluation=PANELLED,
        job_ids=("g0-j0-s0", "g0-j1-s0"),
        panel_ids=("g0-j1-s0",),
        map_runs=2,
    ),
    Scenario(
        "nothing was scored, so the evaluation fails",
        NOTHING,
        evaluation=NOT_SCORED,
        status="FAILED",
        reason="NothingScoredError",
    ),
    Scenario(
        "a job whose work was done before is collected",
        {"StartJob": [error("ResultsReadyError")]},
        job=("StartJob", "CollectScores"),
    ),
    Scenario("a job whose wait somebody ends is looked at", {"StartJob": TO_LOOK_AT}, job=LOOKED_AT),
    Scenario(
        "a job that its start finds already started is looked at",
        {"StartJob": [error("JobToLookAtError")]},
        job=LOOKED_AT,
    ),
    Scenario("a job of whose end nobody tells is looked at", {"StartJob": SILENT}, job=LOOKED_AT, timeout_seconds=40),
    Scenario(
        "a job whose end is told before its start fails has ended",
        {"StartJob": [{**ended("Collected"), "raise": "RuntimeError"}]},
    ),
    Scenario(
        "a job that takes several looks",
        {"StartJob": TO_LOOK_AT, "CheckJob": [seen("InProgress"), seen("InProgress"), seen("Completed")]},
        job=("StartJob", "CheckJob", "CheckJob", "CheckJob", "CollectScores"),
    ),
    Scenario("a job that bedrock refuses ends at once", {"StartJob": [ended("Failed")]}),
    Scenario(
        "a job that has ended when it is looked at is not collected again",
        {"StartJob": TO_LOOK_AT, "CheckJob": [seen("Collected")]},
        job=("StartJob", "CheckJob"),
    ),
    Scenario(
        "a job that fails on bedrock",
        {"StartJob": TO_LOOK_AT, "CheckJob": [seen("Failed")]},
        job=("StartJob", "CheckJob"),
    ),
    Scenario(
        "a job that somebody stopped",
        {"StartJob": TO_LOOK_AT, "CheckJob": [seen("Stopped")]},
        job=("StartJob", "CheckJob"),
    ),
    Scenario(
        "a job that is being stopped is looked at until it is",
        {"StartJob": TO_LOOK_AT, "CheckJob": [seen("Stopping"), seen("Stopped")]},
        job=("StartJob", "CheckJob", "CheckJob"),
    ),
    Scenario(
        "a job that is being deleted may still have results",
        {"StartJob": TO_LOOK_AT, "CheckJob": [seen("Deleting")]},
        job=LOOKED_AT,
    ),
    Scenario(
        "a status that nobody knows fails the job",
        {"StartJob": TO_LOOK_AT, "CheckJob": [seen("Paused")]},
        job=("StartJob", "CheckJob", "FailJob"),
        reason="JobOverdueError",
    ),
    Scenario(
        "a job that never ends is given up after 200 looks",
        {"StartJob": TO_LOOK_AT, "CheckJob": [seen("InProgress")]},
        job=("StartJob", *("CheckJob",) * LIMIT_OF_LOOKS, "FailJob"),
        reason="JobOverdueError",
    ),
    Scenario(
        "a job that fails stops no other",
        {
            "StartJob/g0-j0-s1": [ended("Failed")],
            "StartJob/g0-j0-s2": TO_LOOK_AT,
            "CollectScores/g0-j0-s2": [error("UnusableResultsError")],
            "StartJob/g0-j0-s3": TO_LOOK_AT,
            "CheckJob/g0-j0-s3": [seen("Failed")],
        },
        job_ids=tuple(f"g0-j0-s{shard}" for shard in range(6)),
        jobs={
            "g0-j0-s2": ("StartJob", "CheckJob", *("CollectScores",) * 5, "FailJob"),
            "g0-j0-s3": ("StartJob", "CheckJob"),
        },
    ),
    Scenario(
        "a job that cannot even be recorded as failed stops no other",
        {
            "StartJob/g0-j0-s1": TO_LOOK_AT,
            "CheckJob/g0-j0-s1": [seen("Paused")],
            "FailJob": [error("NotPermittedError")],
        },
        job_ids=("g0-j0-s0", "g0-j0-s1", "g0-j0-s2"),
        jobs={"g0-j0-s1": ("StartJob", "CheckJob", "FailJob")},
        lost=("g0-j0-s1",),
    ),
    Scenario(
        "all jobs are lost and the summary still comes to say so",
        {"StartJob": TO_LOOK_AT, "CheckJob": [seen("Paused")], "FailJob": [error("NotPermittedError")], **NOTHING},
        evaluation=NOT_SCORED,
        job_ids=("g0-j0-s0", "g0-j0-s1"),
        job=("StartJob", "CheckJob", "FailJob"),
        lost=("g0-j0-s0", "g0-j0-s1"),
        status="FAILED",
    ),
    Scenario(
        "a plan that cannot be read fails the evaluation",
        evaluation=("PlanEvaluation", "FailEvaluation"),
        job_ids=(),
        planned=False,
        status="FAILED",
        reason="States.ItemReaderFailed",
        map_runs=4,
    ),
    Scenario(
        "outcomes of jobs that cannot be written fail the evaluation after every job was gone through again",
        evaluation=("PlanEvaluation", "FailEvaluation"),
        job=PUNCTUAL * 4,
        map_results="elsewhere/{id}",
        status="FAILED",
        reason="States.ResultWriterFailed",
        map_runs=4,
    ),
    Scenario(
        "outcomes of jobs that cannot be written at first are written after every job was gone through again",
        # The second start takes long enough for the permission to come meanwhile.
        {"StartJob": [ended("Collected"), {"hang": 3, **ended("Collected")}]},
        job=PUNCTUAL * 2,
        map_results="elsewhere/{id}",
        map_runs=2,
        results_mended=True,
    ),
    Scenario(
        "a call that hangs is cut off and made again",
        {"StartJob": TO_LOOK_AT, "CheckJob": [{"hang": 6, **seen("Completed")}, seen("Completed")]},
        job=("StartJob", "CheckJob", "CheckJob", "CollectScores"),
        hurried=True,
    ),
    Scenario(
        "a call that always hangs fails the job",
        {"StartJob": TO_LOOK_AT, "CollectScores": [{"hang": 6, **answer(status="Collected")}]},
        job=("StartJob", "CheckJob", *("CollectScores",) * 5, "FailJob"),
        hurried=True,
        reason="States.Timeout",
    ),
    Scenario(
        "a plan that names no rounds fails the evaluation",
        {"PlanEvaluation": [answer(evaluation_id="{id}", outcome="PLANNED")]},
        evaluation=(*("PlanEvaluation",) * 4, "FailEvaluation"),
        job_ids=(),
        status="FAILED",
        reason="States.QueryEvaluationError",
    ),
    Scenario(
        "a job whose wait is not told is lost, for no Catch is on a wait",
        {"StartJob/g0-j0-s1": TO_LOOK_AT, "CheckJob/g0-j0-s1": [answer(status="InProgress")]},
        job_ids=("g0-j0-s0", "g0-j0-s1"),
        jobs={"g0-j0-s1": ("StartJob", "CheckJob")},
        lost=("g0-j0-s1",),
        lost_with="States.QueryEvaluationError",
    ),
    Scenario(
        "a job whose wait is half a second is lost, for waits are whole seconds",
        {"StartJob": TO_LOOK_AT, "CheckJob": [answer(status="InProgress", wait_seconds=0.5)]},
        job=("StartJob", "CheckJob"),
        lost=("g0-j0-s0",),
        lost_with="States.QueryEvaluationError",
    ),
    Scenario(
        "a job for which nobody says how long it is waited for fails",
        job=("FailJob",),
        timeout_seconds="long",
        reason="States.QueryEvaluationError",
    ),
    Scenario(
        "an answer beyond 256 KiB loses its job, for nothing catches that, and stops no other",
        {
            "StartJob/g0-j0-s1": TO_LOOK_AT,
            "CollectScores/g0-j0-s1": [answer(status="Collected", padding="x" * TOO_LARGE)],
        },
        job_ids=("g0-j0-s0", "g0-j0-s1"),
        jobs={"g0-j0-s1": LOOKED_AT},
        lost=("g0-j0-s1",),
        lost_with="States.DataLimitExceeded",
    ),
    Scenario(
        "an outcome beyond 256 KiB ends the execution, for nothing catches that",
        {"SummarizeEvaluation": [answer(evaluation_id="{id}", outcome="SCORED", padding="x" * TOO_LARGE)]},
        evaluation=("PlanEvaluation", "SummarizeEvaluation"),
        status="FAILED",
        error="States.DataLimitExceeded",
    ),
)
# Errors that are a way to go on: they are not tried again, and what follows is told above.
WAYS: Final = frozenset(
    {
        *("EvaluationRefusedError", "EvaluationStoppedError", "NothingScoredError", "RoundLeftError"),
        *("ResultsReadyError", "JobToLookAtError", "States.Timeout"),
    }
)


def derived() -> Iterator[Scenario]:
    """For every error that an entry of a Task's Retry names: the state recovers, and the state gives up."""
    for state, body in TASKS.items():
        for index, retrier in enumerate(body["Retry"]):
            for name in [one for one in retrier["ErrorEquals"] if one not in WAYS]:
                raised = "RuntimeError" if name == "States.ALL" else name
                if retrier["MaxAttempts"]:
                    yield recovers(state, index, raised)
                yield gives_up(state, index, raised, retries=retrier["MaxAttempts"])


def recovers(state: str, index: int, raised: str) -> Scenario:
    """The first attempt fails, the second does not: nothing else changes."""
    script, evaluation, job = leading_to(state)
    script[state] = [error(raised), *(script.get(state) or happy()[state])]
    return Scenario(
        f"{state} recovers from {raised} (Retry[{index}])",
        script,
        evaluation=repeated(evaluation, state, 2),
        job=repeated(job, state, 2),
        status="FAILED" if state == "FailEvaluation" else "SUCCEEDED",
    )


def gives_up(state: str, index: int, raised: str, *, retries: int) -> Scenario:
    """Every attempt fails."""
    attempts = 1 + min(retries, MOST_ATTEMPTS)
    hurry = retries > MOST_ATTEMPTS
    script, evaluation, job = leading_to(state)
    script[state] = [error(raised)]
    name = f"{state} gives up on {raised} (Retry[{index}])"
    if state in JOB_STATES:
        rest = () if state == "FailJob" else ("FailJob",)
        way = (*repeated(until(job, state), state, attempts), *rest)
        lost = ("g0-j0-s0",) if state == "FailJob" else ()
        reason = None if lost else raised
        return Scenario(name, script, evaluation=evaluation, job=way, lost=lost, reason=reason, hurried=hurry)
    rest = () if state == "FailEvaluation" else ("FailEvaluation",)
    way = (*repeated(until(evaluation, state), state, attempts), *rest)
    ids = () if state == "PlanEvaluation" else ("g0-j0-s0",)
    reason = raised if rest else None
    return Scenario(name, script, evaluation=way, job=job, job_ids=ids, status="FAILED", reason=reason, hurried=hurry)


def leading_to(state: str) -> tuple[Script, Way, Way]:
    """A script in which the state comes to pass, with the calls of the evaluation and of its job."""
    if state == "FailJob":
        return {"StartJob": TO_LOOK_AT, "CollectScores": [error("NotPermittedError")]}, PLANNED, UNUSABLE
    if state in {"CheckJob", "CollectScores"}:
        return {"StartJob": TO_LOOK_AT}, PLANNED, LOOKED_AT
    if state == "FailEvaluation":
        return dict(NOTHING), NOT_SCORED, PUNCTUAL
    return {}, PLANNED, PUNCTUAL


def until(way: Way, state: str) -> Way:
    """The calls up to and with the state's first."""
    return way[: way.index(state) + 1]


def repeated(way: Way, state: str, times: int) -> Way:
    """The calls with each of the state's made several times."""
    return tuple(call for made in way for call in (made,) * (times if made == state else 1))


CROWD: Final = Scenario(
    "more jobs than may run at once",
    {"StartJob": TO_LOOK_AT, "CheckJob": [seen("InProgress"), seen("Completed")]},
    job=("StartJob", "CheckJob", "CheckJob", "CollectScores"),
    job_ids=tuple(f"g0-j0-s{shard}" for shard in range(8)),
)
SCENARIOS: Final = (*TOLD, *derived(), CROWD)
