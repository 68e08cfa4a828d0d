"""The figures as JSON."""

from __future__ import annotations

import json

import pytest

from gavel.exports.summary_json import summary_document
from gavel.gates.decision import Decision, Outcome
from gavel.statistics.comparison import compare
from gavel.statistics.score_table import ScoreTable
from gavel.statistics.summary import SummaryBuilder
from tests.gavel.exports.builders import gate, hostile
from tests.naughty import NAUGHTY


def test_the_document_holds_facts_verdict_summaries_and_comparisons_as_plain_json() -> None:
    table, builder = ScoreTable(), SummaryBuilder()
    for generator, value in (("a", 1.0), ("b", 0.5)):
        table.add(record=1, category=None, generator=generator, judge="j", metric="m", value=value)
    for one in (1.0, 0.5, None):
        builder.add(model="a", judge="j", metric="m", category=None, value=one)

    document = summary_document(
        evaluation={"id": "x"}, summaries=builder.summaries(), comparisons=compare(table), decision=Decision((gate(),))
    )

    assert json.loads(json.dumps(document, allow_nan=False)) == document
    names = [
        "schema_version",
        "evaluation",
        "verdict",
        "summaries",
        "comparisons",
        "baseline",
        "judge_checks",
        "flagged",
    ]
    assert list(document) == names
    assert document["evaluation"] == {"id": "x"}
    assert document["verdict"]["outcome"] == Outcome.PASS
    assert document["summaries"][0]["coverage"] == pytest.approx(2 / 3)
    assert len(document["summaries"][0]["interval"]) == 2
    assert document["comparisons"][0]["mean_difference"] == 0.5
    assert document["baseline"] is None


def test_every_naughty_string_reads_back() -> None:
    for text in NAUGHTY:
        data = hostile(text)
        document = summary_document(
            evaluation={},
            summaries=data.summaries,
            comparisons=data.comparisons,
            decision=data.decision,
            baseline=data.baseline,
        )

        read = json.loads(json.dumps(document, allow_nan=False))
        assert read == document
        assert read["summaries"][0]["model"] == read["verdict"]["gates"][0]["rule"] == text
        assert list(read["summaries"][-1]["values"]) == [text]
