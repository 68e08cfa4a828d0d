"""Runs fault schedules on a deployed twin, many at the same time, and looks at what each leaves.

    python -m tests.twin.faults --count 200 --seed 1

Prints a line for each schedule and a closing one; exit code 1 when a promise is broken.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from local import deployment, twin
from local.settings import Settings
from tests.twin.faults.campaign import Campaign
from tests.twin.faults.stage import Stage
from tests.twin.kills.place import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.twin.faults.schedule import Outcome

TIME_SCALE: Final = 0.002


def main(arguments: Sequence[str] | None = None, out: TextIO = sys.stdout) -> int:
    """Run what the arguments say; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.twin.faults", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="how many schedules (default 200)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first one (default 1)")
    parser.add_argument("--at-once", type=int, default=8, help="how many at the same time (default 8)")
    parser.add_argument("--keep", action="store_true", help="leave the twin and its state behind")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="gavel-faults-"))
    settings = Settings(state_dir=folder, time_scale=TIME_SCALE)
    try:
        place = Place.deployed(settings, deployment.progress)
        stage = Stage.on(settings, place.state, place.outputs)
        seeds = range(options.seed, options.seed + options.count)
        return report(Campaign(stage, "faults", at_once=options.at_once), seeds, out)
    finally:
        if not options.keep:
            twin.down(settings)
            shutil.rmtree(folder, ignore_errors=True)


def report(campaign: Campaign, seeds: Sequence[int], out: TextIO) -> int:
    """Run the schedules and tell of them; 1 when a promise was broken."""
    begun = time.monotonic()
    outcomes = []
    for outcome in campaign.outcomes(seeds):
        outcomes.append(outcome)
        print(outcome.line, file=out, flush=True)
        for sentence in outcome.broken:
            print(f"          {sentence}", file=out, flush=True)
    left = campaign.closing()
    for sentence in left:
        print(sentence, file=out)
    for line in _closing_lines(outcomes, left, time.monotonic() - begun):
        print(line, file=out, flush=True)
    return 1 if left or any(outcome.broken for outcome in outcomes) else 0


def _closing_lines(outcomes: Sequence[Outcome], left: Sequence[str], seconds: float) -> list[str]:
    met: Counter[str] = Counter()
    acts: Counter[str] = Counter()
    for outcome in outcomes:
        met.update(outcome.met)
        acts.update(outcome.acts)
    ends = Counter(end for outcome in outcomes for end in outcome.ends)
    broken = sum(len(outcome.broken) for outcome in outcomes) + len(left)
    closing = (
        f"{len(outcomes)} schedules in {seconds:.0f} s; evaluations ended "
        f"{', '.join(f'{count} {end}' for end, count in sorted(ends.items()))}; "
        f"{sum(outcome.letters for outcome in outcomes)} dead letter(s) delivered again; {broken} broken promise(s)"
    )
    return [
        "calls disturbed: " + ", ".join(f"{count} {kind}" for kind, count in met.most_common()),
        "besides: " + "; ".join(f"{count} × {kind}" for kind, count in acts.most_common()),
        closing,
    ]


if __name__ == "__main__":
    raise SystemExit(main())
