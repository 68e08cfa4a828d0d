"""One kill from its seed to its verdict."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from gavel.aws.jobs import LISTED_AFTER_SECONDS
from gavel.aws.slots import STRAGGLER_SECONDS
from gavel.names import table_keys
from tests.twin.kills.moment import counted, state_at
from tests.twin.kills.phases import reached
from tests.twin.kills.place import PATIENCE_SECONDS
from tests.twin.kills.plan import NARROW, Kind, Plan
from tests.twin.kills.promises import Found, Seen, broken_promises, broken_sums, hanging_money

if TYPE_CHECKING:
    from tests.twin.kills.place import Place

# More than the reconciler leaves to the one who has just written a head (`gavel.aws.reconcile.STARTING`).
GRACE_SECONDS: Final = 150
# An upload whose Lambda was killed is delivered again after a minute of AWS's time, twice.
_BEGIN_SECONDS: Final = 60.0
_NARROW_SECONDS: Final = 20.0


@dataclass
class Outcome:
    """What came of one kill. `states` are those that the evaluations were in, `ends` those that they came to."""

    seed: int
    killed: str
    states: list[str] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
    ends: list[str] = field(default_factory=list)
    repeated_events: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def hit(self) -> bool:
        """Whether any evaluation was at work."""
        return any(state != "end" for state in self.states)

    @property
    def line(self) -> str:
        """The outcome on one line."""
        did = [f"{value} {name.replace('_', ' ')}" for name, value in self.report.items() if value and name in _DEEDS]
        ends = ", ".join(self.ends) or "never began"
        return (
            f"seed {self.seed:<4} killed {self.killed} in {' + '.join(self.states) or 'no evaluation yet'}; "
            f"reconcile: {', '.join(did) or 'nothing to do'}; {ends}: {'BROKEN' if self.broken else 'kept'}"
        )


_DEEDS: Final = ("restarted", "broken_off", "announced", "jobs_stopped", "slots_freed")


def run(place: Place, seed: int, kind: Kind) -> Outcome:
    """Kill as the seed says, reconcile once, and look."""
    plan = Plan.of(seed, kind)
    keys = place.begin(plan)
    narrow = plan.phase in NARROW  # over before one can look, or missed
    seconds, pause = (_NARROW_SECONDS, 0.005) if narrow else (PATIENCE_SECONDS, 0.05)
    if not place.wait(lambda: reached(place, plan.phase, keys[0]), seconds, pause=pause) and not narrow:
        raise RuntimeError(f"the evaluation of {keys[0]}, which nobody has killed, was never {plan.phase}")
    if plan.stop:
        for head in place.heads(keys[0]):
            place.ask_for_stop(head["evaluation_id"])
    time.sleep(plan.delay)
    before: dict[str, Seen] = {}
    if not narrow:
        before = {head["evaluation_id"]: see(place, head) for head in place.heads(*keys)}
    moment = datetime.now(UTC)
    if kind is Kind.TWIN:
        place.kill_twin()
        outcome = Outcome(seed, "the twin")
    else:
        killed = place.kill_workers(plan.random, every=plan.all_workers)
        moment = datetime.now(UTC)
        outcome = Outcome(seed, ", ".join(counted(*item) for item in sorted(killed.items())) or "nobody")
        place.wait(lambda: len(place.heads(*keys)) == len(keys), _BEGIN_SECONDS)
        place.wait(lambda: place.quiet(keys))
    place.let_time_pass(GRACE_SECONDS)
    outcome.report = place.reconcile()
    if outcome.report["problems"] or outcome.report["cut_short"]:
        outcome.broken.append(f"the reconciler says {outcome.report}")
    if not place.wait(lambda: place.quiet(keys)):
        outcome.broken.append("something runs on for ever")
    place.receive_events()
    _judge(place, plan, keys, outcome, before=before, moment=moment)
    return outcome


def _judge(
    place: Place, plan: Plan, keys: list[str], outcome: Outcome, *, before: dict[str, Seen], moment: datetime
) -> None:
    starts, slots = place.starts(), place.slots()
    reserved: list[dict[str, Any]] = []
    sums: dict[tuple[str, str], int] = {}
    heads = {head["evaluation_id"]: head for head in place.heads(*keys)}
    outcome.broken += [f"{evaluation} is gone" for evaluation in before if evaluation not in heads]
    for evaluation, head in heads.items():
        outcome.states.append(state_at(place, evaluation, moment))
        outcome.ends.append(head["status"])
        partition = table_keys.evaluation_partition(evaluation)
        reserved += place.items(partition, table_keys.RESERVATION_SORT_PREFIX)
        sums |= {
            (partition, item["sk"]): int(item["micro_usd"]) for item in place.items(partition, table_keys.SPENDING)
        }
        told = [event["detail-type"] for event in place.events.get(evaluation, {}).values()]
        outcome.repeated_events += max(0, len(told) - 1)
        found = replace(
            found_now(place, head, plan.kind),
            before=before.get(evaluation),
            starts=starts,
            events=told,
            leases={name: entry for name, entry in slots["leases"].items() if entry["evaluation"] == evaluation},
            wishes={name: entry for name, entry in slots["wishes"].items() if entry["evaluation"] == evaluation},
        )
        outcome.broken += broken_promises(found)
    months = table_keys.spending_partition(plan.suite)
    sums |= {(months, item["sk"]): int(item["micro_usd"]) for item in place.items(months)}
    outcome.broken += broken_sums(reserved, sums)
    if plan.kind is Kind.WORKERS and len(heads) != len(keys):
        outcome.broken.append(f"{len(keys) - len(heads)} upload(s) never began")


def see(place: Place, head: dict[str, Any]) -> Seen:
    evaluation = head["evaluation_id"]
    jobs = place.items(table_keys.evaluation_partition(evaluation), table_keys.JOB_SORT_PREFIX)
    return Seen(head, {job["job_id"]: job for job in jobs}, place.objects(evaluation))


def found_now(place: Place, head: dict[str, Any], kind: Kind) -> Found:
    """An evaluation as it is now."""
    evaluation = head["evaluation_id"]
    budget = place.items(table_keys.evaluation_partition(evaluation), table_keys.RESERVATION_SORT_PREFIX)
    return Found(
        kind=kind,
        now=int(time.time()),
        seen=see(place, head),
        before=None,
        execution=place.execution(evaluation),
        reservations={item["sk"].removeprefix(table_keys.RESERVATION_SORT_PREFIX): item for item in budget},
        bedrock=place.bedrock_jobs(evaluation),
    )


def closing(place: Place) -> list[str]:
    """When no evaluation is left and every doubt has ended, no slot is held and no money hangs; broken promises."""
    place.let_time_pass(STRAGGLER_SECONDS + LISTED_AFTER_SECONDS + 1)
    place.reconcile()
    left = [f"{kind} are left in the end: {sorted(entries)}" for kind, entries in place.slots().items() if entries]
    for head in place.heads():
        found = found_now(place, head, Kind.TWIN)
        left += [f"{found.evaluation}: {sentence}" for sentence in hanging_money(found)]
    return left
