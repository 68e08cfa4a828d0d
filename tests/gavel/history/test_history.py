"""Trends and their breaks, counterparts in a baseline, and records that are the same in two evaluations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.history.comparable import OTHER_JUDGE, OTHER_RECORDS, OTHER_TEXT
from gavel.history.entry import Entry, Figure
from gavel.history.trends import trends
from gavel.metrics import Direction
from gavel.planning.manifest import DatasetIdentity, Manifest, Sampling
from gavel.results.identities import RecordIdentities, counterpart_records, record_identities
from gavel.results.parquet import write_scores
from gavel.results.scores import ScoreRow
from gavel.statistics.summary import MetricSummary
from gavel.suites.suite import default_suite

if TYPE_CHECKING:
    from pathlib import Path

FIRST = Entry(
    evaluation_id="suite-1",
    created_at="2026-01-01T00:00:00Z",
    dataset="datasets/suite/a.jsonl",
    records_sha256="aa",
    records=10,
    judges={"pro": "amazon.nova-pro-v1:0"},
    texts={"voice": "11"},
    figures=(Figure("voice", "pro", "lite", 0.5, 0.4, 0.6, 10, 0),),
)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        ({"judges": {"pro": "amazon.nova-premier-v1:0"}}, OTHER_JUDGE),
        ({"texts": {"voice": "22"}}, OTHER_TEXT),
        ({"records_sha256": "bb"}, OTHER_RECORDS),
    ],
    ids=["nothing changed", "judge", "metric's text", "dataset"],
)
def test_a_trend_breaks_where_scores_cannot_be_compared(change: dict[str, object], why: str | None) -> None:
    second = replace(FIRST, evaluation_id="suite-2", **change)  # type: ignore[arg-type]

    (trend,) = trends([FIRST, second])

    assert [point.broken for point in trend.points] == [None, why]
    assert (trend.points[0].mean, trend.points[0].interval) == (0.5, (0.4, 0.6))


def test_a_trend_leaves_out_evaluations_without_the_figure() -> None:
    without = replace(FIRST, evaluation_id="suite-2", figures=())
    third = replace(FIRST, evaluation_id="suite-3")

    (trend,) = trends([FIRST, without, third])

    assert [point.evaluation_id for point in trend.points] == ["suite-1", "suite-3"]


def test_an_entry_survives_the_table() -> None:
    assert Entry.from_json(FIRST.to_json()) == FIRST


def test_a_history_with_nothing_in_it_has_no_trends() -> None:
    assert trends([]) == []


def _manifest() -> Manifest:
    suite = default_suite()
    identity = DatasetIdentity("datasets/default/a.jsonl", "1", "aa", 3, 3, 0, {})
    sampling = Sampling(None, 3, 3, ())
    return Manifest("default-1", "2026-01-01T00:00:00Z", "0", suite, "bb", identity, sampling, (3,))


def row(record: int, prompt: str, metric: str = "m") -> ScoreRow:
    return ScoreRow(record=record, category=None, generator="g", judge="j", metric=metric, value=1.0, prompt=prompt)


def test_records_are_found_again_by_what_they_say_and_not_where_they_stand(tmp_path: Path) -> None:
    own, other = tmp_path / "own.parquet", tmp_path / "other.parquet"
    write_scores(own, [row(1, "a"), row(1, "a", "n"), row(2, "b"), row(3, "twice"), row(4, "twice")])
    write_scores(other, [row(1, "b"), row(2, "gone"), row(5, "twice"), row(9, "a")])

    assert own_by_other(record_identities([own]), record_identities([other])) == {1: 2, 5: 3, 9: 1}


def test_repeated_records_are_counterparts_in_their_order_and_use_each_other_up() -> None:
    a, b = b"a" * 16, b"b" * 16
    own = {1: a, 2: b, 5: a, 7: a}
    other = {3: a, 4: a, 8: b, 9: b}

    assert own_by_other(own, other) == {3: 1, 4: 5, 8: 2}


@given(
    st.dictionaries(st.integers(1, 30), st.sampled_from([bytes([n]) * 16 for n in range(5)])),
    st.dictionaries(st.integers(1, 30), st.sampled_from([bytes([n]) * 16 for n in range(5)])),
    st.integers(1, 4),
)
def test_counterparts_are_those_of_going_through_the_records_one_by_one(
    own: dict[int, bytes], other: dict[int, bytes], shards: int
) -> None:
    waiting = {identity: [number for number in sorted(own) if own[number] == identity] for identity in own.values()}
    expected = {}
    for number in sorted(other):
        if waiting.get(other[number]):
            expected[number] = waiting[other[number]].pop(0)

    assert own_by_other(own, other, shards) == expected


def test_identities_of_a_shard_that_come_in_parts_are_all_there() -> None:
    known = RecordIdentities()
    known.add(0, {1: b"a" * 16, 2: b"b" * 16})
    known.add(0, {2: b"z" * 16, 3: b"c" * 16})

    assert known.has(0, np.array([1, 2, 3]))
    assert not known.has(0, np.array([4]))
    assert not known.has(1, np.array([1]))
    numbers, hashes = known.columns()
    assert dict(zip(numbers.tolist(), map(bytes, hashes), strict=True)) == {
        1: b"a" * 16,
        2: b"b" * 16,
        3: b"c" * 16,
    }


def own_by_other(own: dict[int, bytes], other: dict[int, bytes], shards: int = 1) -> dict[int, int]:
    sides = []
    for side in (own, other):
        sides.append(identities := RecordIdentities())
        for shard in range(shards):
            identities.add(shard, {number: one for number, one in side.items() if number % shards == shard})
    pairs = counterpart_records(sides[0], sides[1])
    found, numbers = pairs.own_of(np.array(sorted(other), dtype=np.int64))
    assert np.array(sorted(other))[found].tolist() == pairs.other.tolist()
    assert numbers.tolist() == pairs.own.tolist()
    return dict(zip(pairs.other.tolist(), pairs.own.tolist(), strict=True))


def test_figures_with_long_names_are_left_out_by_their_bytes() -> None:
    summaries = [
        MetricSummary("\u6f22" * 90, "j", f"metric-{number}", None, 3, 0, 0.5, 0.1, {"0.5": 3}, Direction.HIGHER)
        for number in range(1500)
    ]

    entry = Entry.of(_manifest(), summaries, verdict=None, coverage=1.0)

    assert entry.figures_left_out
    assert entry.figures == ()
