"""StartJob: starts one Bedrock job of the plan, exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gavel.aws import jobs
from gavel.aws.manifests import read_manifest
from gavel.names import EvaluationKeys, JobStatus
from gavel.planning.pacing import wait_seconds
from gavel.planning.plan import Job
from gavel.planning.request import evaluation_job_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.aws.settings import Settings
    from gavel.aws.storage import Bucket
    from gavel.aws.table import EvaluationTable


def start_job(
    evaluation: str,
    line: Mapping[str, Any],
    *,
    settings: Settings,
    bucket: Bucket,
    table: EvaluationTable,
    now: str,
) -> dict[str, Any]:
    """Start a job, or find the one that an earlier attempt started; `status` is Bedrock's word for it.

    A job that Bedrock refuses ends here as FAILED with Bedrock's reason, and the others go on.
    """
    job = Job.from_json(line)
    known = table.job(evaluation, job.job_id)
    if known and known["status"] in {JobStatus.FAILED, JobStatus.STOPPED}:
        return {"status": "Failed"}
    if known and "job_arn" in known:
        return {"status": "InProgress", "job_arn": known["job_arn"], "wait_seconds": 1}
    manifest = read_manifest(bucket, evaluation)
    generator, judge = manifest.suite.generators[job.generator], manifest.suite.judges[job.judge]
    facts = {
        "job_name": job.job_name,
        "generator": generator.name,
        "judge": judge.name,
        "shard": job.shard,
        "records": job.records,
        "output_prefix": f"{EvaluationKeys(evaluation).bedrock}{job.job_name}/",
        "started_at": now,
    }
    request = evaluation_job_request(
        manifest, job, bucket=settings.bucket, role_arn=settings.bedrock_role_arn, key_arn=settings.key_arn
    )
    try:
        arn = jobs.start(request)
    except jobs.JobRefusedError as refusal:
        table.advance_job(evaluation, job.job_id, JobStatus.FAILED, {**facts, "reason": str(refusal), "ended_at": now})
        return {"status": "Failed"}
    table.advance_job(evaluation, job.job_id, JobStatus.STARTED, {**facts, "job_arn": arn})
    return {
        "status": "InProgress",
        "job_arn": arn,
        "wait_seconds": wait_seconds(expected=job.expected_seconds, looks=0),
    }
