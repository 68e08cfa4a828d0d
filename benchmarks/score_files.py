"""The score files of an evaluation of two generators, as CollectScores leaves them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from benchmarks.contenders.gavel_results import write_job_scores
from benchmarks.judged_files import JOB_RECORDS, write_job

GENERATORS: Final = ("lite", "micro")
JUDGE: Final = "pro"


def score_files(folder: Path, size: int, seed: int) -> int:
    """A score file for each generator and thousand records; the size of all."""
    total = 0
    for place, generator in enumerate(GENERATORS):
        for first in range(1, size + 1, JOB_RECORDS):
            path = folder / f"{generator}-{first:08d}.parquet"
            with tempfile.TemporaryDirectory(dir=folder) as job:
                write_job(Path(job), min(JOB_RECORDS, size + 1 - first), first=first, seed=seed + place)
                write_job_scores(Path(job), path, generator=generator, judge=JUDGE)
            total += path.stat().st_size
    return total
