"""The summary.json of evaluations that ran fits its published schema, and the other exports lie beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from gavel.aws.summarize_evaluation import summarize_evaluation
from gavel.names.object_keys import EvaluationKeys
from tests.aws import test_custom_metrics as custom
from tests.aws import test_panel as panel
from tests.aws import test_verdict as verdicts
from tests.aws.conftest import NOW
from tests.aws.test_collect_and_summarize import finished
from tests.schemas import problems

if TYPE_CHECKING:
    from tests.aws.conftest import Stage


def published(stage: Stage, evaluation: str) -> dict[str, Any]:
    summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)
    return stage.bucket.read_json(EvaluationKeys(evaluation).summary) or {}


def test_two_models_with_missing_scores_and_without_gates_fit(stage: Stage) -> None:
    document = published(stage, finished(stage, [1, 0.5, None], [0, "0.5", "NaN"]))

    assert problems("summary-v1", document) == []
    assert document["verdict"]["outcome"] is None


def test_several_judges_fit(stage: Stage) -> None:
    document = published(stage, panel.scored_by_both(stage))

    assert problems("summary-v1", document) == []
    assert {one["judge"] for one in document["summaries"]} == {"pro", "sonnet"}


def test_custom_metrics_with_labels_fit(stage: Stage) -> None:
    document = published(stage, custom.summarized(stage)[0])

    assert problems("summary-v1", document) == []
    assert any(one["mean"] is None and one["values"] for one in document["summaries"])


def test_gates_and_a_baseline_fit_and_all_exports_lie_beside_each_other(stage: Stage) -> None:
    gates = f"{verdicts.AT_LEAST}, {verdicts.NO_DROP}, {{max_usd: 5}}, {{metric: Correctness, min_coverage: 0.9}}"
    first = verdicts.evaluated(stage, verdicts.GOOD, gates=gates)
    second = verdicts.evaluated(stage, verdicts.POOR, gates=gates, now=verdicts.LATER, extra=["another"])

    for evaluation in (first, second):
        keys = EvaluationKeys(evaluation)
        document = stage.bucket.read_json(keys.summary) or {}
        suites = ET.fromstring(stage.bucket.read(keys.junit) or b"")  # noqa: S314 - our own document
        comment = (stage.bucket.read(keys.comment) or b"").decode()
        assert problems("summary-v1", document) == []
        assert len(suites[0].findall("testcase")) == len(document["verdict"]["gates"]) == 4
        assert f"Gavel: {document['verdict']['outcome']}" in comment
        assert keys.report in comment
    assert document["verdict"]["outcome"] == "FAIL"
    assert document["baseline"]["evaluation_id"] == first
    assert document["baseline"]["comparisons"][0]["verdict"] == "worse"
