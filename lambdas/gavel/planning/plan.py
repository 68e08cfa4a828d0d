"""Cuts an evaluation into Bedrock jobs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from gavel import names
from gavel.planning.pacing import expected_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gavel.suites.suite import Generator, Suite

# "up to 1,000 prompts per evaluation job": Bedrock user guide, prompt datasets for judge evaluations.
SHARD_RECORDS: Final = 1000


@dataclass(frozen=True)
class Job:
    """One Bedrock job of a plan: one generator, one judge, one shard. This is a line of `plan/jobs.jsonl`."""

    job_id: str
    job_name: str
    token: str
    generator: int
    judge: int
    shard: int
    shard_key: str
    records: int
    expected_seconds: int

    def to_json(self) -> dict[str, Any]:
        """The line as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Job:
        """The reverse of `to_json`; keys that a later version adds are ignored."""
        return cls(**{name: line[name] for name in cls.__dataclass_fields__})


def answers_of(generator: Generator, position: int) -> str:
    """Which series of shards a generator reads: `live` for every model, one series for each inference source."""
    return f"source-{position}" if generator.is_source else "live"


def plan_jobs(evaluation: str, suite: Suite, shard_sizes: Sequence[int]) -> Iterator[Job]:
    """Every job of an evaluation, shard by shard, so that all generators advance together."""
    keys = names.EvaluationKeys(evaluation)
    for shard, records in enumerate(shard_sizes):
        for judge in range(len(suite.judges)):
            for position, generator in enumerate(suite.generators):
                job = names.job_id(position, judge, shard)
                yield Job(
                    job_id=job,
                    job_name=names.job_name(evaluation, job),
                    token=names.client_request_token(evaluation, job),
                    generator=position,
                    judge=judge,
                    shard=shard,
                    shard_key=keys.shard(answers_of(generator, position), shard),
                    records=records,
                    expected_seconds=expected_seconds(records=records, metrics=len(suite.metrics)),
                )
