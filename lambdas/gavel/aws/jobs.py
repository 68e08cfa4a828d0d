"""Bedrock's evaluation jobs: start, look, find, stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from gavel.aws import clients
from gavel.aws.failures import code_of, message_of, translated

if TYPE_CHECKING:
    from collections.abc import Mapping

# Statuses in which a job takes one of the account's places.
RUNNING: Final = frozenset({"InProgress", "Stopping"})


class JobRefusedError(Exception):
    """Bedrock will not start this job however often it is asked; the text is Bedrock's reason."""


@dataclass(frozen=True)
class JobView:
    """What one look at a job shows: Bedrock's status and, for a failed job, its reasons."""

    status: str
    reasons: tuple[str, ...] = ()


def start(request: Mapping[str, Any]) -> str:
    """Start a job and return its ARN; asking again with the same request gives the same job.

    Raises QuotaFullError or TryLaterError when Bedrock has no room or is busy, JobRefusedError when it refuses (a
    missing permission is such a refusal: it concerns the models of this one job).
    A ConflictException says that the name is taken; names are deterministic, so the job of that name is this one (its
    start's answer was lost and its token forgotten), and it is adopted.
    """
    try:
        with translated(denials=False):
            return clients.bedrock().create_evaluation_job(**request)["jobArn"]
    except ClientError as error:
        if code_of(error) == "ConflictException":
            found = find(request["jobName"])
            if found:
                return found
        raise JobRefusedError(f"CreateEvaluationJob: {code_of(error)}: {message_of(error)}") from error


def find(job_name: str) -> str | None:
    """The ARN of the job with exactly that name, or None."""
    with translated():
        pages = clients.bedrock().get_paginator("list_evaluation_jobs").paginate(nameContains=job_name)
        for page in pages:
            for job in page.get("jobSummaries", []):
                if job["jobName"] == job_name:
                    return job["jobArn"]
    return None


def look(job_arn: str) -> JobView:
    """The job's status; a job that Bedrock no longer knows counts as Deleting."""
    try:
        with translated():
            answer = clients.bedrock().get_evaluation_job(jobIdentifier=job_arn)
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return JobView("Deleting")
        raise
    return JobView(answer["status"], tuple(answer.get("failureMessages", [])))


def stop(job_arn: str) -> None:
    """Ask Bedrock to stop a job; one that ended already or is gone is left in peace.

    The API models ConflictException for a job that has ended; whether the service says ValidationException instead is
    not documented, so both are taken for that.
    """
    try:
        with translated():
            clients.bedrock().stop_evaluation_job(jobIdentifier=job_arn)
    except ClientError as error:
        if code_of(error) not in {"ConflictException", "ResourceNotFoundException", "ValidationException"}:
            raise
