"""Deliveries of a start that come late or twice: what they leave behind is found, be it slots or money."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gavel.admission.state import Claim, SlotState
from gavel.aws import clients, slots, spending
from gavel.aws import start_job as module
from gavel.aws.collect_scores import collect_scores
from gavel.aws.fail_evaluation import fail_evaluation
from gavel.aws.fail_job import fail_job
from gavel.aws.job_end import STOPPED_AFTER
from gavel.aws.publish_verdict import publish_verdict
from gavel.aws.start_job import start_job
from gavel.aws.stop_evaluation import stop_evaluation
from gavel.aws.summarize_evaluation import summarize_evaluation
from gavel.names import table_keys
from gavel.problems import QuotaFullError, TryLaterError
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW
from tests.aws.test_reuse import finished, item, suite
from tests.aws.test_slots import held

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.aws.conftest import Stage

BUDGET = "description: again\nbudget: {per_evaluation_usd: 1, per_month_usd: 1}\n"
LOST_FOR_SURE = slots.STRAGGLER_SECONDS + 301  # then lists show every job that another delivery may have started


def after(seconds: float) -> str:
    return (datetime.fromisoformat(NOW) + timedelta(seconds=seconds)).isoformat()


def planned(stage: Stage) -> tuple[str, dict[str, Any]]:
    evaluation, (line,) = builders.planned(stage, record(1), record(2), suite=suite(more=BUDGET))
    return evaluation, line


def begin(stage: Stage, evaluation: str, line: dict[str, Any], *, now: str = NOW) -> dict[str, Any]:
    return start_job(evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=now)


def spent(stage: Stage, evaluation: str, line: dict[str, Any]) -> tuple[int, int | None]:
    """What a job reserved, and what it is settled with."""
    key = {
        table_keys.PARTITION_KEY: table_keys.evaluation_partition(evaluation),
        table_keys.SORT_KEY: table_keys.RESERVATION_SORT_PREFIX + line["job_id"],
    }
    found: Any = clients.table(stage.table.name).get_item(Key=key)["Item"]
    return int(found["reservation"]["amount"]), None if "spent" not in found else int(found["spent"])


def between(monkeypatch: pytest.MonkeyPatch, gate: str, work: Callable[[], object]) -> None:
    """Let something happen once in the middle of a delivery, just after it has passed the gate."""
    original, todo = getattr(module, gate), [work]

    def passed(start: Any) -> Any:
        answer = original(start)
        if todo:
            todo.pop()()
        return answer

    gates = tuple(passed if known is original else known for known in module.GATES)
    monkeypatch.setattr(module, "GATES", gates)


@pytest.mark.parametrize("collected_first", [True, False])
def test_a_straggler_of_a_job_that_took_over_results_keeps_its_slot_until_it_has_stopped(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, collected_first: bool
) -> None:
    evaluation, line = planned(stage)

    def collect() -> None:
        collect_scores(evaluation, line, bucket=stage.bucket, table=stage.table, now=NOW)

    def take_over() -> None:
        finished(stage, suite(), 1, 0.5)
        assert begin(stage, evaluation, line)["status"] == "Completed"
        if collected_first:
            collect()

    between(monkeypatch, "reuse_results", take_over)
    begin(stage, evaluation, line)
    if not collected_first:
        collect()

    amount, settled = spent(stage, evaluation, line)
    assert len(held(stage)) == 1
    assert settled == amount  # what the stopped job cost nobody knows


def test_a_job_whose_money_was_given_back_is_not_started(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluation, line = planned(stage)
    stage.bedrock.errors["CreateEvaluationJob"] = ["ServiceQuotaExceededException"]
    with pytest.raises(QuotaFullError):
        begin(stage, evaluation, line)

    def stopped() -> None:
        stop_evaluation(evaluation, table=stage.table, now=NOW)
        assert begin(stage, evaluation, line) == {"status": "Stopped"}

    between(monkeypatch, "stop", stopped)
    begin(stage, evaluation, line)

    assert stage.bedrock.jobs == {}
    assert spent(stage, evaluation, line)[1] == 0


def test_money_that_a_straggler_reserved_after_the_end_is_given_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation, line = planned(stage)

    def stopped() -> None:
        stop_evaluation(evaluation, table=stage.table, now=NOW)
        begin(stage, evaluation, line)
        stage.bedrock.errors["CreateEvaluationJob"] = ["ServiceQuotaExceededException"]

    between(monkeypatch, "stop", stopped)
    with pytest.raises(QuotaFullError):
        begin(stage, evaluation, line)

    slots.sweep(stage.table, now=after(LOST_FOR_SURE))

    assert not held(stage)
    assert spent(stage, evaluation, line)[1] == 0
    assert spending.of_evaluation(stage.table, evaluation) == 0


def test_money_of_a_job_whose_end_could_not_be_recorded_is_given_back_at_the_evaluations_end(stage: Stage) -> None:
    evaluation, line = planned(stage)
    stage.bedrock.errors["CreateEvaluationJob"] = ["InternalServerException"]
    with pytest.raises(TryLaterError):
        begin(stage, evaluation, line)
    assert slots.sweep(stage.table, now=after(9000)) == 1

    publish_verdict(evaluation, outcome="SCORED", settings=stage.settings, table=stage.table, now=after(10_000))

    assert spent(stage, evaluation, line)[1] == 0


def test_a_job_that_a_list_showed_late_is_written_down_and_keeps_its_money(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation, line = planned(stage)
    stage.bedrock.errors["CreateEvaluationJob"] = ["lost:InternalServerException"]
    with pytest.raises(TryLaterError):
        begin(stage, evaluation, line)
    with monkeypatch.context() as lag:
        lag.setattr(type(stage.bedrock), "paginate", lambda self, **query: iter(()))
        fail_job(evaluation, line, error={"Error": "NotPermittedError"}, table=stage.table, now=after(60))
        assert slots.sweep(stage.table, now=after(60 + slots.STRAGGLER_SECONDS)) == 0
    (job,) = stage.bedrock.jobs.values()
    job["status"] = "Completed"

    assert slots.sweep(stage.table, now=after(60 + LOST_FOR_SURE)) == 1
    error = {"Error": "NothingScoredError"}
    fail_evaluation(evaluation, error=error, settings=stage.settings, table=stage.table, now=after(2000))

    assert item(stage, evaluation, line)["job_arn"] in stage.bedrock.jobs
    assert spent(stage, evaluation, line)[1] is None


def test_a_lease_that_is_taken_again_never_looks_as_it_did() -> None:
    claim = Claim("e", "j", "n", ())
    first = SlotState().held(claim, now=10, until=4000)

    again = first.held(claim, now=12, until=4002).held(claim, now=10, until=4000)

    assert again.leases["n"] != first.leases["n"]


def test_a_summary_that_comes_after_a_bad_end_changes_nothing_of_what_was_announced(stage: Stage) -> None:
    # Given an evaluation that failed while a call of SummarizeEvaluation was still on its way
    evaluation, line = planned(stage)
    stop_evaluation(evaluation, table=stage.table, now=NOW)
    fail_job(evaluation, line, error={"Error": "X"}, table=stage.table, now=NOW)
    fail_evaluation(evaluation, error={"Error": "States.Timeout"}, settings=stage.settings, table=stage.table, now=NOW)
    before = stage.table.head(evaluation)

    summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=after(60))

    assert stage.table.head(evaluation) == before


def test_a_job_that_a_straggler_records_after_its_evaluation_ended_is_stopped_and_ends(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation, line = planned(stage)
    error = {"Error": "States.Runtime", "Cause": ""}

    def broken_off() -> None:
        fail_evaluation(evaluation, error=error, settings=stage.settings, table=stage.table, now=NOW)

    between(monkeypatch, "stop", broken_off)
    answer = begin(stage, evaluation, line)

    assert answer == {"status": "Stopped"}
    assert [job["status"] for job in stage.bedrock.jobs.values()] == ["Stopping"]
    assert item(stage, evaluation, line)["status"] == "STOPPED"
    assert item(stage, evaluation, line)["reason"] == STOPPED_AFTER
