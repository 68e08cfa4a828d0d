"""Cuts a dataset into shards and an evaluation into Bedrock jobs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gavel import names
from gavel.planning.pacing import expected_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gavel.datasets.reader import Record
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


def shard_line(record: Record, source: str | None) -> bytes:
    """The record as Bedrock gets it: its known keys only, with the answer of `source`, or with none for a live
    generator.

    Supplied answers are left out for a live generator because Bedrock would ignore them in silence.
    """
    line: dict[str, Any] = {"prompt": record.prompt}
    if record.reference is not None:
        line["referenceResponse"] = record.reference
    if record.category is not None:
        line["category"] = record.category
    if source is not None:
        answer = next(response for response in record.responses if response.model == source)
        line["modelResponses"] = [{"response": answer.text, "modelIdentifier": source}]
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@dataclass
class ShardCutter:
    """Cuts a stream of records into shards of at most SHARD_RECORDS and hands each to `put(answers, index, bytes)`.

    Holds one shard of each series in memory, whatever the length of the dataset.
    """

    generators: Sequence[Generator]
    put: Callable[[str, int, bytes], None]
    sizes: list[int] = field(default_factory=list)
    _series: dict[str, str | None] = field(init=False)
    _lines: dict[str, list[bytes]] = field(default_factory=dict)
    _count: int = 0

    def __post_init__(self) -> None:
        """Find the series: every model reads the same one."""
        self._series = {answers_of(generator, n): generator.source for n, generator in enumerate(self.generators)}

    def add(self, record: Record) -> None:
        """Take the next record."""
        for series, source in self._series.items():
            self._lines.setdefault(series, []).append(shard_line(record, source))
        self._count += 1
        if self._count == SHARD_RECORDS:
            self.close()

    def close(self) -> None:
        """Hand over what is left."""
        if not self._count:
            return
        for series, lines in self._lines.items():
            self.put(series, len(self.sizes), b"".join(lines))
        self.sizes.append(self._count)
        self._lines.clear()
        self._count = 0


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
