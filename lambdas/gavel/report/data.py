"""What a report is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gavel.gates.decision import Decision
from gavel.report.text import LONGEST_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gavel.results.flags import FlagCounts
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
class Cost:
    """What the evaluation was expected to cost and what was counted in its results; None where it is not known.

    USD, and tokens in and out of all models together; `by_model` has the expected USD of each model.
    """

    expected_usd: float | None
    counted_usd: float | None
    expected_tokens: tuple[int, int] | None = None
    counted_tokens: tuple[int, int] | None = None
    by_model: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TrendPoint:
    """A mean in one evaluation of the suite, with its 95 % interval.

    `broken` says why the point cannot be compared with the one before it (another judge, dataset or metric text); None
    where it can.
    """

    evaluation_id: str
    at: str
    mean: float | None
    interval: tuple[float, float] | None
    n: int
    missing: int
    broken: str | None = None


@dataclass(frozen=True)
class Trend:
    """One metric of one generator by one judge over the suite's evaluations, the oldest first, this one last."""

    metric: str
    judge: str
    generator: str
    points: Sequence[TrendPoint]


@dataclass(frozen=True)
class Baseline:
    """What the evaluation is compared with, record by record.

    `partners` gives for a generator the name under which its counterpart's scores stand in `comparisons` (generator
    minus counterpart) and among the report's scores; `about` says what it is in a few words, `not_compared` why some
    generators, metrics or judges have no counterpart.
    """

    evaluation_id: str
    about: str
    partners: Mapping[str, str]
    comparisons: Sequence[Comparison]
    not_compared: Sequence[str] = ()


@dataclass(frozen=True)
class ReportData:
    """Facts, summaries and comparisons (of all categories), and the scores of the records to show.

    `scores` must be sorted by record, and every record in it is shown; texts beyond `longest` characters are cut.
    `trust` is what `judge_report.trust_report` says of the judges, and of how many `records`; `flags` counts the
    answers of the evaluation that speak to their judge. The records to show were chosen out of `at_hand` (None: all).
    """

    head: ReportHead
    summaries: Sequence[MetricSummary]
    comparisons: Sequence[Comparison]
    scores: Iterable[ScoreRow]
    decision: Decision = field(default_factory=Decision)
    baseline: Baseline | None = None
    trends: Sequence[Trend] = ()
    cost: Cost | None = None
    trust: Mapping[str, Any] | None = None
    flags: FlagCounts | None = None
    longest: int = LONGEST_TEXT
    at_hand: int | None = None
