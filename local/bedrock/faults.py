"""Faults on demand, for tests: which calls fail, and which jobs end otherwise than they should.

The description is JSON, in GAVEL_TWIN_FAULTS or PUT to the control path; every choice follows from its `seed`:

    {"seed": 7,
     "calls": [{"operation": "CreateEvaluationJob", "error": "ThrottlingException", "times": 2, "when": "before"}],
     "jobs": [{"name": "regex searched in the job name", "outcome": "fail", "messages": ["why"]},
              {"name": "…", "outcome": "complete", "scores": {"null": 0.1, "absent": 0.1, "nan": 0.1, "error": 0.1},
               "rows": {"drop": 0.1, "duplicate": 0.1, "shuffle": true}, "files": 3}]}

`when` is "before" or "after" the call's effect (after: the job exists although the caller saw an error).
Outcomes: complete, fail, stuck (stays InProgress), stopped (as if someone else stopped it), deleting.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any, Final

from local.bedrock.errors import HTTP_STATUS

OPERATIONS: Final = (
    "CreateEvaluationJob",
    "GetEvaluationJob",
    "ListEvaluationJobs",
    "StopEvaluationJob",
    "BatchDeleteEvaluationJob",
)
OUTCOMES: Final = ("complete", "fail", "stuck", "stopped", "deleting")
SCORE_FAULTS: Final = ("null", "absent", "nan", "error")


def chance(*parts: object) -> float:
    """A number in [0, 1) that only depends on the parts: the emulator's only source of variety."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


@dataclass
class CallFault:
    """The next `times` calls of an operation answer with `error`; counts down."""

    operation: str
    error: str
    times: int
    when: str = "before"


@dataclass(frozen=True)
class JobFault:
    """What happens to the jobs whose name matches `name`; shares are fractions of the scores or rows."""

    name: re.Pattern[str] = field(default_factory=lambda: re.compile(""))
    outcome: str = "complete"
    messages: tuple[str, ...] = ("Injected by the emulator's faults.",)
    scores: tuple[tuple[str, float], ...] = ()
    drop: float = 0.0
    duplicate: float = 0.0
    shuffle: bool = False
    files: int = 1
    seed: int = 0

    def score_fault(self, job: str, record: int, metric: str) -> str | None:
        """Which fault, if any, this score of the job has."""
        draw = chance(self.seed, job, record, metric)
        for kind, share in self.scores:
            if draw < share:
                return kind
            draw -= share
        return None

    def rows(self, job: str, count: int) -> list[int]:
        """Positions of the input rows in the order in which the output has them."""
        kept = [i for i in range(count) if chance(self.seed, job, "drop", i) >= self.drop]
        rows = [i for i in kept for _ in range(2 if chance(self.seed, job, "twice", i) < self.duplicate else 1)]
        return sorted(rows, key=lambda i: chance(self.seed, job, "order", i)) if self.shuffle else rows


_NONE: Final = JobFault()


@dataclass
class Faults:
    """All faults that are set at the moment."""

    calls: list[CallFault] = field(default_factory=list)
    jobs: list[JobFault] = field(default_factory=list)

    @classmethod
    def from_json(cls, value: Any) -> Faults:
        """Read a description; ValueError says what is wrong with it."""
        if not isinstance(value, dict):
            # ValueError as for every other mistake in the description, so that callers catch one kind.
            raise ValueError("faults are a JSON object with the keys seed, calls, jobs")  # noqa: TRY004
        _known(value, {"seed", "calls", "jobs"}, "faults")
        seed = int(value.get("seed", 0))
        return cls(
            calls=[_call(item) for item in value.get("calls", [])], jobs=[_job(i, seed) for i in value.get("jobs", [])]
        )

    def take(self, operation: str, when: str) -> str | None:
        """The error that this call answers with, if any; uses it up."""
        for fault in self.calls:
            if (fault.operation, fault.when) == (operation, when) and fault.times > 0:
                fault.times -= 1
                return fault.error
        return None

    def of_job(self, name: str) -> JobFault:
        """The first fault whose pattern matches the job's name, or one that does nothing."""
        return next((fault for fault in self.jobs if fault.name.search(name)), _NONE)


def _known(value: dict[str, Any], keys: set[str], where: str) -> None:
    unknown = sorted(set(value) - keys)
    if unknown:
        raise ValueError(f"{where}: unknown key {unknown[0]!r}, known are {sorted(keys)}")


def _one_of(value: object, known: tuple[str, ...] | dict[str, int], where: str) -> str:
    if value not in known:
        raise ValueError(f"{where}: {value!r} is not one of {list(known)}")
    return str(value)


def _call(item: dict[str, Any]) -> CallFault:
    _known(item, {"operation", "error", "times", "when"}, "calls")
    return CallFault(
        operation=_one_of(item.get("operation"), OPERATIONS, "calls.operation"),
        error=_one_of(item.get("error", "ThrottlingException"), HTTP_STATUS, "calls.error"),
        times=int(item.get("times", 1)),
        when=_one_of(item.get("when", "before"), ("before", "after"), "calls.when"),
    )


def _job(item: dict[str, Any], seed: int) -> JobFault:
    _known(item, {"name", "outcome", "messages", "scores", "rows", "files"}, "jobs")
    scores, rows = item.get("scores", {}), item.get("rows", {})
    _known(scores, set(SCORE_FAULTS), "jobs.scores")
    _known(rows, {"drop", "duplicate", "shuffle"}, "jobs.rows")
    try:
        name = re.compile(str(item.get("name", "")))
    except re.error as error:
        raise ValueError(f"jobs.name is not a regular expression: {error}") from None
    return JobFault(
        name=name,
        outcome=_one_of(item.get("outcome", "complete"), OUTCOMES, "jobs.outcome"),
        messages=tuple(str(message) for message in item.get("messages", _NONE.messages)),
        scores=tuple((kind, float(share)) for kind, share in scores.items()),
        drop=float(rows.get("drop", 0)),
        duplicate=float(rows.get("duplicate", 0)),
        shuffle=bool(rows.get("shuffle", False)),
        files=int(item.get("files", 1)),
        seed=seed,
    )
