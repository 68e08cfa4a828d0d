"""Subject, text and attributes of a message, and which figures become metrics."""

from __future__ import annotations

from typing import Any

import pytest

from gavel.notifications.figures import as_dimension, evaluation_figures, score_figures
from gavel.notifications.message import LONGEST_SUBJECT, MOST_GATES, console_link, message_of
from tests.naughty import BIG_LIST, MORE

EVALUATION = "shopping-0123456789abcdef"


def head(**facts: Any) -> dict[str, Any]:
    return {
        "evaluation_id": EVALUATION,
        "suite": "shopping",
        "status": "COMPLETED",
        "created_at": "2026-01-02T03:04:05.678Z",
        "ended_at": "2026-01-02T03:05:06.678Z",
        "dataset_key": "datasets/shopping/questions.jsonl",
        "coverage": 0.5,
        **facts,
    }


def gate(outcome: str, rule: str = "Correctness of lite at least 0.8", **facts: Any) -> dict[str, Any]:
    return {"outcome": outcome, "rule": rule, "category": None, **facts}


def body(*gates: dict[str, Any], **facts: Any) -> str:
    verdict = {"outcome": "FAIL", "counts": {"PASS": 1, "FAIL": 1, "INCONCLUSIVE": 0}}
    return message_of(head(verdict=verdict, **facts), gates, bucket="bucket", region="us-east-1").body


@pytest.mark.parametrize("suite", [*BIG_LIST, *MORE, "x" * 300, "line\nbreak"])
def test_a_subject_is_short_printable_ascii_whatever_the_folder_was_called(suite: str) -> None:
    message = message_of(head(suite=suite, status="REFUSED"), [], bucket="bucket", region="us-east-1")

    assert len(message.subject) <= LONGEST_SUBJECT
    assert message.subject.isascii()
    assert message.subject.isprintable()
    assert message.attributes["suite"].isprintable() or not suite.isprintable()


def test_gates_that_fail_stand_before_those_that_cannot_be_decided_and_those_that_pass_are_left_out() -> None:
    text = body(gate("INCONCLUSIVE", "Coverage at least 90 %"), gate("PASS", "Cost at most $5"), gate("FAIL"))

    assert text.index("FAIL: Correctness") < text.index("INCONCLUSIVE: Coverage")
    assert "Cost at most" not in text


def test_a_category_of_the_dataset_is_not_named() -> None:
    text = body(gate("FAIL", "Correctness of lite in my secret category at least 0.8", category="my secret category"))

    assert "Correctness of lite in one category at least 0.8" in text
    assert "secret" not in text


def test_many_gates_are_cut_and_counted() -> None:
    text = body(*(gate("FAIL") for _ in range(MOST_GATES + 7)))

    assert text.count("  FAIL: ") == MOST_GATES
    assert "  and 7 more\n" in text


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-central-1", "https://eu-central-1.console.aws.amazon.com/"),
        ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/"),
        ("us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/"),
    ],
)
def test_a_link_leads_to_the_console_of_the_regions_partition(region: str, host: str) -> None:
    link = console_link("bucket", "evaluations/a b/report.html", region=region)

    assert link == f"{host}s3/object/bucket?region={region}&prefix=evaluations/a%20b/report.html"


def test_nothing_is_linked_that_does_not_exist() -> None:
    text = message_of(head(status="FAILED", reason="no job"), [], bucket="bucket", region="us-east-1").body

    assert "https://" not in text
    assert "Reason: no job" in text


def test_the_figures_of_an_end_have_units_and_only_what_is_known() -> None:
    verdict = {"outcome": "FAIL", "counts": {"PASS": 1, "FAIL": 2, "INCONCLUSIVE": 0}}
    known = head(verdict=verdict, counted={"usd": 0.25})

    counts, values = evaluation_figures(known, over_budget=False)

    assert [(one.name, one.unit, one.value) for one in counts.figures] == [("EvaluationsCompleted", "Count", 1)]
    assert [(one.name, one.unit, one.value) for one in values.figures] == [
        ("DurationSeconds", "Seconds", 61),
        ("Coverage", "Percent", 50),
        ("CostUSD", "None", 0.25),
        ("GatesFailed", "Count", 2),
    ]
    unpriced = evaluation_figures(head(counted={"usd": None}, coverage=None), over_budget=True)
    assert [one.name for one in unpriced[1].figures] == ["DurationSeconds"]
    assert [one.name for one in unpriced[0].figures] == ["EvaluationsCompleted", "BudgetRefusals"]


def summary(number: int, **facts: Any) -> dict[str, Any]:
    return {
        "model": f"m{number}",
        "judge": "j",
        "metric": "Builtin.Correctness",
        "category": None,
        "mean": 0.5,
        **facts,
    }


def test_scores_beyond_the_limit_are_left_out_and_counted() -> None:
    sets, left_out = score_figures("shopping", [summary(number) for number in range(5)], most=3)

    assert [one.dimensions["generator"] for one in sets] == ["m0", "m1", "m2"]
    assert left_out == 2


def test_labels_and_categories_are_no_metrics() -> None:
    assert score_figures("shopping", [summary(1, mean=None), summary(2, category="maths")]) == ([], 0)


@pytest.mark.parametrize("text", [*BIG_LIST, *MORE, "", "x" * 2000])
def test_a_dimension_is_printable_ascii_of_a_bounded_length(text: str) -> None:
    value = as_dimension(text)

    assert value.strip()
    assert value.isascii()
    assert value.isprintable()
    assert len(value) <= 255
