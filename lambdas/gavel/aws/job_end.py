"""The end of a job: whichever state meets it, it is recorded here, and what the job held is given back here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.aws.table import EvaluationTable
    from gavel.names import JobStatus


def end_job(
    evaluation: str,
    job_id: str,
    status: JobStatus,
    facts: Mapping[str, object],
    *,
    table: EvaluationTable,
    now: str,
) -> bool:
    """Record the final status of a job with its facts; False when it had ended before, and then it keeps that end."""
    return table.advance_job(evaluation, job_id, status, {**facts, "ended_at": now})
