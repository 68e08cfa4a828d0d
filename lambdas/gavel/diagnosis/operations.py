"""How a deployed system is: alarms, evaluations without an end, slots nobody holds, the reconciler, errors, drift."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from gavel.diagnosis.finding import REVERT, Finding, ok, problem, warning

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ALARMS: Final = "alarms"
UNFINISHED: Final = "unfinished evaluations"
SLOTS: Final = "job slots"
RECONCILER: Final = "reconciler"
ERRORS: Final = "errors in logs"
DRIFT: Final = "drift"

STUCK_AFTER: Final = timedelta(hours=30)  # as the alarm `evaluation-stuck` counts it
RECONCILED_EVERY: Final = timedelta(minutes=15)
LATE_AFTER: Final = 3 * RECONCILED_EVERY  # one run that was lost is no trouble
LOOKED_BACK: Final = timedelta(hours=24)
_SHOWN: Final = 5
_RUNBOOK: Final = "docs/runbooks.md"


@dataclass(frozen=True)
class Alarm:
    """An alarm of the stack: name, state (`OK`, `ALARM`, `INSUFFICIENT_DATA`) and description with its runbook."""

    name: str
    state: str
    description: str


@dataclass(frozen=True)
class Unfinished:
    """An evaluation without an announced end.

    `execution` is Step Functions' status of it, None where it knows no such execution. `ended` says that only the
    announcement is left.
    """

    evaluation: str
    created_at: datetime
    execution: str | None
    ended: bool


def alarms(found: Iterable[Alarm], *, stack: str) -> Iterable[Finding]:
    """A problem for each alarm that is on; the runbook is its remedy."""
    known = list(found)
    if not known:
        yield problem(ALARMS, f"{stack} has none; somebody deleted them", REVERT)
        return
    burning = [alarm for alarm in known if alarm.state == "ALARM"]
    for alarm in sorted(burning, key=lambda one: one.name):
        what, _, runbook = alarm.description.partition(" What to do: ")
        yield problem(f"alarm {alarm.name}", f"is on: {what}", runbook or f"see {_RUNBOOK}")
    if not burning:
        yield ok(ALARMS, f"{len(known)}, none of them on")


def unfinished(found: Sequence[Unfinished], *, now: datetime) -> Iterable[Finding]:
    """A problem for those that nobody carries on and those that take too long; the others only as a number."""
    overdue = []
    for one in found:
        age = now - one.created_at
        hours = f"{age / timedelta(hours=1):.1f} h old"
        # Just started, or just ended: who carries it on has not come yet.
        idle = one.execution != "RUNNING" and age > LATE_AFTER
        if one.ended and idle:
            overdue.append(f"{one.evaluation} ({hours}) has ended, and its end could not be announced")
        elif idle:
            how = "was never started" if one.execution is None else f"is {one.execution}"
            overdue.append(f"{one.evaluation} ({hours}) has no end, and its execution {how}")
        elif age > STUCK_AFTER:
            overdue.append(f"{one.evaluation} is {hours} and still runs")
    if not overdue:
        yield ok(UNFINISHED, f"{len(found)} under way" if found else "none")
    for text in overdue[:_SHOWN]:
        yield problem(UNFINISHED, text, f"{_RUNBOOK}#evaluation-stuck")
    if len(overdue) > _SHOWN:
        yield problem(UNFINISHED, f"and {len(overdue) - _SHOWN} more", f"{_RUNBOOK}#evaluation-stuck")


def slots(*, held: int, waiting: int, lapsed: Mapping[str, timedelta]) -> Finding:
    """Slots in use; `lapsed` are leases that ran out, by job, and since when."""
    text = f"{held} in use, {waiting} job(s) wait for one"
    old = sorted(job for job, since in lapsed.items() if since > LATE_AFTER)
    if not old:
        return ok(SLOTS, text)
    shown = ", ".join(old[:_SHOWN]) + (" …" if len(old) > _SHOWN else "")
    remedy = "the reconciler frees them as soon as Bedrock says that these jobs do not run; see what keeps it from that"
    return warning(SLOTS, f"{text}; nobody has held {len(old)} for long: {shown}", remedy)


def reconciler(*, at: datetime | None, problems: Sequence[str], now: datetime) -> Iterable[Finding]:
    """When the reconciler last looked at everything, and what it could not do."""
    if at is None:
        remedy = f"just after a deployment wait a quarter of an hour; later see {_RUNBOOK}#evaluation-stuck"
        yield warning(RECONCILER, "has left no trace of a run", remedy)
        return
    minutes = (now - at) / timedelta(minutes=1)
    if now - at > LATE_AFTER:
        remedy = f"is its rule enabled, is it throttled? {_RUNBOOK}#evaluation-stuck"
        yield problem(RECONCILER, f"ran last {minutes:.0f} min ago, and should every 15", remedy)
    else:
        yield ok(RECONCILER, f"ran {minutes:.0f} min ago")
    for text in problems[:_SHOWN]:
        yield warning(RECONCILER, f"could not do everything: {text}", "its next run tries again; see its log")


def errors(counts: Mapping[str, int], *, more: frozenset[str] = frozenset()) -> Finding:
    """Errors in the Lambdas' logs of a day, by Lambda; of those in `more` not all were counted."""
    found = {name: count for name, count in counts.items() if count}
    hours = f"{LOOKED_BACK / timedelta(hours=1):.0f}"
    if not found:
        return ok(ERRORS, f"none in {hours} h, in {len(counts)} Lambdas")
    listed = ", ".join(
        f"{name} {count}{'+' if name in more else ''}" for name, count in sorted(found.items(), key=lambda one: -one[1])
    )
    remedy = f"read them: {_RUNBOOK}#lambda-errors"
    return warning(ERRORS, f"in {hours} h: {listed}", remedy)


def drift(status: str | None, checked: str | None) -> Finding:
    """What CloudFormation found when it last compared resources with the template; it compares only when asked."""
    look = "`aws cloudformation detect-stack-drift --stack-name STACK`, and this again after a few minutes"
    if status == "DRIFTED":
        return problem(DRIFT, f"resources were changed by hand (found {checked})", REVERT)
    if status == "IN_SYNC":
        return ok(DRIFT, f"none when CloudFormation looked last ({checked})")
    return ok(DRIFT, f"nobody has looked for it; to look: {look}")
