"""Kills a deployed twin at random moments, and looks at what one run of the reconciler leaves.

    python -m tests.twin.kills --count 30 --seed 1                  processes of Lambdas
    python -m tests.twin.kills --count 10 --seed 1 --kind twin      the whole twin

Prints a line for each kill and a closing one; exit code 1 when a promise is broken.
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
from tests.twin.kills import kill
from tests.twin.kills.place import Place
from tests.twin.kills.plan import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.twin.kills.kill import Outcome

# A job takes 2 s: long enough to be met by a kill, and by the reconciler after it.
TIME_SCALE: Final = 0.005


def main(arguments: Sequence[str] | None = None, out: TextIO = sys.stdout) -> int:
    """Kill as the arguments say; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.twin.kills", description=__doc__)
    parser.add_argument("--count", type=int, default=30, help="how many kills (default 30)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first one (default 1)")
    parser.add_argument("--kind", type=Kind, choices=list(Kind), default=Kind.WORKERS, help="whom to kill")
    parser.add_argument("--keep", action="store_true", help="leave the twin and its state behind")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="gavel-kills-"))
    settings = Settings(state_dir=folder, time_scale=TIME_SCALE, durable=True)
    try:
        place = Place.deployed(settings, deployment.progress)
        return kills(place, range(options.seed, options.seed + options.count), options.kind, out)
    finally:
        if not options.keep:
            twin.down(settings)
            shutil.rmtree(folder, ignore_errors=True)


def kills(place: Place, seeds: Sequence[int], kind: Kind, out: TextIO) -> int:
    """Kill once for each seed; 1 when a promise was broken."""
    begun = time.monotonic()
    outcomes = []
    for seed in seeds:
        outcome = kill.run(place, seed, kind)
        outcomes.append(outcome)
        print(outcome.line, file=out, flush=True)
        for sentence in outcome.broken:
            print(f"          {sentence}", file=out, flush=True)
    left = kill.closing(place)
    for sentence in left:
        print(sentence, file=out)
    print(_closing_line(outcomes, left, kind, time.monotonic() - begun), file=out, flush=True)
    return 1 if left or any(outcome.broken for outcome in outcomes) else 0


def _closing_line(outcomes: Sequence[Outcome], left: Sequence[str], kind: Kind, seconds: float) -> str:
    ends = Counter(end for outcome in outcomes for end in outcome.ends)
    broken = sum(len(outcome.broken) for outcome in outcomes) + len(left)
    return (
        f"{len(outcomes)} kills ({kind}) in {seconds:.0f} s, {sum(outcome.hit for outcome in outcomes)} of them at "
        f"work; evaluations ended {', '.join(f'{count} {end}' for end, count in sorted(ends.items()))}; "
        f"{sum(outcome.repeated_events for outcome in outcomes)} repeated event(s); {broken} broken promise(s)"
    )


if __name__ == "__main__":
    raise SystemExit(main())
