"""Cuts an evaluation into Bedrock jobs.

A panel of judges has to score the same answers. Answers that the dataset brings are there from the start, so all judges
score them in the first round. A live generator answers once, in the job of the lead judge (the suite's first one); the
others score those answers in a second round, as answers that are brought.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from gavel.names import identities, object_keys
from gavel.planning.pacing import expected_seconds, timeout_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gavel.suites.suite import Generator, Suite

# "up to 1,000 prompts per evaluation job": Bedrock user guide, prompt datasets for judge evaluations.
SHARD_RECORDS: Final = 1000


@dataclass(frozen=True)
class Job:
    """One Bedrock job of a plan: one generator, one judge, one shard. This is a line of `plan/jobs.jsonl`.

    `lead` is the id of the job that makes the answers which this one scores; None when they are brought or made here.
    """

    job_id: str
    job_name: str
    token: str
    generator: int
    judge: int
    shard: int
    shard_key: str
    records: int
    expected_seconds: int
    lead: str | None = None

    @property
    def timeout_seconds(self) -> int:
        """For how long its end is waited for before somebody looks at it."""
        return timeout_seconds(expected=self.expected_seconds)

    def to_json(self) -> dict[str, Any]:
        """The line as a JSON object, with the timeout of the wait, which the state machine reads."""
        return {**asdict(self), "timeout_seconds": self.timeout_seconds}

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Job:
        """The reverse of `to_json`; keys that a later version adds are ignored."""
        return cls(**{name: line[name] for name in cls.__dataclass_fields__ if name in line})


LEAD: Final = 0  # the place of the judge whose jobs have live generators answer
LIVE: Final = "live"


def panel_series(generator: int) -> str:
    """The series of shards that hold what a live generator answered to the lead judge's jobs."""
    return f"answers-{generator}"


def answers_of(generator: Generator, position: int) -> str:
    """Which series of shards a generator reads: `live` for every model, one series for each inference source."""
    return f"source-{position}" if generator.is_source else LIVE


def plan_jobs(evaluation: str, suite: Suite, shard_sizes: Sequence[int]) -> Iterator[Job]:
    """The jobs of the first round, shard by shard, so that all generators advance together."""
    for shard, judge, position in product(
        range(len(shard_sizes)), range(len(suite.judges)), range(len(suite.generators))
    ):
        if not _scores_later(suite, position, judge):
            yield planned_job(evaluation, suite, shard_sizes, (position, judge, shard))


def panel_jobs(evaluation: str, suite: Suite, shard_sizes: Sequence[int]) -> Iterator[Job]:
    """The jobs of the second round: every judge but the lead scores what the live generators answered to the lead."""
    for shard, judge, position in product(
        range(len(shard_sizes)), range(len(suite.judges)), range(len(suite.generators))
    ):
        if _scores_later(suite, position, judge):
            yield planned_job(evaluation, suite, shard_sizes, (position, judge, shard))


def owed_key(evaluation: str, job: Job) -> str:
    """Key of the shard with every record that the job owes scores of; the panel's datasets lack unanswered ones."""
    return job.shard_key if job.lead is None else object_keys.EvaluationKeys(evaluation).shard(LIVE, job.shard)


def has_panel(suite: Suite) -> bool:
    """Whether the answers of live generators are scored by other judges than the lead."""
    return len(suite.judges) > 1 and bool(suite.models)


def leads(job: Job, suite: Suite) -> bool:
    """Whether the job makes the answers that the panel's jobs score."""
    return has_panel(suite) and suite.answers_in(generator=job.generator, judge=job.judge)


def _scores_later(suite: Suite, generator: int, judge: int) -> bool:
    """Whether the job belongs to the second round."""
    return judge != LEAD and not suite.generators[generator].is_source


def planned_job(evaluation: str, suite: Suite, shard_sizes: Sequence[int], place: tuple[int, int, int]) -> Job:
    """The job of the plan with that generator, judge and shard."""
    generator, judge, shard = place
    if _scores_later(suite, generator, judge):
        series, lead = panel_series(generator), identities.job_id(generator, LEAD, shard)
    else:
        series, lead = answers_of(suite.generators[generator], generator), None
    job = identities.job_id(generator, judge, shard)
    records = shard_sizes[shard]
    return Job(
        job_id=job,
        job_name=identities.job_name(evaluation, job),
        token=identities.client_request_token(evaluation, job),
        generator=generator,
        judge=judge,
        shard=shard,
        shard_key=object_keys.EvaluationKeys(evaluation).shard(series, shard),
        records=records,
        expected_seconds=expected_seconds(records=records, metrics=len(suite.scored_in(judge))),
        lead=lead,
    )
