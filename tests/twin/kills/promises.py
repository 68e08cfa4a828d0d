"""What must hold after a kill and one run of the reconciler, from what there is to see then."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gavel.aws.slots import STRAGGLER_SECONDS
from gavel.names import identities, object_keys, table_keys
from gavel.names.statuses import EVENT_OF_STATUS, EvaluationStatus, JobStatus
from tests.twin.kills.plan import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

type Item = dict[str, Any]

ACTIVE: Final = frozenset({"InProgress", "Stopping"})


@dataclass(frozen=True)
class Seen:
    """An evaluation at one moment: its head, its jobs by id, and its files with what tells their content."""

    head: Item
    jobs: dict[str, Item]
    objects: dict[str, str]


@dataclass(frozen=True)
class Found:
    """An evaluation in the end; `before` is what was seen of it just before the kill, if anything.

    `reservations` are the items of its budget by job id, `bedrock` its jobs there, `starts` the emulator's log of them,
    `events` all that told of its end, `slots` the leases and wishes of its jobs, at the time `now`. With `spoiled` some
    of its jobs end badly on Bedrock, whoever works for it.
    """

    kind: Kind
    now: int
    seen: Seen
    before: Seen | None
    execution: str | None
    reservations: dict[str, Item] = field(default_factory=dict)
    bedrock: list[Item] = field(default_factory=list)
    starts: Counter[str] = field(default_factory=Counter)
    events: list[str] = field(default_factory=list)
    leases: dict[str, Item] = field(default_factory=dict)
    wishes: dict[str, Item] = field(default_factory=dict)
    spoiled: bool = False

    @property
    def status(self) -> EvaluationStatus:
        """The evaluation's status."""
        return EvaluationStatus(self.seen.head["status"])

    @property
    def evaluation(self) -> str:
        """Its id."""
        return str(self.seen.head["evaluation_id"])


def broken_promises(found: Found) -> list[str]:
    """Every promise about one evaluation that was not kept, as a sentence."""
    return [
        f"{found.evaluation}: {sentence}"
        for promise in (_end, _healed, _jobs, _bedrock, _slots, hanging_money, _kept)
        for sentence in promise(found)
    ]


def _end(found: Found) -> Iterator[str]:
    """It has a final status, and the world was told of that one."""
    if not found.status.final:
        yield f"is {found.status} for ever"
        return
    if found.execution == "RUNNING":
        yield f"is {found.status}, but its execution runs"
    if set(found.events) != {EVENT_OF_STATUS[found.status].value}:
        yield f"is {found.status}, but its events are {found.events}"
    if found.seen.head.get(table_keys.UNFINISHED_PARTITION_KEY) == table_keys.Unfinished.OPEN:
        yield "still stands among those whose end was not announced"


def _healed(found: Found) -> Iterator[str]:
    """A process of a Lambda that dies costs a repetition and no result."""
    allowed = {EvaluationStatus.COMPLETED}
    if "stop_requested_at" in found.seen.head:
        allowed.add(EvaluationStatus.STOPPED)
    if found.kind is Kind.WORKERS and found.status not in allowed:
        yield f"is {found.status} ({found.seen.head.get('reason')}), because a process died"


def _jobs(found: Found) -> Iterator[str]:
    """No job is left in the air, and what is collected is there."""
    for job_id, job in found.seen.jobs.items():
        if found.status.final and job["status"] == JobStatus.STARTED:
            yield f"has ended, and its job {job_id} is STARTED"
        scores = object_keys.EvaluationKeys(found.evaluation).scores(job_id)
        if job["status"] == JobStatus.COLLECTED and scores not in found.seen.objects:
            yield f"its job {job_id} is COLLECTED, but its scores are not there"
    collected = sum(job["status"] == JobStatus.COLLECTED for job in found.seen.jobs.values())
    planned = found.seen.head.get("jobs", {}).get("planned", 0)
    if found.status is EvaluationStatus.COMPLETED and collected != planned and not found.spoiled:
        yield f"is COMPLETED with {collected} of {planned} jobs"


def _bedrock(found: Found) -> Iterator[str]:
    """Nothing runs that nobody owns, and nothing was started twice."""
    for job in found.bedrock:
        if job["status"] in ACTIVE:
            yield f"the job {job['jobName']} is {job['status']}, and nobody looks at it"
    for name, count in Counter(job["jobName"] for job in found.bedrock).items():
        if count > 1 or found.starts[name] > 1:
            yield f"the job {name} was started {max(count, found.starts[name])} times"
    known = {job["jobArn"]: job["status"] for job in found.bedrock}
    for job_id, item in found.seen.jobs.items():
        if item["status"] == JobStatus.COLLECTED and "reused_from" not in item:
            status = known.get(item.get("job_arn", ""))
            if status != "Completed":
                yield f"its job {job_id} is COLLECTED, but on Bedrock it is {status}"


def _slots(found: Found) -> Iterator[str]:
    """No job waits for a slot, and a lease that is left runs out soon: its job was being stopped, or may be there."""
    for name in found.wishes:
        yield f"the job {name} still waits for a slot"
    for name, lease in found.leases.items():
        if lease["until"] > found.now + STRAGGLER_SECONDS:
            yield f"the slot of {name} is held for {lease['until'] - found.now} more seconds"


def hanging_money(found: Found) -> Iterator[str]:
    """A job that ended holds no reservation, unless Bedrock had it and it ended badly: what that cost nobody knows.

    Nor does anybody know of a job whose lease has still to run out: whoever takes that gives the money back.
    """
    on_bedrock = {job["jobName"] for job in found.bedrock}
    for job_id, item in found.reservations.items():
        status = found.seen.jobs.get(job_id, {}).get("status")
        name = identities.job_name(found.evaluation, job_id)
        unknown_cost = status != JobStatus.COLLECTED and (name in on_bedrock or name in found.leases)
        if found.status.final and "spent" not in item and not unknown_cost:
            yield f"the reservation of {job_id} ({status or 'never recorded'}) hangs"


def _kept(found: Found) -> Iterator[str]:
    """What was finished before the kill is as it was."""
    if found.before is None:
        return
    before = found.before
    if EvaluationStatus(before.head["status"]).final and before.head["status"] != found.status:
        yield f"was {before.head['status']} before the kill, and is {found.status}"
    for job_id, job in before.jobs.items():
        if job["status"] != JobStatus.COLLECTED:
            continue
        if found.seen.jobs.get(job_id, {}).get("status") != JobStatus.COLLECTED:
            yield f"its job {job_id} was COLLECTED before the kill, and is not any more"
        key = object_keys.EvaluationKeys(found.evaluation).scores(job_id)
        if found.seen.objects.get(key) != before.objects.get(key):
            yield f"the scores of {job_id} are not those from before the kill"


def broken_sums(reserved: list[Item], sums: dict[tuple[str, str], int]) -> Iterator[str]:
    """A sum of money is what its jobs reserved, or spent where that is known; `sums` by the table's keys.

    `reserved` are the items of the budgets of all evaluations that the sums are about.
    """
    expected: Counter[tuple[str, str]] = Counter()
    for item in reserved:
        amount = int(item.get("spent", item["reservation"]["amount"]))
        month = (table_keys.spending_partition(item["reservation"]["suite"]), item["reservation"]["month"])
        expected[item[table_keys.PARTITION_KEY], table_keys.SPENDING] += amount
        expected[month] += amount
    for key in sorted({*expected, *sums}):
        if sums.get(key, 0) != expected[key]:
            yield f"the sum {key} is {sums.get(key, 0)}, but its jobs make {expected[key]}"
