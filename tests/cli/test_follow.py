"""What is said while an evaluation runs, and when somebody interrupts."""

from __future__ import annotations

from typing import Any

import pytest

from gavel_cli import follow
from gavel_cli.follow import follow_or_ask, generator_lines, progress_line
from gavel_cli.output import Exit


def view(**facts: Any) -> dict[str, Any]:
    return {
        "evaluation_id": "mine-0123456789abcdef",
        "status": "RUNNING",
        "records": 2000,
        "jobs": {"planned": 4, "collected": 1, "started": 2},
        "estimate": {"usd": {"expected": 1.5}, "seconds": {"expected": 600}},
        "progress": {
            "generators": [
                {"generator": "lite", "planned": 2, "collected": 1, "started": 1},
                {"generator": "a-long-name", "planned": 2, "failed": 1},
            ],
            "usd": 0.37,
        },
        **facts,
    }


def test_one_line_says_stage_jobs_records_money_and_time_left() -> None:
    said = progress_line(view(), seconds=100)

    assert said == (
        "Bedrock jobs are running · 1 of 4 jobs done · 2,000 records · $0.37 of about $1.50 · "
        "about 5 min 00 s left · 1 min 40 s"
    )


def test_while_no_job_is_done_the_time_left_is_the_estimates() -> None:
    assert "about 9 min 00 s left" in progress_line(view(jobs={"planned": 4}), seconds=60)
    assert "left" not in progress_line(view(jobs={"planned": 4}), seconds=700)


def test_a_line_is_said_of_an_evaluation_of_which_little_is_known() -> None:
    assert progress_line({"status": "STARTING", "jobs": {"planned": 0}}, seconds=3) == (
        "reading the dataset, planning the jobs · 3 s"
    )


def test_each_model_has_a_bar_of_its_own() -> None:
    assert generator_lines(view()) == [
        "  lite         [##########----------] 1/2 jobs  1 running",
        "  a-long-name  [##########----------] 1/2 jobs  1 failed",
    ]


class Api:
    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.stopped: list[str] = []

    def evaluation(self, evaluation: str) -> dict[str, Any]:
        answer = self.answers.pop(0)
        if answer == "^C":
            raise KeyboardInterrupt
        return view(status=answer)

    def stop(self, evaluation: str) -> dict[str, Any]:
        self.stopped.append(evaluation)
        return {}


def interrupted(monkeypatch: pytest.MonkeyPatch, api: Api, *choices: str) -> dict[str, Any]:
    left = list(choices)
    monkeypatch.setattr(follow, "_asked", lambda _: left.pop(0))
    return follow_or_ask(api, "mine-0123456789abcdef")  # type: ignore[arg-type]


def test_whoever_interrupts_may_go_on_watching_or_stop_the_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api("^C", "^C", "STOPPED")

    assert interrupted(monkeypatch, api, "c", "s")["status"] == "STOPPED"
    assert api.stopped == ["mine-0123456789abcdef"]


def test_whoever_leaves_it_running_is_told_how_to_come_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    api = Api("^C")

    with pytest.raises(SystemExit) as ended:
        interrupted(monkeypatch, api, "l")

    assert ended.value.code == Exit.INTERRUPTED
    assert api.stopped == []
    assert "gavel watch mine-0123456789abcdef" in capsys.readouterr().err


def test_without_a_terminal_nobody_is_asked_and_nothing_is_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    api = Api("^C")

    with pytest.raises(SystemExit):
        follow_or_ask(api, "mine-0123456789abcdef")  # type: ignore[arg-type]

    assert api.stopped == []
