"""Job slots in the table: one item for all evaluations of the deployment, changed only as it was read.

A slot is a lease. StartJob takes it before it asks Bedrock for the job, CheckJob renews it, whoever ends the job gives
it back. A lease of a crashed owner runs out; then whoever needs the slot asks Bedrock, and takes it only when that job
does not run. Several deployments in one account and Region do not know of each other: there Bedrock's own quota
decides, and its ServiceQuotaExceededException waits like a full slot.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, cast

from botocore.exceptions import ClientError

from gavel import names
from gavel.admission.rules import decide
from gavel.admission.state import Claim, SlotState
from gavel.aws import clients, jobs
from gavel.aws.failures import code_of, translated
from gavel.problems import SlotsFullError, TryLaterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from gavel.admission.rules import Decision
    from gavel.admission.state import Entry, Limits
    from gavel.aws.table import EvaluationTable

# How long after the next expected look a lease still lives: longer than a step that fails is tried again.
GRACE_SECONDS: Final = 3600
# How long a job that was found running keeps a lease that had run out.
RECHECK_SECONDS: Final = 300
# How long a wish lives, and how much of that is left when it is renewed: more than the longest wait between attempts.
WISH_SECONDS: Final = 1800
RENEWAL_SECONDS: Final = 1200
# DynamoDB's items end at 400 KB; a wish takes about 300 bytes. Who comes later asks again until there is room.
MOST_WISHES: Final = 800
_ATTEMPTS: Final = 30
_MOST_SUSPECTS: Final = 3


def acquire(table: EvaluationTable, claim: Claim, *, limits: Limits, wait_seconds: int, now: str) -> None:
    """Hold a slot for a job that is looked at for the first time after `wait_seconds`.

    A job may ask any number of times. Raises SlotsFullError when there is no room or others go first; the job then
    stands in the queue.
    """
    decision = _decided(table, claim, limits=limits, wait_seconds=wait_seconds, now=now)
    if not decision.granted and _settle(table, decision.suspects[:_MOST_SUSPECTS], now=now):
        decision = _decided(table, claim, limits=limits, wait_seconds=wait_seconds, now=now)
    if not decision.granted:
        raise SlotsFullError(f"{decision.reason}; the job waits for its turn")


def keep(table: EvaluationTable, evaluation: str, job_id: str, *, wait_seconds: int, now: str) -> None:
    """Renew the lease of a running job until after its next look; a lease that was lost is there again, room or not."""
    time = _seconds(now)
    name = names.job_name(evaluation, job_id)

    def renewed(state: SlotState) -> tuple[SlotState, None]:
        lease = state.leases.get(name)
        claim = lease.claim if lease else _recorded_claim(table, evaluation, job_id)
        return state.held(claim, now=time, until=time + wait_seconds + GRACE_SECONDS), None

    _change(table, renewed, now=now)


def holds(table: EvaluationTable, evaluation: str, job_id: str) -> bool:
    """Whether a job holds a slot: without one Bedrock was never asked for it."""
    _, state = _read(table)
    return names.job_name(evaluation, job_id) in state.leases


def release(table: EvaluationTable, evaluation: str, job_id: str, *, now: str) -> None:
    """Give back the slot of a job that does not run, or its place in the queue."""
    name = names.job_name(evaluation, job_id)
    _change(table, lambda state: (state.released(name), None), now=now)


def lapse(table: EvaluationTable, evaluation: str, job_id: str, *, now: str, after: int = 0) -> None:
    """Let the lease of a job run out, `after` seconds from now: one that may run on Bedrock takes room there until it
    has stopped.
    """
    name = names.job_name(evaluation, job_id)
    _change(table, lambda state: (state.lapsed(name, now=_seconds(now) + after), None), now=now)


def forget(table: EvaluationTable, evaluation: str, *, now: str) -> None:
    """Let all leases of an evaluation run out, and take it out of the queue: it has ended, or nobody runs it."""

    def forgotten(state: SlotState) -> tuple[SlotState, None]:
        for entries in (state.leases, state.wishes):
            for name, entry in entries.items():
                if entry.claim.evaluation == evaluation:
                    state = state.lapsed(name, now=_seconds(now))
        return state, None

    _change(table, forgotten, now=now)


def sweep(table: EvaluationTable, *, now: str) -> int:
    """Ask Bedrock about every lease that has run out; the number of slots that became free."""
    _, state = _read(table)
    overdue = [lease for lease in state.leases.values() if lease.until <= _seconds(now)]
    return _settle(table, overdue, now=now)


def _decided(table: EvaluationTable, claim: Claim, *, limits: Limits, wait_seconds: int, now: str) -> Decision:
    time = _seconds(now)

    def change(state: SlotState) -> tuple[SlotState, Decision]:
        decision = decide(state, claim, now=time, limits=limits)
        if decision.granted:
            return state.held(claim, now=time, until=time + wait_seconds + GRACE_SECONDS), decision
        known = state.wishes.get(claim.job_name)
        if known and known.until - time > RENEWAL_SECONDS:
            return state, decision  # as good as new: no write for each of hundreds of attempts
        if known is None and len(state.wishes) >= MOST_WISHES:
            return state, decision
        return state.wished(claim, now=time, until=time + WISH_SECONDS), decision

    return _change(table, change, now=now)


def _settle(table: EvaluationTable, suspects: Iterable[Entry], *, now: str) -> int:
    """Take the slots of those jobs that Bedrock does not run, and leave the others theirs; how many were taken.

    A lease that was renewed meanwhile is left alone.
    """
    freed = 0
    for suspect in suspects:
        runs = _runs(table, suspect.claim)
        name, time = suspect.claim.job_name, _seconds(now)

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


def _runs(table: EvaluationTable, claim: Claim) -> bool:
    """Whether Bedrock runs the job; one whose start was never recorded is found by its name."""
    known = table.job(claim.evaluation, claim.job_id) or {}
    arn = known.get("job_arn") or jobs.find(claim.job_name)
    return arn is not None and jobs.look(arn).status in jobs.RUNNING


def _recorded_claim(table: EvaluationTable, evaluation: str, job_id: str) -> Claim:
    known = table.job(evaluation, job_id) or {}
    return Claim(evaluation, job_id, names.job_name(evaluation, job_id), tuple(known.get("judge_models", ())))


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


_KEY: Final = {names.PARTITION_KEY: names.SLOTS_PARTITION, names.SORT_KEY: names.SLOTS_SORT}
