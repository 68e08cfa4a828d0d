"""Runs schedules: `python -m tests.schedules --count 10000`, and one of them with its trace: `--seed 4711`."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, TextIO

from tests.schedules import schedule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.schedules.schedule import Outcome

_LISTED = 20


def main(arguments: Sequence[str] | None = None, out: TextIO = sys.stdout) -> int:
    """Run what the arguments ask for; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.schedules", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="how many schedules (default 10000)")
    parser.add_argument("--first-seed", type=int, default=0, help="seed of the first one (default 0)")
    parser.add_argument("--seed", type=int, help="run this one alone and show everything that happens in it")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="how many at once (default: every core)")
    options = parser.parse_args(arguments)
    if options.seed is not None:
        return _show(options.seed, out)
    seeds = range(options.first_seed, options.first_seed + options.count)
    begun = time.monotonic()
    with multiprocessing.Pool(options.processes) as pool:
        counts, broken = _gather(pool.imap_unordered(schedule.run, seeds, chunksize=10), len(seeds), out)
    seconds = time.monotonic() - begun
    _report(counts, broken, out)
    print(f"{len(seeds):,} schedules in {seconds:.0f} s, {len(broken)} with a broken promise", file=out)
    return 1 if broken else 0


def _gather(outcomes: Iterable[Outcome], total: int, out: TextIO) -> tuple[Counter[str], list[Outcome]]:
    counts: Counter[str] = Counter()
    broken: list[Outcome] = []
    shown = time.monotonic()
    for done, outcome in enumerate(outcomes, start=1):
        counts.update(outcome.counts)
        if outcome.broken:
            broken.append(outcome)
        if time.monotonic() - shown > 1 or done == total:
            shown = time.monotonic()
            print(f"\r{done:,} of {total:,} schedules, {len(broken)} broken", end="", file=sys.stderr, flush=True)  # noqa: T201
    print(file=sys.stderr)  # noqa: T201
    return counts, broken


def _report(counts: Counter[str], broken: Sequence[Outcome], out: TextIO) -> None:
    print(", ".join(f"{count:,} {name}" for name, count in counts.most_common()), file=out)
    for outcome in sorted(broken, key=lambda one: one.seed)[:_LISTED]:
        for sentence in outcome.broken:
            print(f"seed {outcome.seed}: {sentence}", file=out)
        print(f"  again: python -m tests.schedules --seed {outcome.seed}", file=out)
    if len(broken) > _LISTED:
        print(f"and {len(broken) - _LISTED} more", file=out)


def _show(seed: int, out: TextIO) -> int:
    trace: list[str] = []
    outcome = schedule.run(seed, trace=trace)
    for line in (*trace, *(f"BROKEN: {sentence}" for sentence in outcome.broken)):
        print(line, file=out)
    print("every promise was kept" if not outcome.broken else f"{len(outcome.broken)} promise(s) broken", file=out)
    return 1 if outcome.broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
