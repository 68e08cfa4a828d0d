"""How large a plan may be."""

from __future__ import annotations

from typing import Final

from gavel.names.object_keys import suite_key
from gavel.planning.plan import SHARD_RECORDS
from gavel.problems import Problem

# A Region keeps 5,000 jobs, so this many already need finished ones deleted on the way; more is likelier a slip of the
# suite than a wish.
MAX_JOBS: Final = 10_000


def most_records(*, generators: int, judges: int) -> int:
    """How many records so many generators and judges (one or more) may be evaluated on: 0 when they are too many."""
    return MAX_JOBS // (generators * judges) * SHARD_RECORDS


def too_many_jobs(suite: str, *, shards: int, generators: int, judges: int) -> Problem | None:
    """The problem of a plan with more than MAX_JOBS jobs, None for any other."""
    jobs = shards * generators * judges
    if jobs <= MAX_JOBS:
        return None
    fewer = "name fewer generators or judges"
    most = most_records(generators=generators, judges=judges)
    remedy = f"sample at most {most:,} records (`sample: {{size: {most}}}`), or {fewer}" if most else fewer
    needs = f"{shards:,} shard(s) × {generators:,} generator(s) × {judges:,} judge(s)"
    reason = f"the plan needs {jobs:,} jobs ({needs}), and an evaluation may have {MAX_JOBS:,}"
    return Problem(suite_key(suite), None, None, reason, remedy)
