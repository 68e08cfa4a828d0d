"""`gavel estimate` says what an evaluation would cost, to people and to programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from gavel_cli.estimate_table import comparison
from gavel_cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

SUITE = "version: 1\ngenerators: [{model: 'amazon.nova-lite-v1:0'}]\njudges: [{model: 'amazon.nova-pro-v1:0'}]\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.jsonl").write_text('{"prompt": "p"}\n' * 2500)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["estimate", "data.jsonl", *arguments], catch_exceptions=False)


def report(*arguments: str) -> dict[str, Any]:
    value = json.loads(run("--json", *arguments).stdout)
    assert isinstance(value, dict)
    return value


def test_people_see_cost_jobs_and_time_of_the_default_suite(place: Path) -> None:
    result = run()

    assert result.exit_code == 0
    assert "2,500 records in 6 jobs" in result.stdout
    assert "amazon.nova-pro-v1:0" in result.stdout
    assert "Assumed:" in result.stdout


def test_programs_get_every_line_with_the_source_of_its_price(place: Path) -> None:
    (place / "s.yaml").write_text(SUITE)
    estimate = report("--suite", "s.yaml")["estimate"]

    assert estimate["jobs"] == 3
    assert estimate["usd"]["low"] < estimate["usd"]["expected"] < estimate["usd"]["high"]
    assert all(line["price"]["source"] and line["price"]["as_of"] for line in estimate["lines"])


def test_own_prices_change_the_figure(place: Path) -> None:
    (place / "s.yaml").write_text(SUITE)
    (place / "p.yaml").write_text("version: 1\nmodels: [{model: 'amazon.nova-pro-v1:0', input: 8, output: 32}]\n")

    before = report("--suite", "s.yaml")["estimate"]["lines"][1]["usd"]["expected"]
    after = report("--suite", "s.yaml", "--prices", "p.yaml")["estimate"]["lines"][1]["usd"]["expected"]

    assert after == pytest.approx(10 * before)


def test_a_budget_below_the_expected_cost_refuses_with_both_figures(place: Path) -> None:
    (place / "s.yaml").write_text(f"{SUITE}budget: {{per_evaluation_usd: 0.5}}\n")
    result = run("--suite", "s.yaml")

    assert result.exit_code == 2
    assert "s.yaml:budget.per_evaluation_usd: allows $0.50, and the expected cost is $" in result.stderr


def test_a_model_without_a_price_is_named_and_refused_only_under_a_budget(place: Path) -> None:
    strange = SUITE.replace("nova-lite-v1:0", "nova-strange-v9:0")
    (place / "s.yaml").write_text(strange)
    free = run("--suite", "s.yaml")
    (place / "s.yaml").write_text(f"{strange}budget: {{per_month_usd: 1000}}\n")
    bound = run("--suite", "s.yaml")

    assert free.exit_code == 0
    assert "No price known for amazon.nova-strange-v9:0" in free.stdout
    assert bound.exit_code == 2
    assert "no price is known for amazon.nova-strange-v9:0" in bound.stderr


def test_a_broken_dataset_or_price_table_is_no_estimate(place: Path) -> None:
    (place / "p.yaml").write_text("version: 1\nmodels: [{model: nova}]\n")
    prices = report("--prices", "p.yaml")
    (place / "data.jsonl").write_text('{"prompt": ""}\n')
    dataset = report()

    assert prices["estimate"] is None
    assert prices["errors"][0]["file"] == "p.yaml"
    assert dataset["estimate"] is None
    assert dataset["errors"][0]["line"] == 1


def test_the_count_is_shown_beside_the_estimate() -> None:
    expected = {"usd": {"expected": 1.5}, "input_tokens": {"expected": 2000}, "output_tokens": {"expected": 300}}
    view = {
        "estimate": {**expected, "calls": 40},
        "counted": {"jobs": 1, "usd": 0.25, "input_tokens": 1000, "output_tokens": 100, "calls": 20},
        "jobs": {"planned": 2},
    }
    lines = comparison(view)

    assert lines[:2] == [
        "Cost on AWS: $1.50 expected, $0.2500 counted in the results",
        "Tokens in + out: 2,000 + 300 expected, 1,000 + 100 counted",
    ]
    assert "Counted are 1 of 2 jobs" in lines[-1]
    assert comparison({**view, "counted": None}) == []


def test_an_evaluation_that_reused_everything_cost_nothing() -> None:
    view = {
        "estimate": {"usd": {"expected": 1.5}},
        "counted": {"jobs": 0, "usd": 0, "input_tokens": 0, "output_tokens": 0, "calls": 0},
        "jobs": {"planned": 2},
        "reused_jobs": 2,
    }

    assert comparison(view) == ["Cost on AWS: $1.50 expected, nothing paid: all jobs reused"]
    assert comparison({**view, "reused_jobs": 1}) == []


def test_a_budget_on_the_command_line_is_an_amount() -> None:
    result = CliRunner().invoke(main, ["run", __file__, "--budget", "much"])

    assert result.exit_code == 2
    assert "is no amount of USD" in result.stderr
