"""Processor time of `gavel --help` and `gavel run --help` beside a bare interpreter and the AWS CLI.

    python -m benchmarks.command_start [--rounds 15]

The commands run in turn in fresh processes, so that what else the machine does meets all of them alike.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks import command

BIN = Path(sys.executable).parent


def cpu_seconds(arguments: list[str]) -> float:
    """User and system time of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Print medians and spread in milliseconds; the exit code."""
    parser = command.parser("benchmarks.command_start", __doc__)
    parser.add_argument("--rounds", type=command.whole(3), default=15, help="runs of each (default: %(default)s)")
    rounds = parser.parse_args().rounds
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "gavel --help": [str(BIN / "gavel"), "--help"],
        "gavel run --help": [str(BIN / "gavel"), "run", "--help"],
        "aws --version": [shutil.which("aws", path=f"{BIN}{os.pathsep}{os.environ['PATH']}") or "aws", "--version"],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, arguments in commands.items():
            taken[name].append(cpu_seconds(arguments) * 1000)
    for name, values in taken.items():
        values.sort()
        print(f"{name:<20} {statistics.median(values):6.0f} ms CPU   ({values[1]:.0f} to {values[-2]:.0f})")
    return 0


if __name__ == "__main__":
    command.run(main)
