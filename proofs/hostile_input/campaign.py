"""Fuzzes one reader in several processes, counts their executions and gathers the inputs on which they failed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from proofs.hostile_input import readers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ROOT: Final = Path(__file__).parents[2]
_DONE: Final = re.compile(r"stat::number_of_executed_units: (\d+)")
_PROGRESS_SECONDS: Final = 10
_LAST_LINES: Final = 25


@dataclass(frozen=True)
class Campaign:
    """What came of it.

    Executions, those of them guided by coverage, the inputs that failed, the last words of processes that broke off.
    """

    reader: str
    executions: int
    guided: int
    findings: tuple[Path, ...]
    broken: tuple[str, ...]


@dataclass(frozen=True)
class _Share:
    """What one process does."""

    count: int
    seed: int
    guided: bool


class _Process:
    """One engine: its executions so far are read from its output by a thread."""

    def __init__(self, reader: str, share: _Share, *, findings: Path, log: Path) -> None:
        self.count = share.count
        self.done = 0
        self._log = log
        self._file = log.open("wb")
        command = [sys.executable, "-m", "proofs.hostile_input.engine", "--reader", reader]
        command += ["--count", str(share.count), "--seed", str(share.seed), "--findings", str(findings)]
        command += ["--guided"] if share.guided else []
        paths = os.pathsep.join(str(_ROOT / name) for name in ("", "lambdas", "cli"))
        # Half of the machine's hash seeds would find what the other half does not, and nobody could replay it.
        environment = {**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": "0"}
        self._process = subprocess.Popen(
            command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, stderr=self._file, stdin=subprocess.DEVNULL
        )
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        if self._process.stdout is None:
            return
        with self._process.stdout as lines:
            for line in lines:
                if line.strip().isdigit():
                    self.done = int(line)

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def end(self) -> str | None:
        """Wait for its end; what it said last where it did not end well."""
        code = self._process.wait()
        self._thread.join()
        self._file.close()
        text = self._log.read_text(encoding="utf-8", errors="replace")
        if found := _DONE.search(text):
            self.done = int(found.group(1))
        if code == 0 and self.done >= self.count:
            return None
        last = "\n".join(text.splitlines()[-_LAST_LINES:])
        return f"a process ended with {code} after {self.done:,} of {self.count:,} executions:\n{last}"

    def stop(self) -> None:
        """End it, whatever it does."""
        if self.running:
            self._process.kill()
        self._process.wait()


def run(
    reader: str, *, count: int, findings: Path, seed: int = 0, processes: int | None = None, say: Callable[[str], None]
) -> Campaign:
    """Read `count` inputs with that reader, some of them guided by coverage; what failed lies in `findings` then."""
    findings.mkdir(parents=True, exist_ok=True)
    before = set(findings.iterdir())
    guided = count // readers.reader(reader).guided_share
    said: list[str] = []
    done = {}
    for by_coverage, total in ((True, guided), (False, count - guided)):
        number = max(1, min(processes or os.cpu_count() or 1, total))
        shares = [
            _Share(total // number + (place < total % number), seed * number + place, by_coverage)
            for place in range(number)
        ]
        done[by_coverage], broken = _together(reader, shares, findings=findings.resolve(), say=say)
        said += broken
    found = tuple(sorted(path for path in set(findings.iterdir()) - before if path.is_file()))
    return Campaign(reader, sum(done.values()), done[True], found, tuple(said))


def _together(
    reader: str, shares: Sequence[_Share], *, findings: Path, say: Callable[[str], None]
) -> tuple[int, list[str]]:
    """Run those shares at the same time: executions, and what broke off."""
    count = sum(share.count for share in shares)
    began = told = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gavel-logs-") as folder:
        running = [
            _Process(reader, share, findings=findings, log=Path(folder) / str(place))
            for place, share in enumerate(shares)
            if share.count
        ]
        try:
            while any(one.running for one in running):
                time.sleep(0.1)
                if time.monotonic() - told > _PROGRESS_SECONDS:
                    told = time.monotonic()
                    done = sum(one.done for one in running)
                    way = "by coverage" if shares[0].guided else "by outcome"
                    say(f"{reader} {way}: {done:,} of {count:,}, {done / (told - began):,.0f}/s")
            broken = [said for one in running if (said := one.end()) is not None]
        finally:
            for one in running:
                one.stop()
    return sum(one.done for one in running), broken
