"""Thousands of executions of every reader, the same each time; one that fails is found, kept and replayed."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from gavel.problems import InvalidInputError, Problem, Problems
from proofs.hostile_input import __main__ as command
from proofs.hostile_input import campaign, engine, one_database, readers
from proofs.hostile_input.one_database import OneDatabase
from proofs.hostile_input.reader import BrokenPromiseError, Outcome, Reader, refused, told
from proofs.hostile_input.search import ForeignError, search

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
COUNTS = {"parquet": 1000, "score-tables": 1000, "api": 1000}
LIMIT = b"limit"


def fragile(data: bytes) -> Outcome:
    """Fails on what holds a word of the format twice."""
    if data.count(LIMIT) > 1:
        raise ZeroDivisionError
    return Outcome(1, [Problem("f", None, None, f"{len(data) % 7}", "-")])


FRAGILE = Reader(name="jsonl", about="fragile", read=fragile, seeds=lambda: [b"a limit"], words=(LIMIT,))


@pytest.mark.parametrize("name", [name for name in readers.NAMES if name != "api"])
def test_thousands_of_broken_inputs_end_in_answers_or_problems(name: str) -> None:
    count = COUNTS.get(name, 3000)

    assert max(search(readers.reader(name), count=count, seed=len(name))) == count


def test_a_thousand_broken_requests_end_in_answers_of_the_api(tmp_path: Path) -> None:
    # In a process of its own, which it takes over: every call of AWS is answered there.
    assert campaign.run("api", count=COUNTS["api"], findings=tmp_path, processes=1, say=print).broken == ()


@pytest.mark.parametrize("name", [name for name in readers.NAMES if name != "api"])
def test_the_inputs_to_begin_with_are_valid(name: str) -> None:
    reader = readers.reader(name)
    kinds = [reader.read(seed) for seed in reader.seeds()]

    assert kinds
    assert any(outcome.answers and not outcome.problems for outcome in kinds)
    assert all(len(seed) <= reader.longest for seed in reader.seeds()) or name == "parquet"


def test_a_search_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    seen: list[list[bytes]] = []

    def watched(data: bytes) -> Outcome:
        seen[-1].append(data)
        return Outcome(len(data))

    reader = Reader(name="x", about="x", read=watched, seeds=lambda: [b"seed"], words=(b"word",))
    for seed in (1, 1, 2):
        seen.append([])
        list(search(reader, count=200, seed=seed))

    assert seen[0] == seen[1] != seen[2]


def test_readings_share_a_database_until_it_is_old_or_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[duckdb.DuckDBPyConnection] = []

    def opening(**settings: Any) -> duckdb.DuckDBPyConnection:
        opened.append(connect(**settings))
        return opened[-1]

    def reading(data: bytes) -> Outcome:
        with duckdb.connect(config={"threads": 1, "temp_directory": data.decode()}) as connection:
            row = connection.execute("SELECT current_setting('threads')").fetchone()
        if data == b"broken":
            opened[-1].close()
        return Outcome(int(row == (1,)))

    connect = duckdb.connect
    monkeypatch.setattr(one_database, "_connect", opening)
    monkeypatch.setattr(one_database, "READINGS", 4)
    read = OneDatabase(reading)

    assert [(read(data).answers, len(opened)) for data in (b"a", b"broken", b"b", b"c", b"d")] == [
        (1, 1),
        (1, 1),
        (1, 2),
        (1, 2),
        (1, 3),
    ]
    assert duckdb.connect is connect


def test_a_reader_that_fails_is_found_with_its_input() -> None:
    with pytest.raises(ForeignError) as found:
        list(search(FRAGILE, count=20_000, seed=0))

    assert isinstance(found.value.__cause__, ZeroDivisionError)
    assert found.value.data.count(LIMIT) > 1


@pytest.mark.parametrize(
    "problems",
    [
        [],
        [Problem("f", None, None, "", "remedy")],
        [Problem("f", None, None, "reason", " ")],
        [Problem("", None, None, "reason", "remedy")],
        [Problem("f", 0, None, "reason", "remedy")],
        [Problem("f", None, "\ud800", "reason", "remedy")],
        [Problem("f", None, "x" * 5000, "reason", "remedy")],
    ],
)
def test_a_problem_that_nobody_could_act_on_is_found(problems: list[Problem]) -> None:
    listed = Problems()
    for one in problems:
        listed.add(one)

    with pytest.raises(BrokenPromiseError):
        told(listed, answers=0)
    with pytest.raises(BrokenPromiseError):
        refused(InvalidInputError(listed))


def test_the_engine_keeps_the_input_that_failed_and_it_can_be_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "reader", lambda _: FRAGILE)

    with pytest.raises(ForeignError):
        engine.main(["--reader", "jsonl", "--count", "20000", "--seed", "0", "--findings", str(tmp_path)])

    (kept,) = tmp_path.iterdir()
    assert kept.name.startswith(engine.CRASH)
    out = io.StringIO()
    assert command.main(["--reader", "jsonl", "--replay", str(kept)], out) == 1
    assert "ZeroDivisionError" in out.getvalue()
    kept.write_bytes(b"nothing")
    assert command.main(["--reader", "jsonl", "--replay", str(kept)], out) == 0


def test_an_input_that_takes_too_long_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(data: bytes) -> Outcome:
        while LIMIT in data:
            pass
        return Outcome(len(data))

    reader = Reader(name="x", about="x", read=endless, seeds=lambda: [b"seed"], words=(LIMIT,))
    monkeypatch.setattr(readers, "reader", lambda _: reader)
    monkeypatch.setattr(engine, "SECONDS", 1)

    with pytest.raises(ForeignError):
        engine.main(["--reader", "jsonl", "--count", "20000", "--seed", "0", "--findings", str(tmp_path)])

    (kept,) = tmp_path.iterdir()
    assert kept.name.startswith(engine.HANG)


def test_the_search_by_coverage_finds_what_only_coverage_leads_to(tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    program = textwrap.dedent(
        """
        import sys
        from proofs.hostile_input import engine, readers
        from proofs.hostile_input.reader import Outcome, Reader
        import atheris

        @atheris.instrument_func
        def fragile(data):
            if data[:1] == b"q" and data[1:2] == b"7" and data[2:3] == b"!":
                raise ZeroDivisionError
            return Outcome(1)

        readers.reader = lambda name: Reader(
            name=name, about="x", read=fragile, seeds=lambda: [b"seed"], words=(b"word",)
        )
        engine.main(sys.argv[1:])
        """
    )
    arguments = ["--reader", "jsonl", "--count", "2000000", "--seed", "1", "--findings", str(tmp_path), "--guided"]
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'lambdas'}:{ROOT / 'cli'}", "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=tmp_path, env=environment, capture_output=True, check=False
    )

    assert ended.returncode != 0
    (kept,) = tmp_path.glob("crash-*")
    assert kept.read_bytes().startswith(b"q7!")


def _python(program: str) -> Callable[..., Any]:
    """Have the campaign start that program as its engine."""

    class Started(subprocess.Popen[bytes]):
        def __init__(self, command: list[str], **options: Any) -> None:
            findings = command[command.index("--findings") + 1]
            super().__init__([sys.executable, "-c", program, findings], **options)

    return Started


@pytest.mark.parametrize(
    ("program", "failed", "said"),
    [
        (
            "import sys, pathlib; pathlib.Path(sys.argv[1], 'crash-1').write_bytes(b'x'); print(7); sys.exit(77)",
            1,
            "77",
        ),
        ("print(3)", 0, "after 3 of"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", 0, "ended with -11"),
    ],
)
def test_a_process_that_finds_something_stops_early_or_dies_breaks_the_promise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, failed: int, said: str
) -> None:
    monkeypatch.setattr("proofs.hostile_input.campaign.subprocess.Popen", _python(program))
    out = io.StringIO()
    arguments = ["--reader", "jsonl", "--count", "100", "--processes", "1", "--findings", str(tmp_path)]

    assert command.main(arguments, out) == 1
    assert said in out.getvalue()
    assert out.getvalue().count("replay: python -m proofs.hostile_input --reader jsonl --replay") == failed


def test_a_reading_that_takes_more_memory_than_it_states_is_found(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import json, sys
        from proofs.hostile_input.measure import measure
        from proofs.hostile_input.reader import Outcome
        from proofs.hostile_input.worst import Case

        def read(size):
            return Outcome(len(b"x" * size))

        for size in (1, 300):
            case = Case(reader="x", about="x", megabytes=64, read=read, prepare=lambda: size << 20)
            print(json.dumps(measure(case)), flush=True)
        """
    )
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'lambdas'}:{ROOT / 'cli'}", "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, check=False
    )

    lines = ended.stdout.splitlines()
    assert json.loads(lines[0])["megabytes"] <= 64
    # Linux ends it; elsewhere the growth itself tells.
    assert b"MemoryError" in ended.stderr or json.loads(lines[1])["megabytes"] > 64
