"""Learns from the tests on the twin what every role does: `python -m proofs.permissions.record` writes `recorded.json`.

`--decisions FOLDER` takes what twins wrote there in place of running the tests; several folders are taken together.
Paths of tests run those alone and add what they show: `… record --add tests/twin/test_ending.py`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from local.settings import DECISIONS_DIR
from proofs.permissions.calls import RECORDED, Recorded, read_decisions
from proofs.permissions.synthesis import environments

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from proofs.permissions.account import Account

STACK: Final = "gavel-twin"
TESTS: Final = ("tests/twin",)


def main(arguments: Sequence[str] | None = None) -> int:
    """Record, and answer the exit code: 1 when a test fails, for then a role may have done less than it does."""
    parser = argparse.ArgumentParser(prog="python -m proofs.permissions.record", description=__doc__)
    parser.add_argument("tests", nargs="*", default=TESTS, help="what to run on the twin (default: tests/twin)")
    parser.add_argument("--add", action="store_true", help="keep what is recorded, and add to it")
    parser.add_argument("--decisions", type=Path, action="append", help="a folder that twins wrote into; runs no test")
    options = parser.parse_args(arguments)
    account = environments()[0].account
    before = Recorded.read() if options.add else Recorded()
    if options.decisions:
        found = gather(options.decisions, account)
    else:
        with tempfile.TemporaryDirectory() as folder:
            if code := _run(options.tests, folder):
                return code
            found = gather([Path(folder)], account)
    recorded = before.and_also(found)
    recorded.write()
    sys.stdout.write(f"{len(recorded.allowed)} calls of {len(account.roles)} roles in {RECORDED}\n")
    return 0


def gather(folders: Iterable[Path], account: Account) -> Recorded:
    """Everything that twins wrote into the folders. Raises ValueError when they wrote nothing about Gavel's roles."""
    found = Recorded()
    for file in sorted(file for folder in folders for file in folder.glob("*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            found = found.and_also(read_decisions(lines, account, stack=STACK))
    if not found.allowed:
        raise ValueError("no twin wrote what it decided about a role of Gavel's stack")
    return found


def _run(tests: Sequence[str], folder: str) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-m", "slow or twin", *tests]
    return subprocess.run(command, env={**os.environ, DECISIONS_DIR: folder}, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
