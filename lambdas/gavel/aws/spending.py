"""Money of evaluations with a budget: each job reserves what it is expected to cost, and settles what was counted.

These items of the table change together in a transaction: the job's reservation, the sum of its evaluation, the sum of
its suite in the month in which the evaluation was created, and, where the deployment has a limit for a month, the sum
of all suites in it. A reservation is made once and settled once, however
often a step is repeated; a sum never passes its limit by a reservation. What a job costs more than it reserved shows
when it is settled, and then stops the jobs after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from gavel.aws import clients
from gavel.aws.failures import code_of, translated
from gavel.names import table_keys
from gavel.pricing.budget import MICRO
from gavel.problems import TryLaterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.aws.table import EvaluationTable
    from gavel.planning.manifest import Manifest
    from gavel.pricing.budget import Budget

_SUM: Final = "micro_usd"
SETTLED: Final = "not started: this job has ended, and the money that it had reserved was given back"
_FAILED_CONDITION: Final = "ConditionalCheckFailed"


@dataclass(frozen=True)
class _Limit:
    """A sum in the table, and what it may not pass, in millionths of a USD."""

    partition: str
    sort: str
    most: int | None
    words: str


def month_of(manifest: Manifest) -> str:
    """The month that an evaluation is counted in: that of its creation, in UTC, `2026-01`."""
    return manifest.created_at[:7]


def of_month(table: EvaluationTable, suite: str, month: str) -> int:
    """What evaluations of a suite have spent or reserved in a month, in millionths of a USD."""
    return _sum(table, table_keys.spending_partition(suite), month)


def of_deployment(table: EvaluationTable, month: str) -> int:
    """What evaluations of all suites have spent or reserved in a month, in millionths of a USD.

    Only those are counted that started while the deployment had a limit for a month.
    """
    return _sum(table, table_keys.DEPLOYMENT_SPENDING, month)


def of_evaluation(table: EvaluationTable, evaluation: str) -> int:
    """What an evaluation has spent or reserved, in millionths of a USD."""
    return _sum(table, table_keys.evaluation_partition(evaluation), table_keys.SPENDING)


def reserve(table: EvaluationTable, manifest: Manifest, job_id: str, *, amount: int) -> str | None:
    """Reserve `amount` (millionths of a USD) for a job under the manifest's budget; None when it is reserved.

    Otherwise the reason why it is not: which limit it would pass, with the figures, or that the job's money was settled
    already, so that a delivery which comes too late starts nothing. Raises TryLaterError when another
    job changes the same sum at the same moment.
    """
    evaluation, suite, budget = manifest.evaluation_id, manifest.suite.name, manifest.suite.budget
    month = month_of(manifest)
    limits = [
        _limit_of_evaluation(evaluation, budget),
        _Limit(table_keys.spending_partition(suite), month, _most(budget.per_month_usd), "budget per_month_usd"),
    ]
    reservation: dict[str, Any] = {"amount": amount, "suite": suite, "month": month}
    if budget.ceiling.per_month_usd is not None:
        most = _most(budget.ceiling.per_month_usd)
        limits.append(
            _Limit(table_keys.DEPLOYMENT_SPENDING, month, most, "the deployment's spending_limit per_month_usd")
        )
        reservation["of_deployment"] = True
    changes = [
        _once(
            table_keys.evaluation_partition(evaluation),
            table_keys.RESERVATION_SORT_PREFIX + job_id,
            "reservation",
            reservation,
        ),
        *(_add(limit.partition, limit.sort, amount, most=limit.most) for limit in limits),
    ]
    failed = _transact(table, changes)
    if not failed:
        return None
    if 0 in failed:
        known = (
            _get(table, table_keys.evaluation_partition(evaluation), table_keys.RESERVATION_SORT_PREFIX + job_id) or {}
        )
        return SETTLED if "spent" in known else None
    return "; ".join(
        _reason(limit, amount, taken=_sum(table, limit.partition, limit.sort))
        for place, limit in enumerate(limits, start=1)
        if place in failed
    )


def settle(table: EvaluationTable, evaluation: str, job_id: str, *, spent: int | None) -> None:
    """Put what a job cost (millionths of a USD) in the place of what it reserved; once, and nothing without a
    reservation. What nobody knows (None) counts as all that was reserved.
    """
    partition, sort = table_keys.evaluation_partition(evaluation), table_keys.RESERVATION_SORT_PREFIX + job_id
    item = _get(table, partition, sort)
    if item is None or "spent" in item:
        return
    reservation = item["reservation"]
    amount = int(reservation["amount"])
    cost = amount if spent is None else spent
    more = cost - amount
    changes = [
        _once(partition, sort, "spent", cost),
        _add(partition, table_keys.SPENDING, more),
        _add(table_keys.spending_partition(reservation["suite"]), reservation["month"], more),
    ]
    if reservation.get("of_deployment"):
        changes.append(_add(table_keys.DEPLOYMENT_SPENDING, reservation["month"], more))
    _transact(table, changes)


def _limit_of_evaluation(evaluation: str, budget: Budget) -> _Limit:
    """The tighter of the suite's limit and the deployment's."""
    own, ceiling = _most(budget.per_evaluation_usd), _most(budget.ceiling.per_evaluation_usd)
    words = "budget per_evaluation_usd"
    if ceiling is not None and (own is None or ceiling < own):
        own, words = ceiling, "the deployment's spending_limit per_evaluation_usd"
    return _Limit(table_keys.evaluation_partition(evaluation), table_keys.SPENDING, own, words)


def _most(usd: float | None) -> int | None:
    return None if usd is None else round(usd * MICRO)


def _reason(limit: _Limit, amount: int, *, taken: int) -> str:
    most = limit.most or 0
    return (
        f"not started: {limit.words} allows ${most / MICRO:,.2f}, ${taken / MICRO:,.2f} are spent or reserved, "
        f"and this job needs ${amount / MICRO:,.4f}"
    )


def _add(partition: str, sort: str, amount: int, *, most: int | None = None) -> dict[str, Any]:
    """A change of a sum that happens only if the sum stays within `most`."""
    update: dict[str, Any] = {
        "Key": {table_keys.PARTITION_KEY: partition, table_keys.SORT_KEY: sort},
        "UpdateExpression": "ADD #sum :amount",
        "ExpressionAttributeNames": {"#sum": _SUM},
        "ExpressionAttributeValues": {":amount": amount},
    }
    if most is not None:
        room = most - amount
        # No comparison with an absent attribute holds, so the first reservation needs a clause of its own.
        first = "attribute_not_exists(#sum) OR " if room >= 0 else ""
        update["ConditionExpression"] = f"{first}#sum <= :room"
        update["ExpressionAttributeValues"][":room"] = room
    return update


def _once(partition: str, sort: str, name: str, value: object) -> dict[str, Any]:
    """A change that gives an item an attribute which it does not have yet."""
    return {
        "Key": {table_keys.PARTITION_KEY: partition, table_keys.SORT_KEY: sort},
        "UpdateExpression": "SET #name = :value",
        "ConditionExpression": "attribute_not_exists(#name)",
        "ExpressionAttributeNames": {"#name": name},
        "ExpressionAttributeValues": {":value": value},
    }


def _transact(table: EvaluationTable, changes: Sequence[dict[str, Any]]) -> set[int]:
    """Make all changes or none; the places of those whose condition did not hold."""
    client = clients.table(table.name).meta.client
    try:
        with translated():
            client.transact_write_items(
                TransactItems=[{"Update": {"TableName": table.name, **change}} for change in changes]  # type: ignore[typeddict-item]
            )
    except ClientError as error:
        if code_of(error) != "TransactionCanceledException":
            raise
        codes = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
        failed = {place for place, code in enumerate(codes) if code == _FAILED_CONDITION}
        if failed:
            return failed
        raise TryLaterError(f"TransactWriteItems: {', '.join(codes) or 'cancelled'}") from error
    return set()


def _sum(table: EvaluationTable, partition: str, sort: str) -> int:
    return int((_get(table, partition, sort) or {}).get(_SUM, 0))


def _get(table: EvaluationTable, partition: str, sort: str) -> dict[str, Any] | None:
    with translated():
        answer = clients.table(table.name).get_item(
            Key={table_keys.PARTITION_KEY: partition, table_keys.SORT_KEY: sort}, ConsistentRead=True
        )
    return answer.get("Item")
