"""The sample of scores that judges are checked on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gavel.results.judge_sample import answer_lengths, sampled_records, scores_of
from gavel.results.parquet import write_scores
from gavel.results.scores import ScoreRow
from gavel.statistics.judge_report import trust_report
from gavel.statistics.score_table import ScoreTable

if TYPE_CHECKING:
    from pathlib import Path


def table(records: int) -> ScoreTable:
    """Two judges who score two generators; judge b has no score of every third record."""
    scores = ScoreTable()
    for record in range(1, records + 1):
        for generator, value in (("lite", record % 2), ("lite (baseline)", 1)):
            for judge in ("a", "b"):
                lost = judge == "b" and record % 3 == 0
                scores.add(
                    record=record,
                    category=None,
                    generator=generator,
                    judge=judge,
                    metric="m",
                    value=None if lost else float(value),
                )
    return scores


def test_a_sample_is_spread_over_all_records_and_always_the_same() -> None:
    found = sampled_records(table(1000), generators=["lite"], most=100)

    assert len(found) == 100
    assert found == sampled_records(table(1000), generators=["lite"], most=100)
    assert all(len([number for number in found if low < number <= low + 250]) > 15 for low in (0, 250, 500, 750))


def test_every_record_is_taken_where_they_are_few() -> None:
    assert sampled_records(table(6), generators=["lite"], most=100) == [1, 2, 3, 4, 5, 6]


def test_missing_scores_and_other_generators_are_left_out() -> None:
    found = scores_of(table(3), [1, 2, 3], generators=["lite"])

    assert found == {
        "m": {
            "a": {("1", "lite"): 1.0, ("2", "lite"): 0.0, ("3", "lite"): 1.0},
            "b": {("1", "lite"): 1.0, ("2", "lite"): 0.0},
        }
    }


def test_long_answers_that_score_higher_are_seen(tmp_path: Path) -> None:
    scores = table(40)
    rows = [
        ScoreRow(
            record=record, category=None, generator="lite", judge="a", metric="m", value=1.0, response="x" * length
        )
        for record in range(1, 41)
        for length in [20 + 10 * (record % 2)]
    ]
    write_scores(tmp_path / "scores.parquet", rows)
    records = sampled_records(scores, generators=["lite"])

    lengths = answer_lengths([tmp_path / "scores.parquet"], records)
    found = trust_report(scores_of(scores, records, generators=["lite"]), lengths=lengths, models={})

    assert lengths["1", "lite"] == 30
    assert found["judges"][0]["verbosity"]["rho"] == 1.0
    assert found["agreement"][0]["items"] == 40
