"""How long an evaluation's jobs are expected to run, from the time that a job takes and the jobs that run at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gavel.pricing.tokens import Range

if TYPE_CHECKING:
    from collections.abc import Iterable

# Public reports of 30 to 50 records on ten metrics lie between 5 and 15 minutes, where `planning.pacing` expects 11;
# of large jobs they say "hours".
_LOW: Final = 0.5
_HIGH: Final = 3.0


@dataclass(frozen=True)
class Load:
    """One job: the models that judge in it, and the seconds that it is expected to take."""

    judges: frozenset[str]
    seconds: float


def expected_duration(rounds: Iterable[Iterable[Load]], *, slots: int, slots_per_judge: int) -> Range:
    """Seconds from the first job's start to the last one's end; a round starts when the one before has ended.

    In a round as many jobs run at once as there are slots, and on one judge as many as that allows; no round is
    shorter than its longest job.
    """
    seconds = 0.0
    for loads in rounds:
        longest = work = 0.0
        busy: dict[str, float] = {}
        for load in loads:
            longest = max(longest, load.seconds)
            work += load.seconds
            for judge in load.judges:
                busy[judge] = busy.get(judge, 0.0) + load.seconds
        per_judge = max((time / min(slots_per_judge, slots) for time in busy.values()), default=0.0)
        seconds += max(longest, work / slots, per_judge)
    return Range(seconds * _LOW, seconds, seconds * _HIGH)
