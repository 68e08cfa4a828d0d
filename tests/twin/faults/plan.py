"""What a seed means: which evaluation runs, which of its calls to AWS are disturbed, what else happens meanwhile."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from local.disturbances.rules import Kind
from tests.twin.faults.inputs import INPUTS

# What the product's clients say in their User-Agent; the calls of this suite itself are never disturbed.
AGENT: Final = r"\bgavel\b"


class Act(StrEnum):
    """Something that happens from outside."""

    REPEATED_UPLOAD = "the event of an upload delivered again"
    REORDERED_UPLOADS = "two uploads whose events come again in the wrong order"
    REPEATED_REQUEST = "a start through the API, sent twice"
    KEYED_REQUEST = "a start with an idempotency key, sent twice"
    REPEATED_RUN = "a scheduled run delivered twice"
    REPEATED_TASK = "a step of the state machine delivered again"
    REPEATED_END = "an execution's bad end told again, or wrongly"
    STOP = "a stop asked for"
    ABORT = "an execution aborted"
    REDRIVE = "an execution aborted, and redriven"
    KILLED_WORKERS = "processes of Lambdas killed"
    EXPIRED_LEASES = "leases expired"
    CLOCK_BACK = "the clock set back an hour"
    CLOCK_FORTH = "the clock set forth an hour"
    RECONCILER = "the reconciler come amid the work"


class Spoiling(StrEnum):
    """How Bedrock's jobs end otherwise than they should."""

    FAIL = "jobs that fail on Bedrock"
    STOPPED = "jobs that somebody stops on Bedrock"
    ROWS = "result rows dropped, doubled and shuffled"
    SCORES = "scores null, absent, not a number, or an error"


_ACTS: Final = tuple(Act)
_OPERATIONS: Final = (
    *(("dynamodb", name) for name in ("GetItem", "UpdateItem", "GetItem", "UpdateItem", "PutItem", "", "")),
    *(("dynamodb", name) for name in ("TransactWriteItems", "Query", "BatchWriteItem")),
    *(("s3", name) for name in ("GetObject", "PutObject", "ListObjectsV2", "")),
    *(("bedrock", name) for name in ("CreateEvaluationJob", "CreateEvaluationJob", "GetEvaluationJob", "")),
    ("states", "StartExecution"),
    ("events", "PutEvents"),
    ("sns", "Publish"),
    ("glue", "CreatePartition"),
    ("", ""),
)  # fmt: skip
_SHARED: Final = "SLOTS"  # the one item that all evaluations change


@dataclass(frozen=True)
class Plan:
    """One schedule: `acts` are `(seconds after the upload, what, a number for its own choices)`."""

    seed: int
    suite: str
    input: str
    calls: tuple[dict[str, Any], ...]
    acts: tuple[tuple[float, Act, int], ...]
    spoiling: Spoiling | None

    @classmethod
    def of(cls, seed: int, prefix: str) -> Plan:
        """The plan of a seed, the same every time; `prefix` makes the suite's name one of this run's own."""
        dice = random.Random(f"faults-{seed}")  # noqa: S311 - a seeded choice
        suite = f"{prefix}-{seed}"
        acts = sorted(
            (round(dice.random() * 4, 2), dice.choice(_ACTS), dice.randrange(10**6))
            for _ in range(dice.choice((0, 1, 1, 2, 3)))
        )
        return cls(
            seed=seed,
            suite=suite,
            input=dice.choice(tuple(INPUTS)),
            calls=tuple(_rule(dice, suite) for _ in range(dice.choice((0, 1, 2, 3, 4, 5)))),
            acts=tuple(acts),
            spoiling=dice.choice(tuple(Spoiling)) if dice.random() < 0.15 else None,
        )

    @property
    def kinds(self) -> set[Act]:
        """What happens from outside."""
        return {act for _, act, _ in self.acts}

    @property
    def job_faults(self) -> list[dict[str, Any]]:
        """What happens to the jobs on Bedrock, as the emulator's faults take it."""
        if self.spoiling is None:
            return []
        jobs = {"name": f"^{self.suite}-"}
        faults: dict[Spoiling, list[dict[str, Any]]] = {
            Spoiling.FAIL: [{**jobs, "name": f"^{self.suite}-.*-g0-j0-", "outcome": "fail"}],
            Spoiling.STOPPED: [{**jobs, "outcome": "stopped"}],
            Spoiling.ROWS: [{**jobs, "rows": {"drop": 0.3, "duplicate": 0.3, "shuffle": True}}],
            Spoiling.SCORES: [{**jobs, "scores": {"null": 0.1, "absent": 0.1, "nan": 0.1, "error": 0.1}}],
        }
        return faults[self.spoiling]


def _rule(dice: random.Random, suite: str) -> dict[str, Any]:
    service, operation = dice.choice(_OPERATIONS)
    kinds: list[Kind] = [kind for kind in Kind if kind is not Kind.QUOTA]
    if operation == "CreateEvaluationJob":
        kinds += [Kind.QUOTA, Kind.LOST_ANSWER, Kind.LOST_ANSWER]
    kind = dice.choice(kinds)
    late = kind in {Kind.SLOW, Kind.SLOW_ANSWER}
    shared = service == "dynamodb" and dice.random() < 0.15
    return {
        "service": service,
        "operation": operation,
        "text": _SHARED if shared else rf"{re.escape(suite)}\b",
        "agent": AGENT,
        "kind": kind.value,
        "skip": dice.choice((0, 0, 0, 1, 2, 4)),
        "times": 1 if late else dice.choice((1, 1, 2, 3, 4, 6, 12)),
        # Now and then longer than the SDK waits for an answer, so that it asks again while the call goes on.
        "seconds": dice.choice((0.2, 1.0, 3.0, 3.0, 31.0)) if late else 0,
    }
