"""Who decides, by a seed, what goes wrong: in calls to AWS, in deliveries, in Bedrock's jobs, and from outside."""

from __future__ import annotations

from enum import Enum, auto
from random import Random
from typing import Final


class Fate(Enum):
    """What becomes of one call to AWS."""

    WELL = auto()
    SLOW = auto()
    THROTTLED = auto()  # AWS says that it is busy; nothing happened
    LOST_REQUEST = auto()  # nothing happened, and nothing is heard
    LOST_ANSWER = auto()  # it happened, and nothing is heard
    REPEATED = auto()  # it happened, nothing was heard, the SDK asked again: it happens twice
    CRASH_BEFORE = auto()
    CRASH_AFTER = auto()


_FAULTS: Final = tuple(fate for fate in Fate if fate is not Fate.WELL)
_DOUBTS: Final = (Fate.LOST_ANSWER, Fate.CRASH_AFTER)


class Adversary:
    """The decisions of one schedule. Each is drawn in the order in which it is needed, which the seed decides too."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(seed)  # noqa: S311 - the seed has to give the same schedule again
        roll = self.random.choice
        # How bad this schedule is: most mix everything, some have one thing only, so that its effects are seen alone.
        self.fault_rate = roll((0.0, 0.01, 0.03, 0.06, 0.12))
        self.faults = _FAULTS if self.random.random() < 0.7 else (roll(_FAULTS),)
        self.crash_rate = roll((0.0, 0.0, 0.02, 0.1))
        self.repeat_rate = roll((0.0, 0.0, 0.1, 0.5))
        self.timeout_rate = roll((0.0, 0.0, 0.0, 0.03))
        self.latency = roll((0.01, 0.05, 1.0))
        self.lost_rate = roll((0.0, 0.0, 0.0, 0.1, 1.0))
        # In some schedules many jobs are created that nobody hears of, and just then somebody ends their evaluation.
        self.doubt = roll((0.0, 0.0, 0.0, 0.0, 0.5))
        self.malice = roll((0.0, 0.3)) if self.doubt else 0.0

    def chance(self, probability: float) -> bool:
        """Whether something of that probability happens."""
        return probability > 0 and self.random.random() < probability

    def fate(self, operation: str) -> Fate:
        """What becomes of the next call."""
        if operation == "CreateEvaluationJob" and self.chance(self.doubt):
            return self.random.choice(_DOUBTS)
        return self.random.choice(self.faults) if self.chance(self.fault_rate) else Fate.WELL

    def delay(self) -> float:
        """How long half a call takes, in seconds."""
        return self.random.random() * self.latency

    def arrivals(self) -> list[float]:
        """When an event of S3 arrives, in seconds: at once or late, more than once, out of order, or never."""
        if self.chance(self.lost_rate):
            return []
        longest = self.random.choice((1.0, 1.0, 30.0, 7200.0))
        return [self.random.random() * longest for _ in range(self.deliveries())]

    def deliveries(self) -> int:
        """How often an event or an invocation arrives: one to three times."""
        return self.random.choice((2, 3)) if self.chance(self.repeat_rate) else 1
