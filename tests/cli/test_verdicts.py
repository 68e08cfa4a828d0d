"""What a person and a pipeline are told of a verdict: exit codes, gates, history."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from gavel_cli import history as history_command
from gavel_cli.outcome import exit_code
from gavel_cli.output import Exit
from gavel_cli.verdict_table import gates_table, verdict_line


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [
        ("COMPLETED", None, Exit.DONE),
        ("COMPLETED", "PASS", Exit.DONE),
        ("COMPLETED", "FAIL", Exit.GATE_FAILS),
        ("COMPLETED", "INCONCLUSIVE", Exit.UNDECIDED),
        ("STOPPED", "PASS", Exit.FAILED),
        ("FAILED", None, Exit.FAILED),
        ("REFUSED", None, Exit.INVALID),
    ],
)
def test_a_pipeline_reads_the_verdict_from_the_exit_code(status: str, outcome: str | None, code: Exit) -> None:
    assert exit_code({"status": status, "verdict": outcome and {"outcome": outcome}}) is code


def gate(outcome: str, sentence: str) -> dict[str, Any]:
    return {"outcome": outcome, "sentence": sentence}


def shown(*things: Any) -> str:
    console = Console(width=100, record=True, no_color=True)
    for thing in things:
        console.print(thing)
    return console.export_text()


def test_gates_that_fail_stand_first_and_hostile_names_cannot_act() -> None:
    text = shown(
        gates_table([gate("PASS", "good"), gate("FAIL", "bad \x1b[2J\u202e"), gate("INCONCLUSIVE", "open")]),
        verdict_line({"outcome": "FAIL", "counts": {"PASS": 1, "FAIL": 1, "INCONCLUSIVE": 1}}),
    )

    assert text.index("bad") < text.index("open") < text.index("good")
    assert "\\x1b[2J\\u202e" in text
    assert "Verdict: FAIL  (1 FAIL, 1 INCONCLUSIVE, 1 PASS)" in text


def evaluation(number: int, mean: float, **facts: Any) -> dict[str, Any]:
    figure = {"metric": "Builtin.Correctness", "judge": "pro", "generator": "lite", "mean": mean}
    return {
        "evaluation_id": f"mine-{number}",
        "created_at": f"2026-01-0{number}T00:00:00Z",
        "verdict": "PASS",
        "status": "COMPLETED",
        "records": 10,
        "judges": {"pro": "a"},
        "texts": {},
        "records_sha256": "a",
        "figures": [figure],
        **facts,
    }


def test_history_shows_means_newest_first_and_where_they_cannot_be_compared(capsys: pytest.CaptureFixture[str]) -> None:
    answer = {
        "baseline": {"evaluation_id": "mine-1"},
        "evaluations": [evaluation(3, 0.9, judges={"pro": "b"}), evaluation(2, 0.8), evaluation(1, 0.7)],
    }

    history_command._print(answer, ())

    text = capsys.readouterr().out
    (marked,) = [line for line in text.splitlines() if "baseline" in line]
    assert "mine-1 " in marked
    assert "Correctness, lite: 0.900 ← 0.800 ← 0.700" in text
    assert "other judges from mine-3 on: not comparable before it" in text
