"""A schedule by its number: the world that the seed makes, and the promises that it breaks."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.schedules.promises import Promises
from tests.schedules.world import World


@dataclass(frozen=True)
class Outcome:
    """What became of one schedule; `counts` say how much happened in it."""

    seed: int
    broken: tuple[str, ...]
    counts: dict[str, int] = field(default_factory=dict)


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
    return Outcome(seed, tuple(promises.judge()), counts)
