"""The budget of a suite: read, checked, kept in the manifest, tightened by a run."""

from __future__ import annotations

import pytest

from gavel.pricing.budget import Basis, Budget, micro, parse_usd
from gavel.problems import InvalidInputError
from gavel.suites.suite import Suite, load_suite

SUITE = "version: 1\njudges: [{model: 'amazon.nova-pro-v1:0'}]\n"


def load(budget: str) -> Suite:
    return load_suite(f"{SUITE}budget: {budget}\n".encode(), name="mine", file="mine.yaml")


def test_a_budget_survives_the_way_through_the_manifest() -> None:
    suite = load("{per_evaluation_usd: 5, per_month_usd: 2.5, basis: high}")

    assert suite.budget == Budget(5, 2.5, Basis.HIGH)
    assert Suite.from_json(suite.to_json()) == suite
    assert not load("{}").budget.limited


@pytest.mark.parametrize(
    ("budget", "field"),
    [
        ("{per_evaluation_usd: 0}", "budget.per_evaluation_usd"),
        ("{per_month_usd: -1}", "budget.per_month_usd"),
        ("{per_month_usd: .inf}", "budget.per_month_usd"),
        ("{per_month_usd: '5'}", "budget.per_month_usd"),
        ("{per_evaluation: 5}", "budget.per_evaluation"),
        ("{basis: low}", "budget.basis"),
        ("5", "budget"),
    ],
)
def test_what_is_no_budget_is_refused_with_its_line_and_a_remedy(budget: str, field: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        load(budget)

    (problem,) = error.value.problems.listed
    assert (problem.line, problem.field) == (3, field)
    assert problem.remedy


def test_a_run_may_tighten_a_budget_and_never_loosen_it() -> None:
    budget = Budget(per_evaluation_usd=5, per_month_usd=9, basis=Basis.HIGH)

    assert budget.with_limit(2) == Budget(2, 9, Basis.HIGH)
    assert budget.with_limit(50) == budget.with_limit(None) == budget
    assert Budget().with_limit(3) == Budget(3)


def test_amounts_round_up_to_millionths() -> None:
    assert [micro(usd) for usd in (0, 1, 0.1, 0.29, 0.0000001)] == [0, 1_000_000, 100_000, 290_000, 1]


@pytest.mark.parametrize("text", ["", "five", "0", "-1", "nan", "inf", "1,5"])
def test_what_is_no_amount_above_zero_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no amount of USD"):
        parse_usd(text)
