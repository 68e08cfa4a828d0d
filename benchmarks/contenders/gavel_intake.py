"""PlanEvaluation as the Lambda runs it, over a bucket that is a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gavel.suites.reader  # noqa: F401 - what reads a suite is imported before the work, as the script's libraries are
from benchmarks.plan_million import plan

if TYPE_CHECKING:
    from pathlib import Path


def intake(folder: Path, size: int) -> dict[str, Any]:
    """Validate, stratify and shard the dataset, and write the plan."""
    facts = plan(folder)
    return {"records": facts["records"], "shards": facts["shards"], "disk": facts["disk"]}
