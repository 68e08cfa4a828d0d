"""The figures as CSV."""

from __future__ import annotations

import csv
import io
import json

import pytest

from gavel.exports.summary_csv import CSV_COLUMNS, summary_csv
from gavel.results.row_scores import clean_text
from gavel.statistics.summary import MetricSummary, SummaryBuilder
from tests.gavel.exports.builders import hostile
from tests.naughty import NAUGHTY


def summaries(*values: float | str | None, model: str = "model", category: str | None = None) -> list[MetricSummary]:
    builder = SummaryBuilder()
    for value in values:
        builder.add(model=model, judge="judge", metric="m", category=category, value=value)
    return builder.summaries()


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_the_csv_reads_back_as_it_was() -> None:
    text = summary_csv(summaries(0.5, 1.0, 'x,"y"\n', model='m, with "quotes"'))

    (row,) = read(text)
    assert text.count("\r\n") == 2
    assert (row["model"], row["n"], row["mean"], row["category"]) == ('m, with "quotes"', "3", "", "")
    assert json.loads(row["values"]) == {"0.5": 1, "1.0": 1, 'x,"y"\n': 1}


def test_columns_keep_their_places() -> None:
    assert ",".join(CSV_COLUMNS) == (
        "model,judge,metric,category,direction,n,missing,coverage,mean,stdev,interval_low,interval_high,values"
    )


@pytest.mark.parametrize(
    "model", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", "  =1", "\uff1d1", "\ufeff=1", "\u00a0=1", "\x00=1"]
)
def test_no_name_becomes_a_formula(model: str) -> None:
    (row,) = read(summary_csv(summaries(1.0, model=model)))

    assert row["model"] == f"'{model}"


def test_every_naughty_string_reads_back_and_none_begins_like_a_formula() -> None:
    for text in NAUGHTY:
        rows = read(summary_csv(hostile(text).summaries))

        assert len(rows) == 6, text
        for row in rows:
            for name in ("model", "judge", "metric", "category"):
                assert not row[name].startswith(("=", "+", "-", "@", "\t", "\r", "\n")), text
            assert clean_text(text) in {row["judge"], row["judge"].removeprefix("'")}
            assert row["category"].removeprefix("'") in {"", clean_text(text), clean_text(text).removeprefix("'")}
        assert json.loads(rows[-1]["values"]) == {clean_text(text): 2}
