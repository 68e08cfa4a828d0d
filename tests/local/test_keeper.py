"""A keeper writes the state of a server that was killed, as it was when it was last kept, and of no other."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.keeper import read_image, settled, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]

# Keeps whatever line it reads, says so, and knows one order: "end" is an orderly end.
SERVER = """
import sys
from pathlib import Path
from local.keeper import Keeper

state = []
keeper = Keeper(Path(sys.argv[1]), lambda: list(state))
for line in sys.stdin:
    if line == "end\\n":
        keeper.end()
        break
    state.append(line.strip())
    if not line.startswith("unkept"):
        keeper.keep()
    print("kept", flush=True)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a server that was told some lines."""
    running: list[subprocess.Popen[str]] = []

    def start(*lines: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(tmp_path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        assert process.stdin is not None
        assert process.stdout is not None
        for line in lines:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            if line != "end":
                assert process.stdout.readline() == "kept\n"
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_a_killed_server_leaves_what_was_last_kept(
    server: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = server("one", "two", "unkept three")

    process.send_signal(signal.SIGKILL)

    image = settled(tmp_path)
    assert image is not None
    assert read_image(image) == ["one", "two"]
    assert written(tmp_path) == [image]


def test_a_server_that_ends_in_an_orderly_way_leaves_nothing(
    server: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    assert server("one", "end").wait() == 0

    assert settled(tmp_path) is None


def test_the_next_server_s_first_keeper_takes_the_place_of_the_image(
    server: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    server("one").kill()
    assert settled(tmp_path) is not None

    following = server("two")
    assert written(tmp_path) == []
    following.kill()

    image = settled(tmp_path)
    assert image is not None
    assert read_image(image) == ["two"]


def test_a_folder_that_is_not_there_holds_no_image(tmp_path: Path) -> None:
    assert settled(tmp_path / "nowhere") is None
