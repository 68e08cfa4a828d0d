"""The jobs that run already, and what nobody took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError

from gavel.aws import clients
from gavel.aws.diagnosis.asking import answered
from gavel.aws.failures import ClientError
from gavel.diagnosis import jobs as meaning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.diagnosis.finding import Finding


def look_at_jobs(most: int | None) -> Iterator[Finding]:
    """How many automatic jobs are in progress, against the account's quota and `most`, the stack's own limit."""

    def check() -> Iterator[Finding]:
        pages = clients.bedrock().get_paginator("list_evaluation_jobs").paginate(statusEquals="InProgress")
        running = sum(job.get("jobType") != "Human" for page in pages for job in page.get("jobSummaries", []))
        yield from meaning.jobs(running, quota=_quota(), most=most)

    return answered(meaning.JOBS, "bedrock:ListEvaluationJobs", check)


def look_at_dead_letters(queue_url: str) -> Iterator[Finding]:
    """How many messages wait in the dead letter queue, about."""

    def check() -> Iterator[Finding]:
        wanted = "ApproximateNumberOfMessages"
        answer = clients.sqs().get_queue_attributes(QueueUrl=queue_url, AttributeNames=[wanted])
        yield meaning.dead_letters(int(answer["Attributes"][wanted]))

    return answered(meaning.DEAD_LETTERS, "sqs:GetQueueAttributes", check)


def _quota() -> int | None:
    """The quota of concurrent automatic jobs; None where Service Quotas does not tell it, for the documented one."""
    try:
        answer = clients.service_quotas().get_service_quota(ServiceCode="bedrock", QuotaCode=meaning.QUOTA_CODE)
    except (BotoCoreError, ClientError):
        return None
    quota = answer["Quota"]
    # No documentation names the code, so a quota of anything else is not believed.
    return int(quota["Value"]) if "evaluation" in quota.get("QuotaName", "").lower() else None
