"""A file with every start and end of a job, one JSON line each: shows how many ran at the same time."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from local.bedrock.jobs import Job


@dataclass(frozen=True)
class LogState:
    """ARNs of the jobs that run, and how many bytes the log has."""

    running: frozenset[str]
    size: int


class JobLog:
    """Appends {"event", "at", "jobName", "jobArn", "status", "running"}; without a path it only counts."""

    def __init__(self, path: Path | None) -> None:
        """`path` is created when the first job starts."""
        self._path = path
        self._running: set[str] = set()
        self._size = path.stat().st_size if path and path.exists() else 0

    def state(self) -> LogState:
        """What a log in a new process needs to go on."""
        return LogState(frozenset(self._running), self._size)

    def resume(self, state: LogState) -> None:
        """Go on from there: what was written after it never happened."""
        self._running, self._size = set(state.running), state.size
        if self._path and self._path.exists():
            os.truncate(self._path, state.size)

    def started(self, job: Job) -> None:
        """A job begins, unless it did so before."""
        if job.arn not in self._running:
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
        text = (json.dumps(line) + "\n").encode()
        with self._path.open("ab") as log:
            log.write(text)
        self._size += len(text)
