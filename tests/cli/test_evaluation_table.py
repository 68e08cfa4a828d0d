"""What a person is shown of a finished evaluation."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from gavel_cli.evaluation_table import Result, failures, next_steps, notes, results_table, sentence


def _summary(
    model: str, metric: str, mean: float | None, *, missing: int = 0, direction: str = "higher", judge: str = "j"
) -> dict[str, Any]:
    return {
        "model": model,
        "judge": judge,
        "metric": metric,
        "mean": mean,
        "n": 10 - missing,
        "missing": missing,
        "direction": direction,
    }


def _pair(metric: str, verdict: str, difference: float | None, interval: list[float] | None) -> dict[str, Any]:
    low, high = interval or (None, None)
    return {
        "model_a": "lite",
        "model_b": "micro",
        "judge": "j",
        "metric": metric,
        "category": None,
        "verdict": verdict,
        "mean_difference": difference,
        "ci_low": low,
        "ci_high": high,
        "n": 9,
    }


RESULT = Result(
    generators=["lite", "micro"],
    judges=["j"],
    metrics=["Builtin.Correctness", "Builtin.Refusal"],
    summaries=[
        _summary("lite", "Builtin.Correctness", 0.9, missing=1),
        _summary("micro", "Builtin.Correctness", 0.5),
        _summary("lite", "Builtin.Refusal", 0.1, direction="lower"),
        _summary("micro", "Builtin.Refusal", None, missing=10, direction="lower"),
    ],
    comparisons=[
        _pair("Builtin.Correctness", "better", 0.4, [0.2, 0.6]),
        _pair("Builtin.Refusal", "inconclusive", None, None),
    ],
)


def _printed(result: Result) -> list[str]:
    console = Console(width=80, record=True, no_color=True)
    with console.capture() as captured:
        console.print(results_table(result))
    return captured.get().splitlines()


def test_a_row_gives_both_means_the_paired_difference_its_records_and_who_is_better() -> None:
    assert _printed(RESULT)[1].split() == ["Correctness", "0.900", "0.500", "+0.40", "[+0.20,", "+0.60]", "9", "lite"]


def test_a_figure_that_does_not_exist_is_a_dash_and_an_arrow_marks_where_lower_is_better() -> None:
    assert _printed(RESULT)[2].split() == ["Refusal", "↓", "0.100", "–", "–", "9", "–"]


def test_the_sentence_counts_who_leads_and_what_is_open() -> None:
    assert sentence(RESULT, "j") == "lite is better on 1 of 2 metrics; 1 shows no clear difference."


def test_several_judges_stand_in_a_column_of_their_own_below_their_metric() -> None:
    panel = Result(
        generators=["lite"],
        judges=["pro", "sonnet", "tone-judge"],
        metrics=["Builtin.Correctness", "Tone"],
        summaries=[
            _summary("lite", "Builtin.Correctness", 0.9, judge="pro"),
            _summary("lite", "Builtin.Correctness", 0.7, judge="sonnet"),
            _summary("lite", "Tone", 0.2, judge="tone-judge"),
        ],
        comparisons=[],
    )

    assert [line.split() for line in _printed(panel)] == [
        ["METRIC", "JUDGE", "lite", "N"],
        ["Correctness", "pro", "0.900", "10"],
        ["sonnet", "0.700", "10"],
        ["Tone", "tone-judge", "0.200", "10"],
    ]


def test_the_sentence_of_a_judge_counts_only_the_metrics_that_it_was_asked_for() -> None:
    two = [
        *RESULT.summaries,
        _summary("lite", "Tone", 0.2, judge="other"),
        _summary("micro", "Tone", 0.3, judge="other"),
    ]
    panel = Result(RESULT.generators, ["j", "other"], [*RESULT.metrics, "Tone"], two, RESULT.comparisons)

    assert sentence(panel, "j") == "j: lite is better on 1 of 2 metrics; 1 shows no clear difference."
    assert sentence(panel, "other") == "other: 1 shows no clear difference."


def test_missing_scores_are_told() -> None:
    assert notes(RESULT)[-1] == "↓ lower is better. 11 scores missing: not counted, never taken for zero."


def test_jobs_that_failed_for_one_reason_share_a_line() -> None:
    jobs = [{"generator": "lite", "reason": "no access"}] * 1_200 + [{"generator": "micro", "reason": "\x1b[31mbad"}]

    assert failures(jobs) == [
        "! lite: 1,200 jobs without scores: no access",
        "! micro: 1 job without scores: \\x1b[31mbad",
    ]


def test_many_reasons_are_cut_and_counted() -> None:
    lines = failures([{"generator": "lite", "reason": f"reason {number}"} for number in range(13)])

    assert len(lines) == 11
    assert lines[-1].startswith("! and 3 more reasons")


def test_one_generator_is_compared_with_none() -> None:
    alone = Result(["lite"], ["j"], ["Builtin.Correctness"], [_summary("lite", "Builtin.Correctness", 0.9)], [])

    assert [line.split() for line in _printed(alone)] == [["METRIC", "lite", "N"], ["Correctness", "0.900", "10"]]


@pytest.mark.parametrize(
    ("catalog", "last"),
    [
        ({"catalog": "registered"}, "summary.json"),
        ({}, "summary.json"),
        ({"catalog": "Athena does not find\x1b it"}, "! Athena does not find\\x1b it"),
    ],
)
def test_what_athena_does_not_find_is_told_last(catalog: dict[str, str], last: str) -> None:
    keys = {"report": "evaluations/mine-1/report.html"}
    view = {"status": "COMPLETED", "bucket": "bucket", "keys": keys, "summaries": [{}], **catalog}

    assert last in next_steps(view, None)[-1]
