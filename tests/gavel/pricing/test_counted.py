"""What results hold is counted: answers once, a judge's call for each score, nothing that is not there."""

from __future__ import annotations

import pytest

from gavel.pricing.counted import JobCount, sum_of
from gavel.pricing.judge_calls import LABEL_TOKENS, JudgeCall
from gavel.pricing.prices import Price
from gavel.pricing.rate import Rate
from gavel.results.row_scores import MetricResult
from gavel.results.rows import ResultRow

CALLS = {
    "Builtin.Correctness": JudgeCall(400, characters_with_reference=800, references=1),
    "Builtin.Refusal": JudgeCall(40),
    "tone": JudgeCall(4, prompts=0, answers=2),
}
SCORED_BY = {"Builtin.Correctness": 0, "Builtin.Refusal": 0, "tone": 1}
PRICE = Price(Rate(1.0, 1000.0), "a page", "2026-10-05")


def row(*metrics: str, reference: str | None = None, response: str | None = "a" * 40) -> ResultRow:
    scores = tuple(
        MetricResult(metric=metric, judge="j", value=1.0, explanation="e" * 80, why_missing="") for metric in metrics
    )
    return ResultRow(
        line=1,
        prompt="p" * 4,
        reference=reference,
        category=None,
        model="m",
        response=response,
        stop_reason=None,
        supplied_response=None,
        scores=scores,
    )


def counted(*rows: ResultRow, answers: bool = True) -> JobCount:
    count = JobCount(CALLS, SCORED_BY, answers)
    for item in rows:
        count.add(item)
    return count


def test_an_answer_and_each_score_are_a_call_with_its_texts() -> None:
    count = counted(row("Builtin.Correctness", "Builtin.Refusal"))

    assert (count.generator.calls, count.generator.input_tokens, count.generator.output_tokens) == (1, 1, 10)
    assert count.judges[0].calls == 2
    assert count.judges[0].input_tokens == (100 + 1 + 10) + (10 + 1 + 10)
    assert count.judges[0].output_tokens == 2 * (20 + LABEL_TOKENS)


def test_a_reference_is_read_where_the_metric_reads_one() -> None:
    assert counted(row("Builtin.Correctness", reference="r" * 400)).judges[0].input_tokens == 200 + 1 + 10 + 100
    assert counted(row("Builtin.Refusal", reference="r" * 400)).judges[0].input_tokens == 10 + 1 + 10


def test_answers_that_the_dataset_brought_cost_nothing() -> None:
    count = counted(row("Builtin.Refusal"), answers=False)

    assert count.generator.calls == 0
    assert count.to_json(generator=None, judges={0: PRICE})["usd"] == pytest.approx((21 * 1 + 28 * 1000) / 1e6)


def test_a_score_of_a_metric_that_nobody_asked_for_and_a_missing_answer_count_nothing() -> None:
    count = counted(row("Builtin.Strange", response=None))

    assert not count.judges
    assert count.generator.output_tokens == 0


def test_usd_is_unknown_where_a_price_that_is_needed_is() -> None:
    count = counted(row("Builtin.Refusal"))

    assert count.to_json(generator=None, judges={0: PRICE})["usd"] is None
    assert count.to_json(generator=PRICE, judges={0: None})["usd"] is None
    known = count.to_json(generator=PRICE, judges={0: PRICE})
    assert sum_of([known, known])["usd"] == pytest.approx(2 * known["usd"])
    assert sum_of([known, {**known, "usd": None}]) == {
        "calls": 4,
        "input_tokens": 2 * known["input_tokens"],
        "output_tokens": 2 * known["output_tokens"],
        "jobs": 2,
        "usd": None,
    }


def test_a_judge_of_its_own_for_custom_metrics_has_its_own_price() -> None:
    count = counted(row("Builtin.Refusal", "tone"), answers=False)
    dear = Price(Rate(1_000_000.0, 0.0), "a page", "2026-10-05")

    assert count.judges[1].input_tokens == 1 + 2 * 10
    assert count.to_json(generator=None, judges={0: PRICE, 1: None})["usd"] is None
    both = count.to_json(generator=None, judges={0: PRICE, 1: dear})
    assert both["usd"] == pytest.approx((21 * 1 + 28 * 1000) / 1e6 + 21)
    assert both["calls"] == 2
