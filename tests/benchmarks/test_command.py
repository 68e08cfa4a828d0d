"""The commands of the benchmarks tell wrong arguments at once, and end quietly when they are ended."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import textwrap
from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from benchmarks import command
from benchmarks.__main__ import main as table

ROOT = Path(__file__).resolve().parent.parent.parent


def refused(module: str, *arguments: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What a command says of its arguments; the test fails when it takes them."""
    monkeypatch.setattr(sys, "argv", [module, *arguments])
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(module).main()
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("module", "arguments", "reason"),
    [
        ("benchmarks.__main__", ["--only", "nosuch"], "invalid choice: 'nosuch' (choose from"),
        ("benchmarks.__main__", ["--sizes", "1"], "argument --sizes: 1 is too small; the least is 100"),
        ("benchmarks.__main__", ["--sizes", "1000,many"], "argument --sizes: 'many' is no whole number"),
        ("benchmarks.__main__", ["--rounds", "0"], "argument --rounds: 0 is too small"),
        ("benchmarks.__main__", ["--folder", "/no/such"], "argument --folder: /no/such is no folder"),
        ("benchmarks.__main__", ["growth", "--sizes", "1000"], "1000 is not enough: 2 different sizes are needed"),
        ("benchmarks.__main__", ["growth", "--sizes", "10,1000"], "10 is too small; the least is 1,000"),
        ("benchmarks.__main__", ["growth", "--rounds", "2"], "unrecognized arguments: --rounds 2"),
        ("benchmarks.command_start", ["--round", "x"], "'x' is no whole number"),
        ("benchmarks.coverage_of_intervals", ["--gates", "0"], "0 is too small"),
        ("benchmarks.import_budgets", ["--json"], "unrecognized arguments: --json"),
        ("benchmarks.large_evaluation", ["--time-scale", "-1"], "-1 is not above 0"),
        ("benchmarks.large_evaluation", ["--records", "0"], "0 is too small"),
        ("benchmarks.plan_million", ["--records", "0"], "0 is too small; the least is 10,000"),
        ("benchmarks.statistics_speed", ["--models", "1"], "1 is too small; the least is 2"),
        ("benchmarks.summarize_million", ["--generators", "0"], "0 is too small"),
    ],
)
def test_wrong_arguments_are_told_before_anything_is_measured(
    module: str,
    arguments: list[str],
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert reason in refused(module, *arguments, monkeypatch=monkeypatch, capsys=capsys)


@pytest.mark.parametrize(
    ("text", "reason"), [("7", "no multiple of 5"), ("4", "too small"), ("55", "too large"), ("5.0", "no whole number")]
)
def test_a_whole_number_is_within_its_bounds(text: str, reason: str) -> None:
    read = command.whole(5, 50, of=5)

    assert [read("5"), read("50")] == [5, 50]
    with pytest.raises(ArgumentTypeError, match=reason):
        read(text)


def test_sizes_are_measured_once_each_and_ascend() -> None:
    assert command.sizes(10)("30,10,30") == (10, 30)


def test_a_folder_that_may_not_be_written_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "access", lambda *_of: False)

    with pytest.raises(SystemExit):
        table(["--folder", str(tmp_path)], [])
    assert "may not be written to" in capsys.readouterr().err


def started(folder: Path, work: str) -> subprocess.Popen[str]:
    """A command that has begun to work in a temporary folder below that one."""
    program = textwrap.dedent("""
        import tempfile, time
        from benchmarks import command

        def main():
            with tempfile.TemporaryDirectory(dir={folder!r}):
                {work}
            return 0

        command.run(main)
    """).format(folder=str(folder), work=work)
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("number", "code", "said"), [(signal.SIGINT, 130, "interrupted\n"), (signal.SIGTERM, 143, "")])
def test_a_command_that_is_ended_leaves_nothing_and_no_traceback(
    tmp_path: Path, number: signal.Signals, code: int, said: str
) -> None:
    with started(tmp_path, "print('begun', flush=True); time.sleep(60)") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        assert list(tmp_path.iterdir())

        process.send_signal(number)

        assert process.wait(20) == code
        assert process.stderr.read() == said
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_ends_the_command_without_a_traceback(tmp_path: Path) -> None:
    with started(tmp_path, "[print(number, flush=True) for number in range(1_000_000)]") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()

        assert process.wait(20) == 141
        assert process.stderr.read() == ""
