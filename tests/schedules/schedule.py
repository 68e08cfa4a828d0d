"""A schedule by its number: the world that the seed makes, and the promises that it breaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tests.schedules.adversary import Fate
from tests.schedules.promises import Promises
from tests.schedules.world import World

_TROUBLE: Final = {
    Fate.SLOW: "calls up to 40 s late",
    Fate.THROTTLED: "throttled calls",
    Fate.LOST_REQUEST: "lost calls",
    Fate.LOST_ANSWER: "lost answers",
    Fate.REPEATED: "calls that had their effect twice",
    Fate.CRASH_BEFORE: "Lambdas that died before a call",
    Fate.CRASH_AFTER: "Lambdas that died after a call",
}


@dataclass(frozen=True)
class Outcome:
    """What became of one schedule; `counts` say how much happened in it, `trouble` what went wrong by its kind."""

    seed: int
    broken: tuple[str, ...]
    counts: dict[str, int] = field(default_factory=dict)
    trouble: dict[str, int] = field(default_factory=dict)


def run(seed: int, *, trace: list[str] | None = None) -> Outcome:
    """Run the schedule of a seed; `trace` takes a line for everything that happens in it."""
    world = World(seed)
    world.line.trace = trace
    promises = Promises(world)
    promises.watch()
    world.run()
    counts = {
        "evaluations": len(world.heads()),
        "jobs": len(world.bedrock.created),
        "calls": sum(world.line.calls.values()),
        "faults": world.line.faults,
    }
    for head in world.heads().values():
        counts[head["status"]] = counts.get(head["status"], 0) + 1
    fates = {_TROUBLE[fate]: count for fate, count in world.line.fates.items() if fate in _TROUBLE}
    return Outcome(seed, tuple(promises.judge()), counts, fates | dict(world.line.trouble))
