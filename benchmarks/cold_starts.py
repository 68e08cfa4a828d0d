"""Cold starts: each Lambda's process until its first event, beside bare boto3 with the same clients.

    python -m benchmarks.cold_starts [--rounds N] [--only HANDLER] [--json]

Both run from the bundle, unpacked, with nothing else to import from: in turn, in fresh processes. Milliseconds are
processor time from the start of the interpreter on, and say nothing of Lambda's own clock; the ratio is what is
promised. Exit code 1 when a promise is broken: of time for the Lambdas that look after jobs, of imports for all.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import command
from benchmarks.import_budgets import BUDGETS, bare_boto3, broken, environment, loaded
from infra.bundle_target import BundleTarget
from infra.bundling import Bundler
from infra.config import Architecture
from infra.handler_table import HANDLERS, Bundle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.import_budgets import Budget

# Most processor time of the Lambdas that start jobs and look at them, in that of bare boto3 with the same clients.
PROMISED: Final = {"start_job": 1.2, "check_job": 1.2}
BUNDLE_OF: Final = {handler.name: handler.bundle for handler in HANDLERS}


@dataclass(frozen=True)
class Unpacked:
    """A bundle of this machine: its folder, and its bytes in the zip and out of it."""

    folder: Path
    zipped: int
    unzipped: int


@dataclass
class Starts:
    """Milliseconds of processor time that starts took, in the order in which they were measured."""

    bare: list[float] = field(default_factory=list)
    gavel: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Median of Gavel's over median of bare boto3's."""
        return statistics.median(self.gavel) / statistics.median(self.bare)


def unpack(bundle: Bundle, below: Path) -> Unpacked:
    """Build the bundle for this machine and unpack it, as Lambda does."""
    archive = Bundler(BundleTarget.of(Architecture.HOST)).build(bundle)
    folder = below / bundle.value
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
        unzipped = sum(entry.file_size for entry in packed.infolist())
    return Unpacked(folder, archive.stat().st_size, unzipped)


def start(folder: Path, code: str) -> float:
    """Milliseconds of processor time of a process that runs `code` over a bundle.

    It stops at once then: a Lambda's process waits for its first event there, and never tears itself down.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = f"import os, sys; sys.path.insert(0, {str(folder)!r}); {code}; os._exit(0)"
    # -I and -S: nothing of this environment. Ctrl-C is for this process alone, which ends the other one then.
    subprocess.run([sys.executable, "-I", "-S", "-c", program], env=environment(), check=True, process_group=0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def measure(budget: Budget, folder: Path, rounds: int) -> Starts:
    """Start both in turn; who begins changes from round to round."""
    starts = Starts()
    sides = [(starts.bare, bare_boto3(budget.clients)), (starts.gavel, f"import handlers.{budget.handler}")]
    for turn in range(rounds):
        for taken, code in sides if turn % 2 == 0 else reversed(sides):
            taken.append(start(folder, code))
    return starts


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; the exit code."""
    parser = command.parser("benchmarks.cold_starts", __doc__)
    handlers = [budget.handler for budget in BUDGETS]
    parser.add_argument("--rounds", type=command.whole(), default=9, help="starts of each (default: %(default)s)")
    parser.add_argument(
        "--only",
        action="append",
        choices=handlers,
        metavar="HANDLER",
        help=f"one of {', '.join(handlers)}; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    chosen = [budget for budget in BUDGETS if not options.only or budget.handler in options.only]
    sentences: list[str] = []
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="gavel-cold-starts-") as folder:
        wanted = {BUNDLE_OF[budget.handler] for budget in chosen}
        bundles = {bundle: unpack(bundle, Path(folder)) for bundle in Bundle if bundle in wanted}
        if not options.json:
            for name, one in bundles.items():
                print(f"bundle {name:5} {one.unzipped / 1e6:6.1f} MB unzipped, {one.zipped / 1e6:5.1f} MB zipped")
            print(f"CPU ms, medians of {options.rounds} (load {os.getloadavg()[0]:.1f})")
            print(f"{'':21} {'bundle':6} {'bare boto3':>16} {'Gavel':>16} {'ratio':>6} {'modules':>8}")
        for budget in chosen:
            command.tell(budget.handler)
            modules = loaded(budget)
            sentences += broken(budget, modules)
            starts = measure(budget, bundles[BUNDLE_OF[budget.handler]].folder, options.rounds)
            most = PROMISED.get(budget.handler)
            if most is not None and starts.ratio > most:
                sentences.append(
                    f"{budget.handler} takes {starts.ratio:.2f} times bare boto3; promised: {most:g} at most"
                )
            found.append(
                {"handler": budget.handler, **vars(starts), "ratio": starts.ratio, "modules_ratio": modules.ratio}
            )
            command.clear()
            if not options.json:
                print(
                    f"{budget.handler:21} {BUNDLE_OF[budget.handler]:6} {_shown(starts.bare)} {_shown(starts.gavel)} "
                    f"{starts.ratio:6.2f} {modules.bare + len(modules.more):4} ({modules.ratio:.2f})",
                    flush=True,
                )
    if options.json:
        sizes = {name: {"zipped": one.zipped, "unzipped": one.unzipped} for name, one in bundles.items()}
        print(json.dumps({"bundles": sizes, "starts": found, "broken": sentences}, indent=2))
    else:
        for sentence in sentences:
            print(f"BROKEN: {sentence}")
    return 1 if sentences else 0


def _shown(taken: Sequence[float]) -> str:
    return f"{statistics.median(taken):5.0f} ({min(taken):.0f}–{max(taken):.0f})".rjust(16)


if __name__ == "__main__":
    command.run(main)
