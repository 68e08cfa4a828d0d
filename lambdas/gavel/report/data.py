"""What a report is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gavel.results.scores import ScoreRow
    from gavel.statistics.comparison import Comparison
    from gavel.statistics.summary import MetricSummary


@dataclass(frozen=True)
class ReportHead:
    """Facts of the evaluation; times are ISO 8601 (any other text is shown as it is).

    `scores_at` says where all records lie; `sampled_from` how many the dataset has when only a sample is evaluated;
    `questions` what custom metrics ask.
    """

    evaluation_id: str
    suite: str
    dataset: str
    dataset_sha256: str
    records: int
    generators: Sequence[str]
    judges: Sequence[str]
    metrics: Sequence[str]
    started_at: str
    ended_at: str
    jobs: int
    failed_jobs: int
    reused_jobs: int
    scores_at: str
    version: str
    sampled_from: int | None = None
    stopped_jobs: int = 0
    questions: Mapping[str, str] = field(default_factory=dict)

    @property
    def job_ends(self) -> str:
        """How the jobs ended, in a few words."""
        lost = [(self.failed_jobs, "failed"), (self.stopped_jobs, "stopped")]
        parts = [f"{count:,} {end}" for count, end in lost if count] or ["all finished"]
        return ", ".join([*parts, f"{self.reused_jobs:,} reused"] if self.reused_jobs else parts)


@dataclass(frozen=True)
class ReportData:
    """Facts, summaries and comparisons (of all categories), and the scores of the records to show.

    `scores` must be sorted by record; records beyond those that the page shows are left out.
    """

    head: ReportHead
    summaries: Sequence[MetricSummary]
    comparisons: Sequence[Comparison]
    scores: Sequence[ScoreRow]
