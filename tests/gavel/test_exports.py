"""The figures for other programs."""

from __future__ import annotations

import csv
import io
import json

import pytest

from gavel.exports.summary_csv import summary_csv
from gavel.exports.summary_json import summary_document
from gavel.statistics.comparison import compare
from gavel.statistics.score_table import ScoreTable
from gavel.statistics.summary import MetricSummary, SummaryBuilder


def summaries(*values: float | str | None, model: str = "model", category: str | None = None) -> list[MetricSummary]:
    builder = SummaryBuilder()
    for value in values:
        builder.add(model=model, judge="judge", metric="m", category=category, value=value)
    return builder.summaries()


def test_the_document_holds_facts_summaries_and_comparisons_as_plain_json() -> None:
    table = ScoreTable()
    for generator, value in (("a", 1.0), ("b", 0.5)):
        table.add(record=1, category=None, generator=generator, judge="j", metric="m", value=value)

    document = summary_document(evaluation={"id": "x"}, summaries=summaries(1.0, 0.5, None), comparisons=compare(table))

    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert list(document) == ["schema_version", "evaluation", "summaries", "comparisons"]
    assert document["evaluation"] == {"id": "x"}
    assert document["summaries"][0]["coverage"] == pytest.approx(2 / 3)
    assert len(document["summaries"][0]["interval"]) == 2
    assert document["comparisons"][0]["mean_difference"] == 0.5


def test_the_csv_reads_back_as_it_was() -> None:
    text = summary_csv(summaries(0.5, 1.0, 'x,"y"\n', model='m, with "quotes"'))

    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert text.count("\r\n") == 2
    assert (row["model"], row["n"], row["mean"], row["category"]) == ('m, with "quotes"', "3", "", "")
    assert json.loads(row["values"]) == {"0.5": 1, "1.0": 1, 'x,"y"\n': 1}


@pytest.mark.parametrize("model", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", "  =1", "\uff1d1"])
def test_no_name_becomes_a_formula(model: str) -> None:
    (row,) = csv.DictReader(io.StringIO(summary_csv(summaries(1.0, model=model)), newline=""))

    assert row["model"] == f"'{model}"
