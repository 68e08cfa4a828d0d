"""What the pages of `gavel ui` get from a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gavel.names.object_keys import EvaluationKeys
from gavel.problems import InvalidInputError
from gavel_cli.ui.source import DeployedSource
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.test_collect_and_summarize import SUITE, finished, summarize
from tests.aws.test_compare_evaluations import reach

if TYPE_CHECKING:
    from tests.aws.conftest import Stage


def test_two_evaluations_become_the_page_of_their_comparison(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    lite: list[list[object]] = [[1, 0.5, 1, None], [0, 0.5, 0.5, 1]]
    evaluations = [finished(stage, values, [1, 1, 1, 0.5]) for values in lite]
    for evaluation in evaluations:
        summarize(stage, evaluation)
    reach(stage, monkeypatch)
    source = DeployedSource.connect("gavel-production")

    page = source.comparison(*evaluations)

    assert " against ".join(evaluations) in page
    assert "lite (A)" in page
    stored = source.open(EvaluationKeys(evaluations[0]).report)
    assert stored is not None
    with stored:
        assert stored.read().startswith(b"<!doctype html>")
    assert source.open("evaluations/none/report.html") is None


def test_an_evaluation_without_scores_cannot_be_compared(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluation, _ = builders.planned(stage, record(1), suite=SUITE)
    reach(stage, monkeypatch)

    with pytest.raises(InvalidInputError, match="has no scores: it is RUNNING"):
        DeployedSource.connect("gavel-production").comparison(evaluation, evaluation)
