"""One contender in a process of its own, on one core.

    python -m benchmarks.table.fresh_process CALL FOLDER SIZE [SEED]

It prints one JSON object. With a seed the call is one that prepares data, else a contender.

Byte code is kept beside the data: after a first run, which `warm_up` is for, modules are loaded as installed programs
and Lambdas' bundles load theirs, whatever the environment says of writing byte code.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.table.row import Run

if TYPE_CHECKING:
    from collections.abc import Callable

_STATUS = Path("/proc/self/status")


def prepared(call: str, folder: Path, size: int, seed: int) -> int:
    """Write a row's data; its size in bytes."""
    answer = _child(folder, call, str(folder), str(size), str(seed))
    return int(answer["bytes"])


def warm_up(call: str, folder: Path, size: int) -> None:
    """Run a contender for the byte code of what it imports."""
    measured(call, folder, size)


def measured(call: str, folder: Path, size: int) -> Run:
    """Run a contender."""
    return Run(**_child(folder, call, str(folder), str(size)))


def _child(folder: Path, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", __name__, *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    beside = folder.resolve().parent
    environment["PYTHONPYCACHEPREFIX"] = str(beside / "bytecode")
    # What a child that is ended leaves goes with the data.
    temporary = beside / "temporary"
    temporary.mkdir(exist_ok=True)
    environment["TMPDIR"] = str(temporary)
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _pin() -> None:
    """Stay on one core, the last one allowed, so that no contender gains by threads or loses by moving."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _memory() -> tuple[int, int]:
    """Bytes resident now, and at most so far.

    Linux counts `ru_maxrss` on from the process that this one was forked from, so the kernel's own mark of this
    process's memory is read where there is one.
    """
    if _STATUS.exists():
        status = _STATUS.read_text(encoding="ascii")
        now, most = (int(re.search(rf"^{name}:\s*(\d+) kB$", status, re.M)[1]) for name in ("VmRSS", "VmHWM"))  # type: ignore[index] # on Linux
        return now * 1024, most * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return most, most


def _run(work: Callable[[Path, int], dict[str, Any]], folder: Path, size: int) -> dict[str, Any]:
    before, _ = _memory()
    start_cpu, begin = time.process_time(), time.perf_counter()
    facts = work(folder, size)
    clock, cpu = time.perf_counter() - begin, time.process_time() - start_cpu
    _, peak = _memory()
    return {
        "cpu": cpu,
        "clock": clock,
        "start_cpu": start_cpu,
        "peak": peak,
        "growth": max(0, peak - before),
        "facts": facts,
    }


def main() -> None:
    """Do what the arguments say."""
    call, folder, size, *seed = sys.argv[1:]
    module, _, function = call.partition(":")
    work = getattr(importlib.import_module(module), function)
    _pin()
    answer = {"bytes": work(Path(folder), int(size), int(seed[0]))} if seed else _run(work, Path(folder), int(size))
    print(json.dumps(answer))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:  # whoever started it is interrupted too, and says so
        sys.exit(1)
