"""Keys, indexes and attributes of the table's items."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from gavel.names.identities import fingerprint

PARTITION_KEY: Final = "pk"
SORT_KEY: Final = "sk"
LISTING_INDEX: Final = "listing"  # all evaluations by time of start: GSI over listing_pk, listing_sk
LISTING_PARTITION_KEY: Final = "listing_pk"
LISTING_SORT_KEY: Final = "listing_sk"
LISTING_ALL: Final = "EVALUATIONS"
# What the reconciler has to see to: a sparse GSI. An evaluation leaves OPEN when its end was announced, and ON_BEDROCK
# when Bedrock keeps no record of its jobs any more.
UNFINISHED_INDEX: Final = "unfinished"
UNFINISHED_PARTITION_KEY: Final = "unfinished_pk"
UNFINISHED_SORT_KEY: Final = "unfinished_sk"


class Unfinished(StrEnum):
    """Partitions of the index of unfinished evaluations; OPEN is sorted by start, ON_BEDROCK by end."""

    OPEN = "OPEN"
    ON_BEDROCK = "ON_BEDROCK"


HEAD: Final = "HEAD"
JOB_SORT_PREFIX: Final = "JOB#"
TASK_TOKENS: Final = "task_tokens"  # of the executions that wait for a job's end; who has one can end the wait
# Attribute of a collected job: which of its answers speak to their judge (`gavel.results.flags.marks_of`).
FLAGGED: Final = "flagged"
SUMMARY_SORT_PREFIX: Final = "SUMMARY#"
COMPARISON_SORT_PREFIX: Final = "COMPARISON#"
GATE_SORT_PREFIX: Final = "GATE#"

# What a suite remembers: an item for each of its evaluations, sorted by start, and its baseline.
SUITE_EVALUATION_SORT_PREFIX: Final = "EVALUATION#"
BASELINE_SORT: Final = "BASELINE"


def suite_partition(suite: str) -> str:
    """Partition of what the table remembers of a suite."""
    return f"SUITE#{suite}"


def suite_evaluation_sort(created_at: str, evaluation: str) -> str:
    """Sort key of an evaluation in its suite's history."""
    return f"{SUITE_EVALUATION_SORT_PREFIX}{created_at}#{evaluation}"


SCHEDULES_PARTITION: Final = "SCHEDULES"  # an item for each suite that has one, under the suite's name

RECONCILER_PARTITION: Final = "RECONCILER"  # what one run of the reconciler leaves for the next
RECORDS: Final = "RECORDS"
LAST_RUN: Final = "LAST_RUN"  # when it looked at everything last, and what it could not do

# What jobs reserve and spend under a budget: an item for each job, and sums by evaluation and by suite and month.
RESERVATION_SORT_PREFIX: Final = "BUDGET#"
SPENDING: Final = "SPENDING"
DEPLOYMENT_SPENDING: Final = "SPENDING"  # partition of the sums of all suites together; the sort key is the month


def spending_partition(suite: str) -> str:
    """Partition of the sums that a suite spent; the sort key is the month, `2026-01`."""
    return f"SPENDING#{suite}"


def evaluation_partition(evaluation: str) -> str:
    """Partition of everything the table holds about one evaluation."""
    return f"EVALUATION#{evaluation}"


# Who holds a job slot and who waits for one: a single item for all evaluations.
SLOTS_PARTITION: Final = "SLOTS"
SLOTS_SORT: Final = "SLOTS"
REUSE_SORT: Final = "JOB"


def upload_partition(key: str, version: str) -> str:
    """Partition of the note that says which evaluation an uploaded version has started."""
    return f"UPLOAD#{fingerprint(key, version)}"


def reuse_partition(content_hash: str) -> str:
    """Partition of the finished job that did the work of that hash (`gavel.planning.reuse`)."""
    return f"REUSE#{content_hash}"
