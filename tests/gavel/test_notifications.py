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


def gate(outcome: str, number: int = 0, **facts: Any) -> dict[str, Any]:
    about = {"kind": "mean", "metric": "Builtin.Correctness", "generator": "lite", "min": 0.8}
    return {"outcome": outcome, "gate": number, "rule": "Correctness of lite at least 0.8", **about, **facts}


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
    coverage = gate("INCONCLUSIVE", 1, kind="coverage", metric=None, min=0.9)
    cost = gate("PASS", 2, kind="cost", metric=None, min=None, max=5)

    text = body(coverage, cost, gate("FAIL"))

    failing, undecided = "FAIL: gate 1, Correctness at least 0.8\n", "INCONCLUSIVE: gate 2, coverage at least 0.9\n"
    assert text.index(failing) < text.index(undecided)
    assert "cost" not in text


def test_neither_a_category_nor_a_generator_nor_the_datasets_file_is_named() -> None:
    text = body(gate("FAIL", rule="Correctness of lite in my secret category", category="my secret category"))

    assert "FAIL: gate 1, Correctness in one category at least 0.8" in text
    assert [word for word in ("secret", "lite", "questions") if word in text] == []


def test_a_gate_that_fails_for_several_generators_is_one_line() -> None:
    assert "  FAIL: gate 1, Correctness at least 0.8 (2 times)\n" in body(gate("FAIL"), gate("FAIL", generator="pro"))


def test_only_what_may_be_told_of_a_reason_is_told() -> None:
    told = head(status="FAILED", reason="no job. 2 job(s): model secret is unknown", told_reason="no job")

    assert "Reason: no job\n" in message_of(told, [], bucket="bucket", region="us-east-1").body


def test_many_gates_are_cut_and_counted() -> None:
    text = body(*(gate("FAIL", number) for number in range(MOST_GATES + 7)))

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
    assert f"Reason: see `gavel status {EVALUATION}`" in text


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
