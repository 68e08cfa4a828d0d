"""Reads one of the worst inputs in a process whose memory is limited: `python -m proofs.hostile_input.measure NUMBER`.

Prints as JSON by how many MB the process grew at most, how long it took and what came out. More memory than the case
states ends in a MemoryError, which is a foreign exception.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from proofs.hostile_input.worst import Case

SECONDS: Final = 60  # of a processor, for one input
_PATIENCE: Final = 20 * SECONDS  # by the clock, on a machine with other work
_ROOT: Final = Path(__file__).parents[2]
_UNIT: Final = 1 if sys.platform == "darwin" else 1024  # bytes of ru_maxrss
MEGABYTE: Final = 1 << 20
_STATUS: Final = Path("/proc/self/status")


def grown(number: int) -> dict[str, Any]:
    """What the case of that number came to: `megabytes`, `seconds`, `answers`, `problems`, or what went `wrong`."""
    paths = os.pathsep.join(str(_ROOT / name) for name in ("", "lambdas", "cli"))
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "proofs.hostile_input.measure", str(number)],
            cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"wrong": f"it takes more than {_PATIENCE} s"}
    if ended.returncode:
        return {"wrong": (ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"])[-1]}
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def measure(case: Case) -> dict[str, Any]:
    """Read it here."""
    prepared = case.prepare()
    before = _peak()
    _limit(case.megabytes)
    began = time.process_time()
    outcome = case.read(prepared)
    return {
        "seconds": time.process_time() - began,
        "megabytes": max(0, _peak() - before),
        "answers": outcome.answers,
        "problems": len(outcome.problems),
    }


def _peak() -> int:
    """The most memory that this process has had, in MB."""
    status = _status()
    if "VmHWM" in status:
        return status["VmHWM"] // 1024
    # Where a process is started by one that is larger, this begins with that one's.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT // MEGABYTE


def _limit(megabytes: int) -> None:
    """Let this process have so much more data than it has; Linux alone counts what RLIMIT_DATA limits."""
    status = _status()
    if "VmData" in status:
        limit = status["VmData"] * 1024 + megabytes * MEGABYTE
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _status() -> dict[str, int]:
    """The sizes that Linux tells of this process, in KB; empty elsewhere."""
    if not _STATUS.is_file():
        return {}
    lines = (line.split() for line in _STATUS.read_text(encoding="utf-8").splitlines())
    return {words[0].removesuffix(":"): int(words[1]) for words in lines if words[-1] == "kB"}


def main() -> None:
    """Measure the case whose number is the argument."""
    from proofs.hostile_input.worst import CASES  # noqa: PLC0415 - the parent does not need them

    print(json.dumps(measure(CASES[int(sys.argv[1])])))


if __name__ == "__main__":
    main()
