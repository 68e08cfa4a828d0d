"""The large evaluation in small: it runs on the deployed system, and a promise that is broken shows."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.job_log import JobLog, read_job_log
from benchmarks.large_evaluation import cells, table
from benchmarks.large_promises import broken_promises
from benchmarks.large_run import GENERATORS, JUDGES, Measured, Place, run
from benchmarks.raw_results import RawResults
from infra.config import EnvironmentConfig

if TYPE_CHECKING:
    from pathlib import Path

    from local.settings import Settings
    from local.twin import State

METRIC = "Builtin.Correctness"
DIGEST = "0123456789abcdef"


@pytest.mark.twin
def test_thousands_of_records_run_to_the_end_with_every_promise_kept(
    deployed_twin: tuple[State, dict[str, str]], twin_settings: Settings, tmp_path: Path
) -> None:
    place = Place(*deployed_twin, twin_settings.state_dir / "evaluation-jobs.jsonl")
    said: list[str] = []

    measured = run(place, tmp_path, 2_500, said.append, metrics=("Correctness", "Helpfulness", "Refusal"))

    assert broken_promises(measured) == []
    assert (measured.jobs, set(measured.log.judge_peaks)) == (12, {0, 1})
    assert table(measured)["scores"].endswith("= 30,000")
    assert {line["records"] for line in cells(measured)} == {2_500}
    assert {state.name for state in measured.times} >= {"PlanEvaluation", "StartJob", "SummarizeEvaluation"}
    assert "12 of 12 collected" in said[-2]


# --- the promises, on a run that keeps them and is then changed


def event(kind: str, job: str, running: int) -> str:
    return json.dumps({"event": kind, "jobName": f"large-{DIGEST}-{job}", "running": running})


def log_of(*jobs: str) -> JobLog:
    """A log in which the jobs run one after the other."""
    return read_job_log(
        [line for job in jobs for line in (event("start", job, 1), event("end", job, 0))], digest=DIGEST
    )


def measured_run() -> Measured:
    """Ten records in one shard, of which nine have a score and eight a category."""
    cells_of = list(product(range(len(GENERATORS)), range(len(JUDGES))))
    raw = RawResults()
    rows = [{"metricName": METRIC, "result": value} for value in (*[1.0] * 6, *[0.5] * 3, None)]
    content = "\n".join(json.dumps({"automatedEvaluationResult": {"scores": [row]}}) for row in rows).encode()
    for g, j in cells_of:
        raw.add(f"evaluations/large-{DIGEST}/bedrock/large-{DIGEST}-g{g}-j{j}-s0/abc/x_output.jsonl", content)

    def summaries(category: str | None, n: int, missing: int, values: dict[str, int]) -> list[dict[str, Any]]:
        item = {"metric": METRIC, "category": category, "n": n, "missing": missing, "values": values}
        return [{"model": GENERATORS[g], "judge": JUDGES[j], **item} for g, j in cells_of]

    whole = summaries(None, 9, 1, {"0.5": 3, "1.0": 6})
    jobs = [f"g{g}-j{j}-s0" for g, j in cells_of]
    return Measured(
        records=10,
        dataset_bytes=1_000,
        view={
            "status": "COMPLETED",
            "jobs": {"planned": 4, "collected": 4},
            "metrics": [METRIC],
            "summaries": whole,
        },
        summary=[*whole, *summaries("legal", 7, 1, {"1.0": 7})],
        categories={"legal": 8},
        limits=EnvironmentConfig(name="twin"),
        log=log_of(*jobs),
        raw=raw,
        answers=Counter({(0, "live"): 1, (0, "brought"): 1, (1, "live"): 1, (1, "brought"): 1}),
        times=[],
        seconds=1.0,
        cpu=1.0,
        memory=1,
    )


def test_a_run_that_keeps_every_promise_breaks_none() -> None:
    assert broken_promises(measured_run()) == []


def test_a_job_that_starts_twice_is_named() -> None:
    measured = replace(measured_run(), log=log_of("g0-j0-s0", "g0-j0-s0", "g0-j1-s0", "g1-j0-s0", "g1-j1-s0"))

    assert broken_promises(measured) == [f"started twice: large-{DIGEST}-g0-j0-s0"]


def test_a_job_that_never_starts_is_missed() -> None:
    measured = replace(measured_run(), log=log_of("g0-j0-s0", "g0-j1-s0", "g1-j0-s0"))

    assert broken_promises(measured) == ["4 jobs are due, but planned, started, ended and collected are (4, 3, 3, 4)"]


def test_jobs_beyond_the_slots_are_counted_for_all_and_for_each_judge() -> None:
    six = [event("start", f"g{number}-j0-s0", number + 14) for number in range(6)]
    log = read_job_log([*six, event("start", "g0-j1-s0", 20)], digest=DIGEST)
    measured = measured_run()

    broken = broken_promises(replace(measured, log=log))

    assert (log.peak, log.judge_peaks) == (7, Counter({0: 6, 1: 1}))
    assert "20 jobs ran at once, more than 18" in broken
    assert "6 jobs ran at once on pro, more than 5" in broken


def test_jobs_of_other_evaluations_count_for_the_whole_alone() -> None:
    other = json.dumps({"event": "start", "jobName": "other-fedcba9876543210-g0-j0-s0", "running": 3})

    log = read_job_log([other], digest=DIGEST)

    assert (log.peak, log.whole_peak, log.starts.total()) == (0, 3, 0)


def test_a_generator_that_answers_for_every_judge_is_found_out() -> None:
    measured = replace(measured_run(), answers=Counter({(0, "live"): 2, (1, "live"): 1, (1, "brought"): 1}))

    assert broken_promises(measured) == ["lite answered in 2 jobs for 1 shards, and 0 scored its answers"]


def test_a_score_that_the_raw_result_files_do_not_hold_is_found_out() -> None:
    measured = measured_run()
    measured.view["summaries"][0]["values"] = {"0.5": 2, "1.0": 7}

    (sentence,) = broken_promises(measured)

    assert sentence.startswith("lite, pro, Builtin.Correctness: 9 scores {'0.5': 2, '1.0': 7}, but")


def test_a_record_that_neither_has_a_score_nor_is_missing_is_found_out() -> None:
    measured = measured_run()
    measured.view["summaries"][3]["missing"] = 0

    assert broken_promises(measured) == ["micro, haiku, Builtin.Correctness: 9 scored and 0 missing are not 10 records"]


def test_a_category_that_lost_a_record_is_found_out() -> None:
    measured = measured_run()
    measured.summary[-1]["missing"] = 0

    (sentence,) = broken_promises(measured)

    assert sentence.endswith("the categories add up to 7 instead of 8 records")
