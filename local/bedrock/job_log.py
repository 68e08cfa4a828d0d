"""A file with every start and end of a job, one JSON line each: shows how many ran at the same time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from local.bedrock.jobs import Job


class JobLog:
    """Appends {"event", "at", "jobName", "jobArn", "status", "running"}; without a path it only counts."""

    def __init__(self, path: Path | None) -> None:
        """`path` is created when the first job starts."""
        self._path = path
        self._running: set[str] = set()

    def started(self, job: Job) -> None:
        """A job begins."""
        self._running.add(job.arn)
        self._write("start", job)

    def ended(self, job: Job) -> None:
        """A job has reached Completed, Failed or Stopped, or was taken away."""
        if job.arn in self._running:
            self._running.discard(job.arn)
            self._write("end", job)

    def _write(self, event: str, job: Job) -> None:
        if self._path is None:
            return
        line = {
            "event": event,
            "at": datetime.now(UTC).isoformat(),
            "jobName": job.request.name,
            "jobArn": job.arn,
            "status": job.status,
            "running": len(self._running),
        }
        with self._path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
