"""The verdict of an evaluation, its suite's history, and the baseline it is compared with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gavel.aws import clients
from gavel.aws.publish_verdict import publish_verdict
from gavel.aws.start_job import start_job
from gavel.aws.suite_history import BaselineItem, SetBy, SuiteHistory
from gavel.aws.summarize_evaluation import summarize_evaluation
from gavel.aws.view_evaluation import view_evaluation
from gavel.names.object_keys import EvaluationKeys, suite_key
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW
from tests.aws.test_collect_and_summarize import collect, deliver, result_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.aws.conftest import Stage

SUITE = """
version: 1
generators: [{{model: "amazon.nova-lite-v1:0", name: lite}}]
judges: [{{model: "{judge}", name: pro}}]
metrics: [Correctness]
gates: [{gates}]
"""
NOVA = "amazon.nova-pro-v1:0"
LATER = "2026-01-03T03:04:05.678Z"
GOOD = [1] * 45 + [0.5] * 5
POOR = [0] * 45 + [0.5] * 5
AT_LEAST = "{metric: Correctness, min: 0.6}"
NO_DROP = "{metric: Correctness, versus: baseline, max_drop: 0.1}"


def evaluated(
    stage: Stage,
    scores: Sequence[float | None],
    *,
    gates: str = AT_LEAST,
    judge: str = NOVA,
    extra: Sequence[str] = (),
    now: str = NOW,
    fails: bool = False,
    name: str = "mine",
    candidate_for: str | None = None,
) -> str:
    """An evaluation of one model that has ended, with these scores record by record; `extra` are more prompts."""
    suite = SUITE.format(judge=judge, gates=gates)
    prompts = [record(number) for number in range(len(scores))] + [{"prompt": text} for text in extra]
    evaluation = builders.start(stage, *prompts, suite=suite, now=now, name=name, candidate_for=candidate_for)
    builders.plan(stage, evaluation)
    (line,) = builders.jobs(stage, evaluation)
    start_job(evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=now)
    if not fails:
        asked = builders.shard(stage, line)
        order = {item["prompt"]: place for place, item in enumerate(prompts)}
        values = [*scores, *[1] * len(extra)]
        rows = [result_row(item, values[order[item["prompt"]]]) for item in asked]
        deliver(stage, evaluation, line, *rows)
        collect(stage, evaluation, line)
    outcome = summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=now)["outcome"]
    if outcome == "SCORED":
        publish_verdict(evaluation, outcome=outcome, settings=stage.settings, table=stage.table, now=now)
    return evaluation


def verdict(stage: Stage, evaluation: str) -> dict[str, Any]:
    view = view_evaluation(evaluation, bucket=stage.bucket.name, table=stage.table) or {}
    found: dict[str, Any] = view["verdict"]
    return found


def history(stage: Stage, suite: str = "mine") -> SuiteHistory:
    return SuiteHistory(stage.table, suite)


@pytest.mark.parametrize(("scores", "outcome"), [(GOOD, "PASS"), (POOR, "FAIL")])
def test_the_verdict_is_in_the_view_the_event_and_the_head(stage: Stage, scores: list[float], outcome: str) -> None:
    evaluation = evaluated(stage, scores)

    found = verdict(stage, evaluation)
    assert (found["outcome"], found["gates"][0]["n"], found["counts"][outcome]) == (outcome, 50, 1)
    (event,) = stage.events()
    assert event["detail"]["verdict"]["outcome"] == outcome


def test_a_suite_without_gates_gives_no_verdict(stage: Stage) -> None:
    suite = SUITE.format(judge=NOVA, gates="").replace("gates: []\n", "")
    evaluation, (line,) = builders.planned(stage, record(1), suite=suite)
    start_job(evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW)
    deliver(stage, evaluation, line, result_row(builders.shard(stage, line)[0], 1))
    collect(stage, evaluation, line)
    summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)
    publish_verdict(evaluation, outcome="SCORED", settings=stage.settings, table=stage.table, now=NOW)

    view = view_evaluation(evaluation, bucket=stage.bucket.name, table=stage.table) or {}
    assert view["verdict"] is None
    assert "verdict" not in stage.events()[0]["detail"]
    assert history(stage).baseline() is None


def test_the_last_pass_becomes_the_baseline_and_the_next_is_compared_with_it(stage: Stage) -> None:
    first = evaluated(stage, GOOD, gates=f"{AT_LEAST}, {NO_DROP}")
    # There was no baseline, so the second gate cannot be decided, and the evaluation becomes the first one.
    assert verdict(stage, first)["outcome"] == "INCONCLUSIVE"
    baseline = history(stage).baseline()
    assert baseline is not None
    assert (baseline.evaluation_id, baseline.set_by) == (first, SetBy.PASS)

    worse = [0.5] * 10 + GOOD[10:]
    second = evaluated(stage, worse, gates=f"{AT_LEAST}, {NO_DROP}", extra=["a record that is new"], now=LATER)

    found = verdict(stage, second)
    gate = found["gates"][1]
    assert (gate["n"], gate["missing"], gate["versus"]) == (50, 1, "baseline")
    assert gate["value"] == pytest.approx(-0.1)
    assert found["outcome"] == "INCONCLUSIVE"
    assert history(stage).baseline() == baseline, "only an evaluation that passes moves the baseline"


def test_a_baseline_set_by_hand_stays(stage: Stage) -> None:
    first = evaluated(stage, GOOD)
    pinned = BaselineItem(first, NOW, SetBy.HAND, NOW)
    history(stage).set_baseline(pinned)

    evaluated(stage, GOOD, extra=["another"])

    assert history(stage).baseline() == pinned
    history(stage).clear_baseline()
    assert history(stage).baseline() is None
    third = evaluated(stage, GOOD, extra=["yet another"])
    assert (found := history(stage).baseline()) is not None
    assert found.evaluation_id == third


def test_an_earlier_evaluation_that_ends_later_does_not_move_the_baseline_back(stage: Stage) -> None:
    suite = history(stage)
    newer = BaselineItem("mine-00000000000000bb", "2026-01-03T00:00:00.000Z", SetBy.PASS, NOW)
    older = BaselineItem("mine-00000000000000aa", "2026-01-02T00:00:00.000Z", SetBy.PASS, NOW)

    assert suite.set_baseline(newer)
    assert not suite.set_baseline(older)
    assert suite.baseline() == newer


def test_a_baseline_by_another_judge_is_not_comparable(stage: Stage) -> None:
    evaluated(stage, GOOD)

    other = evaluated(stage, POOR, gates=NO_DROP, judge="amazon.nova-premier-v1:0")

    found = verdict(stage, other)
    assert found["outcome"] == "INCONCLUSIVE"
    assert "another model judged it" in found["sentence"]


def test_a_failed_job_gives_no_verdict(stage: Stage) -> None:
    evaluation = evaluated(stage, GOOD, fails=True)

    view = view_evaluation(evaluation, bucket=stage.bucket.name, table=stage.table) or {}
    assert view["verdict"] is None
    assert history(stage).baseline() is None


def test_summarizing_again_after_the_baseline_moved_writes_the_same_bytes(stage: Stage) -> None:
    evaluated(stage, GOOD)
    second = evaluated(stage, GOOD, gates=NO_DROP, extra=["one more"], now=LATER)
    keys = EvaluationKeys(second)
    first = [stage.bucket.read(key) for key in (keys.summary, keys.report)]
    assert (moved := history(stage).baseline()) is not None
    assert moved.evaluation_id == second

    summarize_evaluation(second, bucket=stage.bucket, table=stage.table, now="2027-01-01T00:00:00.000Z")

    assert [stage.bucket.read(key) for key in (keys.summary, keys.report)] == first
    assert verdict(stage, second)["outcome"] == "PASS"


def test_a_suites_history_holds_figures_in_the_order_of_the_starts(stage: Stage) -> None:
    first = evaluated(stage, GOOD)
    second = evaluated(stage, POOR, extra=["one more"], now=LATER)

    entries = history(stage).latest()

    assert [(entry.evaluation_id, entry.verdict, entry.status) for entry in entries] == [
        (first, "PASS", "COMPLETED"),
        (second, "FAIL", "COMPLETED"),
    ]
    assert entries[0].figures[0].mean == pytest.approx(0.95)
    assert [entry.evaluation_id for entry in history(stage).latest(limit=1)] == [second]
    assert [entry.evaluation_id for entry in history(stage).before(second, LATER)] == [first]


def test_prompts_are_in_no_item_of_the_history(stage: Stage) -> None:
    evaluated(stage, GOOD)

    items = [entry.to_json() for entry in history(stage).latest()]

    assert items
    assert "What is" not in json.dumps(items)


def test_after_a_change_of_the_judge_the_next_evaluation_whose_other_gates_pass_is_the_baseline(stage: Stage) -> None:
    first = evaluated(stage, GOOD)
    other = evaluated(stage, GOOD, gates=f"{AT_LEAST}, {NO_DROP}", judge="amazon.nova-premier-v1:0", now=LATER)

    assert first != other
    assert (found := history(stage).baseline()) is not None
    assert found.evaluation_id == other


def test_a_baseline_whose_files_are_gone_costs_no_evaluation(stage: Stage) -> None:
    for number, key in enumerate(("manifest", "scores")):
        first = evaluated(stage, GOOD, extra=[f"first {number}"])
        history(stage).set_baseline(BaselineItem(first, NOW, SetBy.HAND, NOW))
        keys = EvaluationKeys(first)
        gone = keys.manifest if key == "manifest" else keys.scores("g0-j0-s0")
        clients.s3().delete_object(Bucket=stage.bucket.name, Key=gone)

        second = evaluated(stage, GOOD, gates=NO_DROP, extra=[f"second {number}"], now=LATER)

        assert verdict(stage, second)["outcome"] == "INCONCLUSIVE"
        assert "scores any more" in verdict(stage, second)["sentence"]


def test_scores_of_another_judge_are_not_in_the_report_as_those_of_the_baseline(stage: Stage) -> None:
    evaluated(stage, GOOD)
    other = evaluated(stage, POOR, gates=NO_DROP, judge="amazon.nova-premier-v1:0", now=LATER)

    page = (stage.bucket.read(EvaluationKeys(other).report) or b"").decode()

    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    assert data["records"]
    assert all(len(record["s"]) == 1 for record in data["records"])


def test_an_evaluation_that_comes_into_the_history_later_changes_no_byte_of_a_report(stage: Stage) -> None:
    evaluated(stage, GOOD)
    second = evaluated(stage, GOOD, extra=["one more"], now=LATER)
    first = stage.bucket.read(EvaluationKeys(second).report)
    for number in range(40):
        late = f"2026-01-02T{number // 2:02}:30:00.000Z"
        history(stage).note(f"mine-{number:016x}", late, {"status": "FAILED"})

    summarize_evaluation(second, bucket=stage.bucket, table=stage.table, now=LATER)

    assert stage.bucket.read(EvaluationKeys(second).report) == first


# --- candidates


def test_a_candidate_is_compared_with_the_baseline_of_its_suite_and_becomes_nobodys(stage: Stage) -> None:
    first = evaluated(stage, GOOD)
    baseline = history(stage).baseline()

    tried = evaluated(stage, GOOD, gates=f"{AT_LEAST}, {NO_DROP}", now=LATER, name="mine-pr-7", candidate_for="mine")

    assert verdict(stage, tried)["outcome"] == "PASS"
    assert verdict(stage, tried)["gates"][1]["n"] == 50
    head = stage.table.head(tried) or {}
    assert (head["baseline"], head["candidate_for"], head["may_be_baseline"]) == (first, "mine", False)
    assert history(stage).baseline() == baseline
    assert history(stage, "mine-pr-7").baseline() is None
    assert [entry.evaluation_id for entry in history(stage).latest()] == [first]
    assert (stage.bucket.read(suite_key("mine")) or b"").decode() == SUITE.format(judge=NOVA, gates=AT_LEAST)


def test_a_candidate_for_a_suite_without_a_baseline_says_which_has_none(stage: Stage) -> None:
    tried = evaluated(stage, GOOD, gates=NO_DROP, name="mine-pr-7", candidate_for="mine")

    assert "the suite mine has no baseline yet" in verdict(stage, tried)["gates"][0]["sentence"]
    assert history(stage).baseline() is None


def test_a_suite_may_try_a_candidate_for_itself_without_moving_its_baseline(stage: Stage) -> None:
    evaluated(stage, GOOD)
    baseline = history(stage).baseline()

    evaluated(stage, GOOD, gates=f"{AT_LEAST}, {NO_DROP}", now=LATER, candidate_for="mine")

    assert history(stage).baseline() == baseline


def test_a_candidate_for_what_is_no_suite_is_refused(stage: Stage) -> None:
    suite = SUITE.format(judge=NOVA, gates=AT_LEAST)
    evaluation = builders.start(stage, record(1), suite=suite, candidate_for="No Suite")

    assert builders.plan(stage, evaluation)["outcome"] == "REFUSED"
    (problem,) = (stage.bucket.read_json(EvaluationKeys(evaluation).validation) or {})["errors"]
    assert problem["field"] == "metadata gavel-candidate-for"
