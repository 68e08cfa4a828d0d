"""Expressions that are taken, and what becomes of runs that are late or overlap."""

from __future__ import annotations

import re

import pytest

from gavel.problems import InvalidInputError
from gavel.schedules.rules import Run, rule
from gavel.schedules.schedule import EXPRESSION_PATTERN, Overlap, check_expression

GOOD = [
    "rate(1 hour)",
    "rate(2 days)",
    "cron(0 6 ? * MON-FRI *)",
    "cron(30 0/6 1,15 * ? 2026-2030)",
    "cron(5 4 L * ? *)",
]
BAD = [
    "",
    "0 6 * * *",
    "rate(59 minutes)",
    "rate(1 minute)",
    "rate(0 hours)",
    "cron(* 6 ? * * *)",
    "cron(0/5 6 ? * * *)",
    "cron(0 6 * * * *)",
    "cron(0 6 ? * ? *)",
    "cron(0 6 ? * MON)",
    "cron(0  6 ? * MON *)",
    "cron(0 6 ? * MON *) ",
    "at(2026-01-01T00:00:00)",
]


@pytest.mark.parametrize("expression", GOOD)
def test_an_expression_of_at_most_once_an_hour_is_taken(expression: str) -> None:
    check_expression(expression)
    assert re.search(EXPRESSION_PATTERN, expression)


@pytest.mark.parametrize("expression", BAD)
def test_another_expression_is_refused_with_a_remedy(expression: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        check_expression(expression)
    assert all(problem.remedy for problem in refusal.value.problems.listed)
    assert not re.search(EXPRESSION_PATTERN, expression)


@pytest.mark.parametrize(
    ("minutes", "overlap", "going_on", "run"),
    [
        (0, Overlap.SKIP, None, Run.STARTED),
        (60, Overlap.SKIP, None, Run.STARTED),
        (61, Overlap.SKIP, None, Run.MISSED),
        (61, Overlap.START, "other", Run.MISSED),
        (0, Overlap.SKIP, "other", Run.OVERLAPPED),
        (0, Overlap.START, "other", Run.STARTED),
    ],
)
def test_a_run_starts_in_time_and_unless_another_goes_on(
    minutes: int, overlap: Overlap, going_on: str | None, run: Run
) -> None:
    now = f"2026-01-02T{6 + minutes // 60:02}:{minutes % 60:02}:00.000Z"

    ruling = rule(
        scheduled_at="2026-01-02T06:00:00Z", now=now, start_within_minutes=60, overlap=overlap, going_on=going_on
    )

    assert ruling.run is run
    assert bool(ruling.reason) == (run is not Run.STARTED)
