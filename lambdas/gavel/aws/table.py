"""The evaluations table: heads, jobs, summaries and comparisons. Every write may be repeated; no status goes back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any, cast

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from gavel.aws import clients
from gavel.aws.failures import code_of, translated
from gavel.aws.items import loaded, stored
from gavel.names import table_keys
from gavel.names.statuses import EvaluationStatus, JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb.service_resource import Table

Item = dict[str, Any]

_LOOKED_AT = 1000


@dataclass(frozen=True)
class Page:
    """A page of a listing and the token that continues it (None at the end)."""

    items: list[Item]
    next_token: str | None


@dataclass(frozen=True)
class EvaluationTable:
    """The table of one deployment. Every method raises the errors of `failures.translated`."""

    name: str

    @property
    def _table(self) -> Table:
        return clients.table(self.name)

    # --- heads

    def create_head(self, evaluation: str, facts: Mapping[str, object], *, now: str) -> bool:
        """Write the head of a new evaluation in status STARTING; False when there is one already, which stays as it
        is.
        """
        status = EvaluationStatus.STARTING
        item = {
            table_keys.PARTITION_KEY: table_keys.evaluation_partition(evaluation),
            table_keys.SORT_KEY: table_keys.HEAD,
            table_keys.LISTING_PARTITION_KEY: table_keys.LISTING_ALL,
            table_keys.LISTING_SORT_KEY: f"{now}#{evaluation}",
            table_keys.UNFINISHED_PARTITION_KEY: table_keys.Unfinished.OPEN.value,
            table_keys.UNFINISHED_SORT_KEY: f"{now}#{evaluation}",
            "evaluation_id": evaluation,
            "status": status.value,
            "rank": status.rank,
            "created_at": now,
            "updated_at": now,
            **facts,
        }
        try:
            with translated():
                self._table.put_item(
                    Item=stored(item),
                    ConditionExpression="attribute_not_exists(#pk)",
                    ExpressionAttributeNames={"#pk": table_keys.PARTITION_KEY},
                )
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def claim_upload(self, key: str, version: str, evaluation: str) -> str:
        """The evaluation that an uploaded version starts: this one, or the one that claimed it before."""
        place = {
            table_keys.PARTITION_KEY: table_keys.upload_partition(key, version),
            table_keys.SORT_KEY: table_keys.HEAD,
        }
        try:
            with translated():
                self._table.put_item(
                    Item={**place, "evaluation_id": evaluation},
                    ConditionExpression="attribute_not_exists(#pk)",
                    ExpressionAttributeNames={"#pk": table_keys.PARTITION_KEY},
                )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            with translated():
                return str(self._table.get_item(Key=place, ConsistentRead=True)["Item"]["evaluation_id"])
        return evaluation

    def head(self, evaluation: str) -> Item | None:
        """The head of an evaluation, or None."""
        return self._get(evaluation, table_keys.HEAD)

    def advance(
        self, evaluation: str, status: EvaluationStatus, *, now: str, facts: Mapping[str, object] | None = None
    ) -> bool:
        """Move an evaluation forward and add facts to its head; False when it stands at that status or beyond."""
        ended = {"ended_at": now} if status.final else {}
        return self._forward(
            evaluation,
            table_keys.HEAD,
            status.value,
            rank=status.rank,
            facts={"updated_at": now, **ended, **(facts or {})},
        )

    def request_stop(self, evaluation: str, *, now: str) -> bool:
        """Ask for the evaluation's stop; False when that was done before, when it has ended, or when there is none."""
        return self._update(
            evaluation,
            table_keys.HEAD,
            {"stop_requested_at": now, "updated_at": now},
            condition="attribute_exists(#pk) AND attribute_not_exists(#f0) AND #rank < :rank",
            values={":rank": EvaluationStatus.STOPPED.rank},
        )

    def stop_requested(self, evaluation: str) -> bool:
        """Whether an evaluation is to do nothing more: its stop was asked for, or it has ended."""
        head = self.head(evaluation)
        return head is not None and ("stop_requested_at" in head or EvaluationStatus(head["status"]).final)

    def has_ended(self, evaluation: str) -> bool:
        """Whether an evaluation has its final status; False for one that nobody knows."""
        head = self.head(evaluation)
        return head is not None and EvaluationStatus(head["status"]).final

    def note(self, evaluation: str, facts: Mapping[str, object]) -> None:
        """Add facts to the head of an evaluation, whatever its status."""
        self._update(evaluation, table_keys.HEAD, facts, condition="attribute_exists(#pk)")

    def note_before_end(self, evaluation: str, facts: Mapping[str, object]) -> bool:
        """Add facts to the head of an evaluation that has not ended; False, and no change, when it has.

        For what a late delivery of a step might say of an evaluation whose end was announced with another reason.
        """
        condition, values = "attribute_exists(#pk) AND #rank < :rank", {":rank": EvaluationStatus.STOPPED.rank}
        return self._update(evaluation, table_keys.HEAD, facts, condition=condition, values=values)

    def evaluations(
        self,
        *,
        limit: int,
        token: str | None = None,
        suite: str | None = None,
        statuses: Sequence[str] = (),
        outcome: str | None = None,
    ) -> Page:
        """Heads by time of start, newest first, that fit all filters (any of `statuses`).

        `token` is the one of the page before. With filters a page may be short, or empty, while its token continues it:
        it looks at 1,000 heads at most.
        """
        condition = _all_of({"suite": suite, "status": statuses, "verdict.outcome": outcome})
        arguments: dict[str, Any] = {} if condition is None else {"FilterExpression": condition}
        if token:
            sort, _, evaluation = token.rpartition("#")
            arguments["ExclusiveStartKey"] = _listing_key(sort, evaluation)
        found: list[Mapping[str, Any]] = []
        looked, at_once = 0, limit if condition is None else max(limit, 100)
        while True:
            with translated():
                answer = self._table.query(
                    IndexName=table_keys.LISTING_INDEX,
                    KeyConditionExpression=Key(table_keys.LISTING_PARTITION_KEY).eq(table_keys.LISTING_ALL),
                    ScanIndexForward=False,
                    Limit=at_once,
                    **arguments,
                )
            found += answer["Items"]
            looked += at_once
            last = answer.get("LastEvaluatedKey")
            if len(found) >= limit:
                more = last is not None or len(found) > limit
                found = found[:limit]
                end = str(found[-1][table_keys.LISTING_SORT_KEY]) if more else None
                return Page([_public(item) for item in found], end)
            if last is None or looked >= _LOOKED_AT:
                return Page([_public(item) for item in found], str(last[table_keys.LISTING_SORT_KEY]) if last else None)
            arguments["ExclusiveStartKey"] = last

    # --- what the reconciler has to see to

    def close(self, evaluation: str, *, ended_at: str) -> None:
        """Say that the end of an evaluation was announced: what is left are Bedrock's records of its jobs."""
        facts = {
            table_keys.UNFINISHED_PARTITION_KEY: table_keys.Unfinished.ON_BEDROCK.value,
            table_keys.UNFINISHED_SORT_KEY: f"{ended_at}#{evaluation}",
        }
        self._update(
            evaluation,
            table_keys.HEAD,
            facts,
            condition="#f0 = :open",
            values={":open": table_keys.Unfinished.OPEN.value},
        )

    def is_open(self, evaluation: str) -> bool:
        """Whether the end of an evaluation was not announced yet."""
        with translated():
            answer = self._table.get_item(Key=_key(evaluation, table_keys.HEAD), ConsistentRead=True)
        return answer.get("Item", {}).get(table_keys.UNFINISHED_PARTITION_KEY) == table_keys.Unfinished.OPEN.value

    def settle(self, evaluation: str) -> None:
        """Say that nothing is left to do for an evaluation."""
        with translated():
            self._table.update_item(
                Key=_key(evaluation, table_keys.HEAD),
                UpdateExpression="REMOVE #pk, #sk",
                ExpressionAttributeNames={
                    "#pk": table_keys.UNFINISHED_PARTITION_KEY,
                    "#sk": table_keys.UNFINISHED_SORT_KEY,
                },
            )

    def unfinished(self, where: table_keys.Unfinished, *, before: str | None = None) -> Iterator[str]:
        """Ids of unfinished evaluations, the oldest first; with `before` only those that came there before a time."""
        condition: Any = Key(table_keys.UNFINISHED_PARTITION_KEY).eq(where.value)
        if before is not None:
            condition &= Key(table_keys.UNFINISHED_SORT_KEY).lt(before)
        for item in self._pages(IndexName=table_keys.UNFINISHED_INDEX, KeyConditionExpression=condition):
            yield str(item[table_keys.UNFINISHED_SORT_KEY]).partition("#")[2]

    def recall(self, what: str) -> Item | None:
        """What the reconciler wrote down under that name, or None."""
        with translated():
            key = {table_keys.PARTITION_KEY: table_keys.RECONCILER_PARTITION, table_keys.SORT_KEY: what}
            answer = self._table.get_item(Key=key, ConsistentRead=True)
        item = answer.get("Item")
        return None if item is None else _public(item)

    def remember(self, what: str, facts: Mapping[str, object]) -> None:
        """Write something down for the reconciler's next run."""
        key = {table_keys.PARTITION_KEY: table_keys.RECONCILER_PARTITION, table_keys.SORT_KEY: what}
        with translated():
            self._table.put_item(Item=stored({**key, **facts}))

    # --- jobs

    def job(self, evaluation: str, job: str) -> Item | None:
        """What is known of a job, or None."""
        return self._get(evaluation, table_keys.JOB_SORT_PREFIX + job)

    def advance_job(self, evaluation: str, job: str, status: JobStatus, facts: Mapping[str, object]) -> bool:
        """Move a job forward and add facts; False when it had ended before."""
        return self._forward(
            evaluation, table_keys.JOB_SORT_PREFIX + job, status.value, rank=status.rank, facts={"job_id": job, **facts}
        )

    def await_job(self, evaluation: str, job: str, token: str) -> bool:
        """Note who waits for the end of a job; False when it has ended, so that nobody would be told.

        All tokens are kept: whoever came late with an old one must not take the place of the one that is waited on.
        """
        try:
            with translated():
                self._table.update_item(
                    Key=_key(evaluation, table_keys.JOB_SORT_PREFIX + job),
                    UpdateExpression="ADD #tokens :tokens",
                    ConditionExpression="#rank = :rank",
                    ExpressionAttributeNames={"#tokens": table_keys.TASK_TOKENS, "#rank": "rank"},
                    ExpressionAttributeValues={":tokens": {token}, ":rank": JobStatus.STARTED.rank},
                )
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def task_tokens(self, evaluation: str, job: str) -> frozenset[str]:
        """The tokens of all who wait for the end of a job, or waited; no other view of a job shows them."""
        with translated():
            answer = self._table.get_item(Key=_key(evaluation, table_keys.JOB_SORT_PREFIX + job), ConsistentRead=True)
        return frozenset(cast("set[str]", answer.get("Item", {}).get(table_keys.TASK_TOKENS, ())))

    def note_job(self, evaluation: str, job: str, facts: Mapping[str, object]) -> None:
        """Add facts to a job that is known, whatever its status."""
        self._update(evaluation, table_keys.JOB_SORT_PREFIX + job, facts, condition="attribute_exists(#pk)")

    def jobs(self, evaluation: str, *, flagged: bool = False) -> Iterator[Item]:
        """Every job of an evaluation that was started or failed to start; with its `FLAGGED` answers where asked for.

        These may be many, and there are callers that hold all jobs of an evaluation in little memory.
        """
        for job in self._below(evaluation, table_keys.JOB_SORT_PREFIX):
            yield job if flagged else {name: fact for name, fact in job.items() if name != table_keys.FLAGGED}

    def reserving_jobs(self, evaluation: str) -> Iterator[str]:
        """Ids of the jobs for which money is reserved, and what they cost is not settled."""
        partition, prefix = table_keys.evaluation_partition(evaluation), table_keys.RESERVATION_SORT_PREFIX
        condition = Key(table_keys.PARTITION_KEY).eq(partition) & Key(table_keys.SORT_KEY).begins_with(prefix)
        for item in self._pages(KeyConditionExpression=condition, ConsistentRead=True):
            if "spent" not in item:
                yield str(item[table_keys.SORT_KEY]).removeprefix(prefix)

    # --- results

    def put_results(self, evaluation: str, prefix: str, results: Iterable[tuple[str, Mapping[str, object]]]) -> None:
        """Write summaries or comparisons under `prefix`; the same ones again change nothing."""
        with translated(), self._table.batch_writer() as batch:
            for name, result in results:
                batch.put_item(
                    Item=stored(
                        {
                            table_keys.PARTITION_KEY: table_keys.evaluation_partition(evaluation),
                            table_keys.SORT_KEY: prefix + name,
                            **result,
                        }
                    )
                )

    def results(self, evaluation: str, prefix: str) -> Iterator[Item]:
        """The summaries or comparisons of an evaluation."""
        return self._below(evaluation, prefix)

    def results_after(self, evaluation: str, prefix: str, after: str | None) -> Iterator[tuple[str, Item]]:
        """The summaries or comparisons behind a sort key (None: all of them), each with its own."""
        partition = Key(table_keys.PARTITION_KEY).eq(table_keys.evaluation_partition(evaluation))
        # "~" comes behind every character of the keys.
        first, last = f"{after}\0" if after else prefix, f"{prefix}~"
        if first.encode() > last.encode():
            return
        condition = partition & Key(table_keys.SORT_KEY).between(first, last)
        for item in self._pages(KeyConditionExpression=condition, ConsistentRead=True):
            yield str(item[table_keys.SORT_KEY]), _public(item)

    # --- shared

    def _get(self, evaluation: str, sort: str) -> Item | None:
        with translated():
            answer = self._table.get_item(Key=_key(evaluation, sort), ConsistentRead=True)
        item = answer.get("Item")
        return None if item is None else _public(item)

    def _below(self, evaluation: str, prefix: str) -> Iterator[Item]:
        condition = Key(table_keys.PARTITION_KEY).eq(table_keys.evaluation_partition(evaluation)) & Key(
            table_keys.SORT_KEY
        ).begins_with(prefix)
        for item in self._pages(KeyConditionExpression=condition, ConsistentRead=True):
            yield _public(item)

    def _pages(self, **query: Any) -> Iterator[Mapping[str, object]]:
        start: dict[str, Any] = {}
        while True:
            with translated():
                answer = self._table.query(**query, **start)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _forward(self, evaluation: str, sort: str, status: str, *, rank: int, facts: Mapping[str, object]) -> bool:
        return self._update(
            evaluation,
            sort,
            {**facts, "status": status, "rank": rank},
            condition="attribute_not_exists(#rank) OR #rank < :rank",
            values={":rank": rank},
        )

    def _update(
        self,
        evaluation: str,
        sort: str,
        facts: Mapping[str, object],
        *,
        condition: str,
        values: Mapping[str, object] | None = None,
    ) -> bool:
        """Set facts under a condition, which may name field n of them as #fn, the rank as #rank, the key as #pk."""
        fields = list(facts)
        aliases = {f"#f{index}": field for index, field in enumerate(fields)}
        given = {f":f{index}": stored(facts[field]) for index, field in enumerate(fields)} | dict(values or {})
        if "#rank" in condition:
            aliases["#rank"] = "rank"
        if "#pk" in condition:
            aliases["#pk"] = table_keys.PARTITION_KEY
        try:
            with translated():
                self._table.update_item(
                    Key=_key(evaluation, sort),
                    UpdateExpression="SET " + ", ".join(f"#f{index} = :f{index}" for index in range(len(fields))),
                    ConditionExpression=condition,
                    ExpressionAttributeNames=aliases,
                    ExpressionAttributeValues=given,
                )
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True


def _all_of(wanted: Mapping[str, str | Sequence[str] | None]) -> Any:
    """The condition that all attributes have those values, or one of several; None where nothing is wanted."""
    conditions = [
        Attr(name).eq(value) if isinstance(value, str) else Attr(name).is_in(list(value))
        for name, value in wanted.items()
        if value
    ]
    return reduce(and_, conditions) if conditions else None


def _listing_key(sort: str, evaluation: str) -> dict[str, str]:
    return {
        table_keys.PARTITION_KEY: table_keys.evaluation_partition(evaluation),
        table_keys.SORT_KEY: table_keys.HEAD,
        table_keys.LISTING_PARTITION_KEY: table_keys.LISTING_ALL,
        table_keys.LISTING_SORT_KEY: f"{sort}#{evaluation}",
    }


def _key(evaluation: str, sort: str) -> dict[str, str]:
    return {table_keys.PARTITION_KEY: table_keys.evaluation_partition(evaluation), table_keys.SORT_KEY: sort}


_INTERNAL = frozenset(
    {
        table_keys.PARTITION_KEY,
        table_keys.SORT_KEY,
        table_keys.LISTING_PARTITION_KEY,
        table_keys.LISTING_SORT_KEY,
        table_keys.UNFINISHED_PARTITION_KEY,
        table_keys.UNFINISHED_SORT_KEY,
        table_keys.TASK_TOKENS,
        "rank",
    }
)


def _public(item: Mapping[str, object]) -> Item:
    """An item without the attributes that only the table needs."""
    return cast("Item", loaded({key: value for key, value in item.items() if key not in _INTERNAL}))
