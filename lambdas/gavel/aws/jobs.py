"""Bedrock's evaluation jobs: start, look, find, stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from gavel.aws import clients
from gavel.aws.failures import code_of, message_of, translated
from gavel.problems import TryLaterError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Statuses in which a job takes one of the account's places.
RUNNING: Final = frozenset({"InProgress", "Stopping"})
# So long after a job was created a list may not show it yet. How far lists lag behind is not documented, but lists of
# other control planes of AWS do ("eventual consistency", Amazon EC2 API reference), so nobody believes one sooner.
LISTED_AFTER_SECONDS: Final = 300
_IDENTITY: Final = ("jobDescription", "roleArn", "outputDataConfig")


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
    A ConflictException says that the name is taken: by this very job when its start's answer was lost and Bedrock has
    forgotten the token; then it is adopted. A job of that name that is not ours is left alone, and this one refused.
    """
    try:
        with translated(denials=False):
            return clients.bedrock().create_evaluation_job(**request)["jobArn"]
    except ClientError as error:
        if code_of(error) == "ConflictException":
            return _adopted(request, error)
        raise JobRefusedError(f"CreateEvaluationJob: {code_of(error)}: {message_of(error)}") from error


def _adopted(request: Mapping[str, Any], conflict: ClientError) -> str:
    """The ARN of the job that has the name, if it is the one that was asked for.

    GetEvaluationJob does not tell the token, so what must be the same is what tells jobs of Gavel apart: the
    description, which names evaluation and job; the role, which belongs to one deployment; and where results go.
    """
    name = request["jobName"]
    arn = find(name)
    if arn is None:
        # Lists may come late; a job that was deleted between the two calls makes room for this one.
        raise TryLaterError(f"CreateEvaluationJob: {code_of(conflict)}, yet no job {name} is listed") from conflict
    try:
        with translated():
            known = clients.bedrock().get_evaluation_job(jobIdentifier=arn)
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            raise TryLaterError(f"the job {arn}, which has the name {name}, is being deleted") from error
        raise
    foreign = [field for field in _IDENTITY if known.get(field) != request[field]]
    if foreign:
        raise JobRefusedError(
            f"CreateEvaluationJob: the name {name} is taken by {arn}, which is another job ({', '.join(foreign)}); "
            "stop and delete that job, or start the evaluation from another version of its dataset"
        ) from conflict
    return arn


def find(job_name: str) -> str | None:
    """The ARN of the job with exactly that name; None when there is none, or when lists do not show it yet."""
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
