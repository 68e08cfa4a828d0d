"""The records that Bedrock keeps of evaluation jobs: those that run, how many there are in all, and their deletion."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from gavel.aws import clients
from gavel.aws.failures import ClientError, code_of, translated
from gavel.names import identities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_bedrock.type_defs import EvaluationSummaryTypeDef

MOST_AT_ONCE: Final = 25  # BatchDeleteEvaluationJob takes no more
_OURS: Final = re.compile(identities.JOB_NAME_PATTERN)


@dataclass(frozen=True)
class RunningJob:
    """A job of this deployment that is InProgress on Bedrock."""

    arn: str
    evaluation: str
    job: str


def running(*, role_arn: str, evaluation: str | None = None) -> Iterator[RunningJob]:
    """Every job in progress that runs as the role `role_arn` and says whose it is; with `evaluation` only its own.

    A job's name says whether it may be ours, and only Get tells its role and description: at most twenty run at once.
    """
    digest = evaluation.rpartition("-")[2] if evaluation else None
    with translated():
        candidates = [
            job["jobArn"]
            for job in _listed(statusEquals="InProgress")
            if (named := _OURS.fullmatch(job["jobName"])) and digest in {None, named["digest"]}
        ]
    for arn in candidates:
        try:
            with translated():
                job = clients.bedrock().get_evaluation_job(jobIdentifier=arn)
        except ClientError as error:
            if code_of(error) == "ResourceNotFoundException":
                continue
            raise
        described = identities.described_job(job.get("jobDescription", ""))
        if job["roleArn"] == role_arn and described and evaluation in {None, described[0]}:
            yield RunningJob(arn, *described)


def names_running() -> frozenset[str]:
    """The names of all jobs in progress in this account and Region, as far as the list shows them yet."""
    with translated():
        return frozenset(job["jobName"] for job in _listed(statusEquals="InProgress"))


def completed(*, since: str) -> frozenset[str]:
    """The ARNs of jobs that were created after a time, in ISO 8601, and are completed."""
    with translated():
        listed = _listed(statusEquals="Completed", creationTimeAfter=datetime.fromisoformat(since))
        return frozenset(job["jobArn"] for job in listed)


def count() -> int:
    """How many records of evaluation jobs Bedrock keeps in this account and Region, whoever made them."""
    with translated():
        return sum(1 for _ in _listed())


def _listed(**which: Any) -> Iterator[EvaluationSummaryTypeDef]:
    """What Bedrock lists, with as few calls as it lets; errors come as boto3 raises them, while it is gone through."""
    pages = clients.bedrock().get_paginator("list_evaluation_jobs")
    for page in pages.paginate(**which, PaginationConfig={"PageSize": 1000}):
        yield from page.get("jobSummaries", [])


def delete(arns: Iterable[str]) -> Iterator[str]:
    """Delete the records of jobs that have ended, and give the ARNs of those that are gone; S3 keeps their results.

    A job that still runs, or that Bedrock will not delete for another reason, is left for another time.
    """
    for some in batched(arns, MOST_AT_ONCE):
        with translated():
            answer = clients.bedrock().batch_delete_evaluation_job(jobIdentifiers=list(some))
        # The answer names jobs by the last part of their ARN, or by all of it.
        gone = {item["jobIdentifier"].rpartition("/")[2] for item in answer.get("evaluationJobs", [])}
        gone |= {item["jobIdentifier"].rpartition("/")[2] for item in answer.get("errors", []) if item["code"] == "404"}
        yield from (arn for arn in some if arn.rpartition("/")[2] in gone)
