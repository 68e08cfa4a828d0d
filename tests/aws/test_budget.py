"""Budgets: refused before anything runs, reserved for each job once, settled with what was counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest

from gavel.aws import clients, spending
from gavel.aws.collect_scores import collect_scores
from gavel.aws.fail_evaluation import fail_evaluation
from gavel.aws.fail_job import fail_job
from gavel.aws.manifests import read_manifest
from gavel.aws.plan_evaluation import plan_evaluation
from gavel.aws.start_evaluation import Start, start_evaluation
from gavel.aws.start_job import start_job
from gavel.names import object_keys, statuses
from gavel.pricing.budget import MICRO
from gavel.pricing.ceiling import Ceiling
from gavel.problems import TryLaterError
from tests.aws.builders import jobs, plan, planned, record, start
from tests.aws.conftest import NOW

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

MODELS = (
    "version: 1\ngenerators: [{model: 'amazon.nova-lite-v1:0'}, {model: 'amazon.nova-micro-v1:0'}]\n"
    "judges: [{model: 'amazon.nova-pro-v1:0'}]\nmetrics: [Correctness]\n"
)


def with_budget(**limits: object) -> str:
    return f"{MODELS}budget: {json.dumps(limits)}\n"


def validation(stage: Stage, evaluation: str) -> list[dict[str, Any]]:
    document = stage.bucket.read_json(object_keys.EvaluationKeys(evaluation).validation) or {}
    return list(document["errors"])


def begin(stage: Stage, evaluation: str, line: dict[str, Any]) -> dict[str, Any]:
    return start_job(evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW)


def taken(stage: Stage, evaluation: str) -> tuple[int, int]:
    manifest = read_manifest(stage.bucket, evaluation)
    month = spending.of_month(stage.table, manifest.suite.name, spending.month_of(manifest))
    return spending.of_evaluation(stage.table, evaluation), month


def deliver(stage: Stage, evaluation: str, line: dict[str, Any], *, explanation: str = "because") -> None:
    """Bedrock's results of a job that has been started."""
    item = stage.table.job(evaluation, line["job_id"]) or {}
    shard = stage.bucket.read(line["shard_key"]) or b""
    rows = []
    for text in shard.splitlines():
        question = json.loads(text)
        score = {
            "metricName": "Builtin.Correctness",
            "evaluatorDetails": [{"modelIdentifier": "amazon.nova-pro-v1:0", "explanation": explanation}],
            "result": 1,
        }
        rows.append(
            {
                "automatedEvaluationResult": {"scores": [score]},
                "inputRecord": question,
                "modelResponses": [{"response": "four", "modelIdentifier": "m", "stopReason": "END_TURN"}],
            }
        )
    data = "\n".join(map(json.dumps, rows)).encode()
    stage.bucket.put(f"{item['raw_output']}x_output.jsonl", data, content_type="application/x-ndjson")


def test_the_plan_says_what_the_evaluation_is_expected_to_cost(stage: Stage) -> None:
    evaluation, lines = planned(stage, record(1), record(2), suite=MODELS)

    head = stage.table.head(evaluation) or {}
    estimate = read_manifest(stage.bucket, evaluation).estimate
    assert head["estimate"]["usd"] == estimate["usd"]
    assert 0 < estimate["usd"]["low"] < estimate["usd"]["expected"] < estimate["usd"]["high"]
    assert (estimate["jobs"], estimate["records"]) == (len(lines), 2)
    assert {line["price"]["as_of"] for line in estimate["lines"]} == {"2026-10-05"}


def test_prices_of_the_bucket_replace_the_built_in_ones(stage: Stage) -> None:
    own = b"version: 1\nmodels: [{model: 'amazon.nova-pro-v1:0', input: 800, output: 3200}]\n"
    dear = planned(stage, record(1), suite=MODELS)[0]
    before = read_manifest(stage.bucket, dear).estimate["usd"]["expected"]
    stage.bucket.put(object_keys.PRICES_KEY, own, content_type="application/yaml")
    plan(stage, dear)

    assert read_manifest(stage.bucket, dear).estimate["usd"]["expected"] > 500 * before


def test_a_broken_price_table_refuses_the_evaluation_with_its_lines(stage: Stage) -> None:
    stage.bucket.put(
        object_keys.PRICES_KEY, b"version: 1\nmodels:\n  - {model: nova}\n", content_type="application/yaml"
    )
    evaluation = start(stage, record(1), suite=MODELS)

    assert plan(stage, evaluation)["outcome"] == "REFUSED"
    assert {(error["file"], error["line"]) for error in validation(stage, evaluation)} == {("prices.yaml", 3)}


@pytest.mark.parametrize("limits", [{"per_evaluation_usd": 0.0001}, {"per_month_usd": 0.0001}])
def test_an_evaluation_above_its_budget_is_refused_with_both_figures(stage: Stage, limits: dict[str, float]) -> None:
    evaluation = start(stage, record(1), suite=with_budget(**limits))

    assert plan(stage, evaluation)["outcome"] == "REFUSED"
    (error,) = validation(stage, evaluation)
    assert error["field"] == f"budget.{next(iter(limits))}"
    assert "allows $0.00" in error["reason"]
    assert "expected cost is $" in error["reason"]
    assert stage.bedrock.calls == []


def test_a_budget_may_be_held_against_the_high_figure(stage: Stage) -> None:
    evaluation = planned(stage, record(1), suite=MODELS)[0]
    usd = read_manifest(stage.bucket, evaluation).estimate["usd"]
    between = (usd["expected"] + usd["high"]) / 2

    careful = start(stage, record(1), suite=with_budget(per_evaluation_usd=between, basis="high"))
    assert plan(stage, careful)["outcome"] == "REFUSED"
    daring = start(stage, record(1), suite=with_budget(per_evaluation_usd=between))
    assert plan(stage, daring)["outcome"] == "PLANNED"


def test_a_model_without_a_price_is_refused_under_a_budget_only(stage: Stage) -> None:
    strange = MODELS.replace("nova-micro-v1:0", "nova-strange-v9:0")
    free = start(stage, record(1), suite=strange)
    assert plan(stage, free)["outcome"] == "PLANNED"
    assert (stage.table.head(free) or {})["estimate"]["unknown_prices"] == ["amazon.nova-strange-v9:0"]

    bound = start(stage, record(1), suite=f"{strange}budget: {{per_evaluation_usd: 100}}\n")
    assert plan(stage, bound)["outcome"] == "REFUSED"
    assert "no price is known for amazon.nova-strange-v9:0" in validation(stage, bound)[0]["reason"]


def uploaded_with(stage: Stage, budget: str) -> str:
    key = object_keys.dataset_key("mine", "q.jsonl")
    stage.bucket.put(object_keys.suite_key("mine"), MODELS.encode(), content_type="application/yaml")
    version = clients.s3().put_object(
        Bucket=stage.bucket.name,
        Key=key,
        Body=json.dumps(record(1)).encode(),
        Metadata={object_keys.BUDGET_METADATA: budget},
    )["VersionId"]
    begin = Start(dataset_key=key, dataset_version=version, suite="mine", started_by="upload")
    return start_evaluation(
        begin, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW
    ).evaluation_id


def test_an_upload_may_bring_a_budget_of_its_own(stage: Stage) -> None:
    poor, rich = uploaded_with(stage, "0.0001"), uploaded_with(stage, "5")

    assert plan(stage, poor)["outcome"] == "REFUSED"
    assert plan(stage, rich)["outcome"] == "PLANNED"
    assert read_manifest(stage.bucket, rich).suite.budget.per_evaluation_usd == 5


@pytest.mark.parametrize("text", ["much", "-1", "0", "nan", "inf", ""])
def test_a_budget_that_is_no_amount_refuses_the_upload(stage: Stage, text: str) -> None:
    evaluation = uploaded_with(stage, text)

    assert plan(stage, evaluation)["outcome"] == "REFUSED"
    assert "is no amount of USD" in validation(stage, evaluation)[0]["reason"]


def test_a_job_reserves_what_it_is_expected_to_cost_once(stage: Stage) -> None:
    evaluation, lines = planned(stage, record(1), suite=with_budget(per_evaluation_usd=1, per_month_usd=1))
    expected = read_manifest(stage.bucket, evaluation).estimate["usd"]["expected"]
    begin(stage, evaluation, lines[0])
    once = taken(stage, evaluation)
    begin(stage, evaluation, lines[0])

    assert taken(stage, evaluation) == once
    begin(stage, evaluation, lines[1])
    both = taken(stage, evaluation)
    assert both[0] == both[1] == pytest.approx(expected * MICRO, abs=2)


def test_a_job_that_would_pass_the_budget_is_not_started_and_says_why(stage: Stage) -> None:
    evaluation, lines = planned(stage, record(1), suite=with_budget(per_evaluation_usd=0.01))
    manifest = read_manifest(stage.bucket, evaluation)
    assert spending.reserve(stage.table, manifest, "another", amount=9_999) is None
    assert spending.reserve(stage.table, manifest, "too much", amount=2) is not None

    assert begin(stage, evaluation, lines[0]) == {"status": "Failed"}
    item = stage.table.job(evaluation, lines[0]["job_id"]) or {}
    assert item["status"] == statuses.JobStatus.FAILED
    assert "budget per_evaluation_usd allows $0.01" in item["reason"]
    assert "CreateEvaluationJob" not in stage.bedrock.calls
    assert taken(stage, evaluation)[0] == 9_999


def test_evaluations_of_one_month_share_the_budget_of_their_suite(stage: Stage) -> None:
    first, lines = planned(stage, record(1), suite=with_budget(per_month_usd=0.01))
    second, others = planned(stage, record(2), suite=with_budget(per_month_usd=0.01))
    begin(stage, first, lines[0])
    rest = 10_000 - taken(stage, first)[1]
    assert spending.reserve(stage.table, read_manifest(stage.bucket, first), "more", amount=rest) is None

    assert begin(stage, second, others[0]) == {"status": "Failed"}
    assert "budget per_month_usd" in (stage.table.job(second, others[0]["job_id"]) or {})["reason"]
    third = start(stage, record(3), suite=with_budget(per_month_usd=0.01))
    assert plan(stage, third)["outcome"] == "REFUSED"
    assert "are taken" in validation(stage, third)[0]["reason"]


def capped(stage: Stage, number: int, ceiling: Ceiling, *, suite: str = MODELS) -> tuple[str, str]:
    """An evaluation of a deployment with a ceiling, and what came of planning it."""
    evaluation = start(stage, record(number), suite=suite)
    answer = plan_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW, ceiling=ceiling)
    return evaluation, answer["outcome"]


@pytest.mark.parametrize(
    ("ceiling", "words"),
    [(Ceiling(0.0001), "allows $0.00 for an evaluation"), (Ceiling(None, 0.0001), "allows $0.00 a month")],
)
def test_a_suite_without_a_budget_is_held_to_the_deployments_limit(stage: Stage, ceiling: Ceiling, words: str) -> None:
    evaluation, outcome = capped(stage, 1, ceiling)

    assert outcome == "REFUSED"
    (error,) = validation(stage, evaluation)
    assert words in error["reason"]
    assert "`spending_limit`" in error["remedy"]
    assert (stage.table.head(evaluation) or {})["over_budget"] is True


def test_no_budget_of_a_suite_lifts_the_deployments_limit(stage: Stage) -> None:
    assert capped(stage, 1, Ceiling(0.0001), suite=with_budget(per_evaluation_usd=100))[1] == "REFUSED"


def test_all_suites_share_the_deployments_month(stage: Stage) -> None:
    ceiling = Ceiling(None, 0.01)
    first, _ = capped(stage, 1, ceiling)
    (line, _) = jobs(stage, first)
    begin(stage, first, line)
    rest = 10_000 - taken(stage, first)[0]
    assert spending.reserve(stage.table, read_manifest(stage.bucket, first), "more", amount=rest) is None

    second, outcome = capped(stage, 2, ceiling, suite=MODELS.replace("nova-micro", "nova-pro"))
    assert outcome == "REFUSED"
    assert "of which $0.01 are taken" in validation(stage, second)[0]["reason"]


def test_a_job_that_would_pass_the_deployments_limit_is_not_started_and_says_which(stage: Stage) -> None:
    evaluation, _ = capped(stage, 1, Ceiling(0.01, 5), suite=with_budget(per_evaluation_usd=3))
    manifest = read_manifest(stage.bucket, evaluation)
    assert spending.reserve(stage.table, manifest, "another", amount=9_999) is None

    assert begin(stage, evaluation, jobs(stage, evaluation)[0]) == {"status": "Failed"}
    item = stage.table.job(evaluation, jobs(stage, evaluation)[0]["job_id"]) or {}
    assert "the deployment's spending_limit per_evaluation_usd allows $0.01" in item["reason"]


def test_money_given_back_is_given_back_to_the_deployments_month_too(stage: Stage) -> None:
    evaluation, _ = capped(stage, 1, Ceiling(None, 1))
    manifest = read_manifest(stage.bucket, evaluation)
    spending.reserve(stage.table, manifest, "one", amount=700)
    spending.reserve(stage.table, manifest, "two", amount=300)
    spending.settle(stage.table, evaluation, "one", spent=0)

    assert spending.of_deployment(stage.table, spending.month_of(manifest)) == 300


def test_counted_costs_take_the_place_of_the_reservation_once(stage: Stage) -> None:
    evaluation, lines = planned(stage, record(1), suite=with_budget(per_evaluation_usd=1, per_month_usd=1))
    begin(stage, evaluation, lines[0])
    reserved = taken(stage, evaluation)
    deliver(stage, evaluation, lines[0])

    for _ in range(2):
        collect_scores(evaluation, lines[0], bucket=stage.bucket, table=stage.table, now=NOW)

    counted = (stage.table.job(evaluation, lines[0]["job_id"]) or {})["counted"]
    assert counted["calls"] == 2
    assert taken(stage, evaluation) == (round(counted["usd"] * MICRO), round(counted["usd"] * MICRO))
    assert taken(stage, evaluation) != reserved


def test_a_job_that_costs_more_than_expected_stops_those_after_it(stage: Stage) -> None:
    evaluation, lines = planned(stage, record(1), suite=with_budget(per_evaluation_usd=0.003))
    begin(stage, evaluation, lines[0])
    deliver(stage, evaluation, lines[0], explanation="long " * 2000)
    collect_scores(evaluation, lines[0], bucket=stage.bucket, table=stage.table, now=NOW)

    assert begin(stage, evaluation, lines[1]) == {"status": "Failed"}
    assert "are spent or reserved" in (stage.table.job(evaluation, lines[1]["job_id"]) or {})["reason"]


def test_a_job_that_bedrock_refuses_gives_its_money_back(stage: Stage) -> None:
    evaluation, lines = planned(stage, record(1), suite=with_budget(per_evaluation_usd=1))
    stage.bedrock.errors["CreateEvaluationJob"] = ["ValidationException"]

    assert begin(stage, evaluation, lines[0]) == {"status": "Failed"}
    assert taken(stage, evaluation) == (0, 0)


def test_a_job_that_fails_on_bedrock_keeps_its_reservation_because_nobody_knows_what_it_cost(stage: Stage) -> None:
    evaluation, lines = planned(stage, record(1), suite=with_budget(per_evaluation_usd=1))
    begin(stage, evaluation, lines[0])
    reserved = taken(stage, evaluation)
    fail_job(evaluation, lines[0], error={"Error": "X", "Cause": "{}"}, table=stage.table, now=NOW)

    assert taken(stage, evaluation) == reserved
    assert reserved[0] > 0


def test_without_a_budget_nothing_is_reserved_and_everything_is_counted(stage: Stage) -> None:
    evaluation, lines = planned(stage, record(1), suite=MODELS)
    begin(stage, evaluation, lines[0])
    deliver(stage, evaluation, lines[0])
    collect_scores(evaluation, lines[0], bucket=stage.bucket, table=stage.table, now=NOW)

    assert taken(stage, evaluation) == (0, 0)
    assert (stage.table.job(evaluation, lines[0]["job_id"]) or {})["counted"]["usd"] > 0


def test_a_conflict_between_two_jobs_is_tried_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluation, lines = planned(stage, record(1), suite=with_budget(per_evaluation_usd=1))
    client = clients.table(stage.table.name).meta.client
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": "TransactionConflict"}],
    }

    def conflict(**_: Any) -> None:
        raise client.exceptions.ClientError(answer, "TransactWriteItems")

    monkeypatch.setattr(client, "transact_write_items", conflict)
    with pytest.raises(TryLaterError):
        begin(stage, evaluation, lines[0])


def test_jobs_of_a_plan_reserve_together_what_the_plan_expects(stage: Stage) -> None:
    evaluation, _ = planned(
        stage, *[record(number) for number in range(1, 1003)], suite=with_budget(per_evaluation_usd=9)
    )
    expected = read_manifest(stage.bucket, evaluation).estimate["usd"]["expected"]
    for line in jobs(stage, evaluation):
        begin(stage, evaluation, line)

    assert taken(stage, evaluation)[0] == pytest.approx(expected * MICRO, abs=5)


def test_a_sample_is_estimated_and_budgeted_as_a_sample(stage: Stage) -> None:
    many = [record(number) for number in range(1, 101)]
    whole = read_manifest(stage.bucket, planned(stage, *many, suite=MODELS)[0]).estimate
    limit = whole["usd"]["expected"] / 5
    sample = f"{with_budget(per_evaluation_usd=limit)}sample: {{size: 10}}\n"
    evaluation, _ = planned(stage, *many, suite=sample)
    estimate = read_manifest(stage.bucket, evaluation).estimate

    assert estimate["records"] == 10
    assert estimate["usd"]["expected"] == pytest.approx(whole["usd"]["expected"] / 10, rel=0.02)
    assert plan(stage, start(stage, *many, suite=with_budget(per_evaluation_usd=limit)))["outcome"] == "REFUSED"


def dies_before_it_gives_its_money_back(stage: Stage) -> tuple[str, dict[str, Any]]:
    """A job that Bedrock refuses, and whose end is recorded when the process that ends it dies; all is reserved."""
    evaluation, lines = planned(stage, record(1), suite=with_budget(per_evaluation_usd=1))
    stage.bedrock.errors["CreateEvaluationJob"] = ["ValidationException"]
    with pytest.MonkeyPatch.context() as crash:
        crash.setattr(spending, "settle", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            begin(stage, evaluation, lines[0])
    assert (stage.table.job(evaluation, lines[0]["job_id"]) or {})["status"] == statuses.JobStatus.FAILED
    assert taken(stage, evaluation)[0] > 0
    return evaluation, lines[0]


def test_money_that_a_dying_attempt_left_reserved_is_given_back_by_the_next_one(stage: Stage) -> None:
    evaluation, line = dies_before_it_gives_its_money_back(stage)

    assert begin(stage, evaluation, line) == {"status": "Failed"}
    assert taken(stage, evaluation) == (0, 0)


def test_or_by_whoever_breaks_the_evaluation_off(stage: Stage) -> None:
    evaluation, _ = dies_before_it_gives_its_money_back(stage)

    fail_evaluation(
        evaluation, error={"Error": "X", "Cause": "{}"}, settings=stage.settings, table=stage.table, now=NOW
    )

    assert taken(stage, evaluation) == (0, 0)


def test_a_job_that_fails_before_it_was_recorded_keeps_its_reservation_when_bedrock_has_it(stage: Stage) -> None:
    # Given a job whose start was asked for and never recorded
    evaluation, lines = planned(stage, record(1), suite=with_budget(per_evaluation_usd=1))
    with pytest.MonkeyPatch.context() as crash:
        crash.setattr("gavel.aws.table.EvaluationTable.advance_job", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            begin(stage, evaluation, lines[0])
    reserved = taken(stage, evaluation)
    (arn,) = stage.bedrock.jobs

    # When the state machine gives it up, and another delivery of its start comes late
    fail_job(evaluation, lines[0], error={"Error": "X", "Cause": "{}"}, table=stage.table, now=NOW)
    assert begin(stage, evaluation, lines[0]) == {"status": "Failed"}

    assert (stage.table.job(evaluation, lines[0]["job_id"]) or {})["job_arn"] == arn
    assert taken(stage, evaluation) == reserved
