"""Job slots in the table: one item for all evaluations of the deployment, changed only as it was read.

A slot is a lease. StartJob takes it before it asks Bedrock for the job, for as long as the job's output is waited for;
CheckJob renews it, whoever ends the job gives it back. A lease of a crashed owner runs out; then whoever needs the slot
asks Bedrock, and takes it only when that job does not run. Whoever does not know whether Bedrock has a job, or whether
another delivery is just asking for it, lets its lease run out in place of giving it back. Several deployments in one
account and Region do not know of each other: there Bedrock's own quota decides, and its ServiceQuotaExceededException
waits like a full slot.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, cast

from botocore.exceptions import ClientError

from gavel.admission.rules import decide
from gavel.admission.state import Claim, SlotState
from gavel.aws import clients, jobs, spending
from gavel.aws.failures import code_of, translated
from gavel.names import identities, table_keys
from gavel.names.statuses import JobStatus
from gavel.problems import SlotsFullError, TryLaterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from gavel.admission.rules import Decision
    from gavel.admission.state import Entry, Limits
    from gavel.aws.table import EvaluationTable

# How long after the next expected look a lease still lives: longer than a step that fails is tried again.
GRACE_SECONDS: Final = 3600
# So long another delivery of a call of StartJob may be at work yet: its Lambda's timeout and more; and so long may
# take who lets a lease run out, for the time that he tells is when he began (FailEvaluation's timeout, 300 s).
STRAGGLER_SECONDS: Final = 150 + 300
# How long a job that was found running keeps a lease that had run out.
RECHECK_SECONDS: Final = 300
# How long a wish lives, and how much of that is left when it is renewed: more than the longest wait between attempts.
WISH_SECONDS: Final = 1800
RENEWAL_SECONDS: Final = 1200
# DynamoDB's items end at 400 KB; a wish takes about 300 bytes. Who comes later asks again until there is room.
MOST_WISHES: Final = 800
_ATTEMPTS: Final = 30
_MOST_SUSPECTS: Final = 3


def acquire(table: EvaluationTable, claim: Claim, *, limits: Limits, wait_seconds: int, now: str) -> Entry | None:
    """Hold a slot for a job that is looked at for the first time after `wait_seconds`.

    A job may ask any number of times. The answer is the lease when nobody had taken it before, for `give_back`. Raises
    SlotsFullError when there is no room or others go first; the job then stands in the queue.
    """
    decision, lease = _decided(table, claim, limits=limits, wait_seconds=wait_seconds, now=now)
    if not decision.granted and _settle(table, decision.suspects[:_MOST_SUSPECTS], now=now):
        decision, lease = _decided(table, claim, limits=limits, wait_seconds=wait_seconds, now=now)
    if not decision.granted:
        raise SlotsFullError(f"{decision.reason}; the job waits for its turn")
    return lease


def give_back(table: EvaluationTable, evaluation: str, job_id: str, *, lease: Entry | None, now: str) -> bool:
    """Give back the slot that `acquire` answered with this lease, and for which Bedrock was not asked, or refused.

    A slot that another delivery took before or meanwhile may be the slot of a job which is being created at this
    moment: then its lease runs out instead, and the answer is False.
    """
    name, time = identities.job_name(evaluation, job_id), _seconds(now)

    def given_back(state: SlotState) -> tuple[SlotState, bool]:
        held = state.leases.get(name)
        if held is None or held == lease:
            return state.released(name), True
        return state.lapsed(name, now=time + STRAGGLER_SECONDS), False

    return _change(table, given_back, now=now)


def keep(table: EvaluationTable, evaluation: str, job_id: str, *, wait_seconds: int, now: str) -> None:
    """Renew the lease of a running job until after its next look; a lease that was lost is there again, room or not.

    Unless the job or its evaluation has ended meanwhile: whoever recorded that gave the slot back before, and this
    lease runs out.
    """
    time = _seconds(now)
    name = identities.job_name(evaluation, job_id)

    def renewed(state: SlotState) -> tuple[SlotState, None]:
        lease = state.leases.get(name)
        claim = lease.claim if lease else _recorded_claim(table, evaluation, job_id)
        return state.held(claim, now=time, until=time + wait_seconds + GRACE_SECONDS), None

    _change(table, renewed, now=now)
    if _is_over(table, evaluation, table.job(evaluation, job_id) or {}):
        lapse(table, evaluation, job_id, now=now)


def holds(table: EvaluationTable, evaluation: str, job_id: str) -> bool:
    """Whether a job holds a slot: without one Bedrock was never asked for it."""
    _, state = _read(table)
    return identities.job_name(evaluation, job_id) in state.leases


def release(table: EvaluationTable, evaluation: str, job_id: str, *, now: str) -> None:
    """Give back the slot of a job that does not run, or its place in the queue."""
    name = identities.job_name(evaluation, job_id)
    _change(table, lambda state: (state.released(name), None), now=now)


def lapse(table: EvaluationTable, evaluation: str, job_id: str, *, now: str, after: int = 0) -> None:
    """Let the lease of a job run out, `after` seconds from now: one that may run on Bedrock takes room there until it
    has stopped.
    """
    name = identities.job_name(evaluation, job_id)
    _change(table, lambda state: (state.lapsed(name, now=_seconds(now) + after), None), now=now)


def forget(table: EvaluationTable, evaluation: str, *, now: str) -> None:
    """Let all leases of an evaluation run out, and take it out of the queue: it has ended, or nobody runs it.

    Not at once: a delivery of StartJob may be at work yet.
    """

    def forgotten(state: SlotState) -> tuple[SlotState, None]:
        for entries in (state.leases, state.wishes):
            for name, entry in entries.items():
                if entry.claim.evaluation == evaluation:
                    state = state.lapsed(name, now=_seconds(now) + STRAGGLER_SECONDS)
        return state, None

    _change(table, forgotten, now=now)


def state_of(table: EvaluationTable, *, now: str) -> SlotState:
    """Who holds a slot and who waits for one at that time, for whoever only looks."""
    _, state = _read(table)
    return state.current(now=_seconds(now))


def sweep(table: EvaluationTable, *, now: str) -> int:
    """Ask Bedrock about every lease that has run out; the number of slots that became free."""
    _, state = _read(table)
    overdue = [lease for lease in state.leases.values() if lease.until <= _seconds(now)]
    return _settle(table, overdue, now=now)


def _decided(
    table: EvaluationTable, claim: Claim, *, limits: Limits, wait_seconds: int, now: str
) -> tuple[Decision, Entry | None]:
    """The decision, and the new lease where nobody held one."""
    time = _seconds(now)

    def change(state: SlotState) -> tuple[SlotState, tuple[Decision, Entry | None]]:
        decision = decide(state, claim, now=time, limits=limits)
        if decision.granted:
            after = state.held(claim, now=time, until=time + wait_seconds + GRACE_SECONDS)
            return after, (decision, None if claim.job_name in state.leases else after.leases[claim.job_name])
        known = state.wishes.get(claim.job_name)
        if known and known.until - time > RENEWAL_SECONDS:
            return state, (decision, None)  # as good as new: no write for each of hundreds of attempts
        if known is None and len(state.wishes) >= MOST_WISHES:
            return state, (decision, None)
        return state.wished(claim, now=time, until=time + WISH_SECONDS), (decision, None)

    return _change(table, change, now=now)


def _settle(table: EvaluationTable, suspects: Iterable[Entry], *, now: str) -> int:
    """Take the slots of those jobs that Bedrock does not run, and leave the others theirs; how many were taken.

    A lease that was renewed meanwhile is left alone, and so is one of which nobody can know yet.
    """
    freed = 0
    for suspect in suspects:
        name, time = suspect.claim.job_name, _seconds(now)
        runs = _runs(table, suspect, time=time)
        if runs is None:
            continue

        def settled(
            state: SlotState, *, suspect: Entry = suspect, name: str = name, runs: bool = runs, time: int = time
        ) -> tuple[SlotState, bool]:
            if state.leases.get(name) != suspect:
                return state, False
            if runs:
                return state.held(suspect.claim, now=time, until=time + RECHECK_SECONDS), False
            return state.released(name), True

        freed += _change(table, settled, now=now)
    return freed


def _runs(table: EvaluationTable, lease: Entry, *, time: int) -> bool | None:
    """Whether Bedrock runs the job; None while that cannot be known.

    One whose start was never recorded is found by its name, once lists show all that may have been started under the
    lease. One that Bedrock never had, and that nobody will ask for any more, gets its money back here: whoever ended it
    could not know.
    """
    claim = lease.claim
    known = table.job(claim.evaluation, claim.job_id) or {}
    arn = known.get("job_arn")
    if arn is None:
        if time < lease.until + jobs.LISTED_AFTER_SECONDS:
            return None
        arn = jobs.find(claim.job_name)
        if arn is not None:
            table.note_job(claim.evaluation, claim.job_id, {"job_arn": arn})
    if arn is not None:
        return jobs.look(arn).status in jobs.RUNNING
    if _is_over(table, claim.evaluation, known):
        spending.settle(table, claim.evaluation, claim.job_id, spent=0)
    return False


def _is_over(table: EvaluationTable, evaluation: str, known: Mapping[str, Any]) -> bool:
    """Whether a job, of which this is known, or its evaluation has ended."""
    ended = "status" in known and JobStatus(known["status"]).rank > JobStatus.STARTED.rank
    return ended or table.has_ended(evaluation)


def _recorded_claim(table: EvaluationTable, evaluation: str, job_id: str) -> Claim:
    known = table.job(evaluation, job_id) or {}
    return Claim(evaluation, job_id, identities.job_name(evaluation, job_id), tuple(known.get("judge_models", ())))


def _change[Result](
    table: EvaluationTable, change: Callable[[SlotState], tuple[SlotState, Result]], *, now: str
) -> Result:
    """Change the item as it was read, or read it again: of those who write at the same time one always gets through."""
    for _ in range(_ATTEMPTS):
        version, stored = _read(table)
        state = stored.current(now=_seconds(now))
        after, result = change(state)
        if after == state or _write(table, after, version):
            return result
    raise TryLaterError(f"the job slots changed {_ATTEMPTS} times while they were read")


def _read(table: EvaluationTable) -> tuple[int, SlotState]:
    with translated():
        answer = clients.table(table.name).get_item(Key=_KEY, ConsistentRead=True)
    item = cast("Mapping[str, Any] | None", answer.get("Item"))
    return (int(item["version"]), SlotState.from_json(item)) if item else (0, SlotState())


def _write(table: EvaluationTable, state: SlotState, version: int) -> bool:
    document = state.to_json()
    try:
        with translated():
            clients.table(table.name).update_item(
                Key=_KEY,
                UpdateExpression="SET #version = :next, #leases = :leases, #wishes = :wishes",
                ConditionExpression="#version = :version" if version else "attribute_not_exists(#version)",
                ExpressionAttributeNames={"#version": "version", "#leases": "leases", "#wishes": "wishes"},
                ExpressionAttributeValues={
                    ":next": version + 1,
                    ":leases": document["leases"],
                    ":wishes": document["wishes"],
                    **({":version": version} if version else {}),
                },
            )
    except ClientError as error:
        if code_of(error) == "ConditionalCheckFailedException":
            return False
        raise
    return True


def _seconds(now: str) -> int:
    return int(datetime.fromisoformat(now).timestamp())


_KEY: Final = {table_keys.PARTITION_KEY: table_keys.SLOTS_PARTITION, table_keys.SORT_KEY: table_keys.SLOTS_SORT}
