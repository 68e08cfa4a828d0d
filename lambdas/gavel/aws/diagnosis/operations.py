"""Gathers what `gavel.diagnosis.operations` judges, from the deployed system."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from gavel.aws import clients, executions, slots
from gavel.aws.diagnosis.asking import answered
from gavel.aws.table import EvaluationTable
from gavel.diagnosis import operations as meaning
from gavel.names.deployed import Output
from gavel.names.statuses import EvaluationStatus
from gavel.names.table_keys import LAST_RUN
from gavel.names.table_keys import Unfinished as Partition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gavel.diagnosis.finding import Finding

COUNTED_ERRORS: Final = 100  # of one Lambda; more are only said to be more
# What Lambda's runtime and Powertools call an error, in lines of JSON and in plain ones.
_ERROR: Final = "ERROR"


def look_at_operations(stack: str, outputs: Mapping[str, str], now: datetime) -> Iterator[Finding]:
    """Everything about how the deployed system is."""
    yield from _alarms(stack)
    if Output.TABLE in outputs:
        table = EvaluationTable(outputs[Output.TABLE])
        yield from _unfinished(table, outputs.get(Output.STATE_MACHINE, ""), now)
        yield from _slots(table, now)
        yield from _reconciler(table, now)
    yield from _errors(stack, now)
    yield from _drift(stack)


def _alarms(stack: str) -> Iterator[Finding]:
    def check() -> Iterator[Finding]:
        pages = clients.cloudwatch().get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{stack}-")
        found = [
            meaning.Alarm(alarm["AlarmName"], alarm["StateValue"], alarm.get("AlarmDescription", ""))
            for page in pages
            for alarm in page["MetricAlarms"]
        ]
        yield from meaning.alarms(found, stack=stack)

    return answered(meaning.ALARMS, "cloudwatch:DescribeAlarms", check)


def _unfinished(table: EvaluationTable, machine: str, now: datetime) -> Iterator[Finding]:
    def check() -> Iterator[Finding]:
        found = []
        for evaluation in table.unfinished(Partition.OPEN):
            head = table.head(evaluation)
            if head is None or not table.is_open(evaluation):
                continue  # the index is a moment behind the table
            execution = executions.look(evaluation, state_machine_arn=machine)
            found.append(
                meaning.Unfinished(
                    evaluation,
                    datetime.fromisoformat(head["created_at"]),
                    execution.status if execution else None,
                    EvaluationStatus(head["status"]).final,
                )
            )
        yield from meaning.unfinished(found, now=now)

    permissions = "dynamodb:Query on the table and its index `unfinished`, dynamodb:GetItem, states:DescribeExecution"
    return answered(meaning.UNFINISHED, permissions, check)


def _slots(table: EvaluationTable, now: datetime) -> Iterator[Finding]:
    def check() -> Iterator[Finding]:
        state = slots.state_of(table, now=now.isoformat())
        lapsed = {
            name: now - until
            for name, lease in state.leases.items()
            if (until := datetime.fromtimestamp(lease.until, UTC)) < now
        }
        yield meaning.slots(held=len(state.leases), waiting=len(state.wishes), lapsed=lapsed)

    return answered(meaning.SLOTS, "dynamodb:GetItem", check)


def _reconciler(table: EvaluationTable, now: datetime) -> Iterator[Finding]:
    def check() -> Iterator[Finding]:
        last: Mapping[str, Any] = table.recall(LAST_RUN) or {}
        at = datetime.fromisoformat(last["at"]) if "at" in last else None
        yield from meaning.reconciler(at=at, problems=last.get("problems", ()), now=now)

    return answered(meaning.RECONCILER, "dynamodb:GetItem", check)


def _errors(stack: str, now: datetime) -> Iterator[Finding]:
    def check() -> Iterator[Finding]:
        prefix = f"/aws/lambda/{stack}-"
        groups = clients.logs().get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
        since = int((now - meaning.LOOKED_BACK).timestamp() * 1000)
        counts, more = {}, set()
        for group in (group["logGroupName"] for page in groups for group in page["logGroups"]):
            name = group.removeprefix(prefix)
            counts[name], cut = _count(group, since)
            if cut:
                more.add(name)
        yield meaning.errors(counts, more=frozenset(more))

    return answered(meaning.ERRORS, "logs:DescribeLogGroups, logs:FilterLogEvents", check)


def _count(group: str, since: int) -> tuple[int, bool]:
    """Lines with an error since then, and whether there are more than were counted."""
    count = 0
    pages = clients.logs().get_paginator("filter_log_events")
    for page in pages.paginate(logGroupName=group, startTime=since, filterPattern=_ERROR):
        count += len(page["events"])
        if count >= COUNTED_ERRORS:
            return COUNTED_ERRORS, True
    return count, False


def _drift(stack: str) -> Iterator[Finding]:
    def check() -> Iterator[Finding]:
        known = clients.cloudformation().describe_stacks(StackName=stack)["Stacks"][0].get("DriftInformation")
        checked = known.get("LastCheckTimestamp") if known else None
        when = f"{checked:%Y-%m-%d %H:%M} UTC" if checked else None
        yield meaning.drift(known["StackDriftStatus"] if known else None, when)

    return answered(meaning.DRIFT, "cloudformation:DescribeStacks", check)
