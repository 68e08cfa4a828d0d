"""A sample keeps the numbers that its records have in the dataset, from the plan to the scores."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from gavel.names.object_keys import EvaluationKeys
from gavel.planning.sharding import shard_of_each
from gavel.results.parquet import read_scores
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.test_collect_and_summarize import SUITE, collect, deliver, result_row, summarize
from tests.aws.test_jobs import begin

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.aws.conftest import Stage

SAMPLED = SUITE + "sample: {size: 6, method: stratified, allocation: equal, seed: 11}\n"


def categories(number: int) -> str:
    return "rare" if number % 10 == 0 else "common"


def planned(stage: Stage) -> str:
    records = [record(number, category=categories(number)) for number in range(1, 41)]
    evaluation, _ = builders.planned(stage, *records, suite=SAMPLED)
    return evaluation


def test_scores_of_a_sample_carry_the_numbers_of_the_dataset(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gavel.planning.record_pool.shard_of_each", partial(shard_of_each, max_records=2))
    evaluation = planned(stage)
    files = []
    for line in builders.jobs(stage, evaluation):
        begin(stage, evaluation, line)
        deliver(stage, evaluation, line, *(result_row(asked, 1) for asked in builders.shard(stage, line)[::-1]))
        collect(stage, evaluation, line)
        files.append(tmp_path / f"{line['job_id']}.parquet")
        stage.bucket.fetch(EvaluationKeys(evaluation).scores(line["job_id"]), files[-1])

    scores = list(read_scores(files))

    assert len(files) == 2 * 3
    assert len({row.record for row in scores}) == 6
    assert {(row.prompt, row.category) for row in scores} == {
        (f"What is {row.record} + {row.record}?", categories(row.record)) for row in scores
    }


def test_what_is_told_of_a_sample_says_what_it_was_taken_from(stage: Stage) -> None:
    evaluation = planned(stage)
    for line in builders.jobs(stage, evaluation):
        begin(stage, evaluation, line)
        deliver(stage, evaluation, line, *(result_row(asked, 1) for asked in builders.shard(stage, line)))
        collect(stage, evaluation, line)

    summarize(stage, evaluation)

    keys = EvaluationKeys(evaluation)
    sampling = (stage.bucket.read_json(keys.manifest) or {})["sampling"]
    head = stage.table.head(evaluation) or {}
    assert sampling["categories"] == [
        {"category": "common", "records": 36, "taken": 3},
        {"category": "rare", "records": 4, "taken": 3},
    ]
    assert (head["records"], head["sampled_from"], head["coverage"]) == (6, 40, 1)
    assert "6 records, sampled from 40" in (stage.bucket.read(keys.report) or b"").decode()


def test_a_plan_that_is_refused_leaves_no_shard_behind(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gavel.planning.limits.MAX_JOBS", 1)
    evaluation = builders.start(stage, record(1), record(2), suite=SUITE)

    outcome = builders.plan(stage, evaluation)["outcome"]

    validation = json.loads(stage.bucket.read(EvaluationKeys(evaluation).validation) or b"{}")
    assert outcome == "REFUSED"
    assert "the plan needs 2 jobs" in validation["errors"][0]["reason"]
    assert list(stage.bucket.keys(f"{EvaluationKeys(evaluation).prefix}plan/")) == []
