"""The scores of an evaluation, out of the files of its jobs: counts, and scores side by side."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gavel.aws.kept_files import KeptFiles
from gavel.aws.score_copies import copies_of
from gavel.aws.shards import read_shard
from gavel.names.object_keys import EvaluationKeys
from gavel.names.statuses import JobStatus
from gavel.names.table_keys import FLAGGED
from gavel.planning.plan import Job, has_panel, owed_key
from gavel.results.flags import FlagCounts
from gavel.results.identities import RecordIdentities, record_identities
from gavel.results.parquet import read_answers, read_columns
from gavel.statistics.score_table import ScoreTable
from gavel.statistics.summary import SummaryBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from gavel.aws.storage import Bucket
    from gavel.gates.evidence import Cell
    from gavel.planning.manifest import Manifest
    from gavel.results.parquet import ScoreColumns
    from gavel.suites.suite import Suite


@dataclass
class Joined:
    """Everything the figures are made from: exact counts, scores side by side, and flagged answers.

    `jobs` counts the jobs that delivered, `lost` the scores that the others owe, by generator, judge, metric and
    category (None: all). `kept` are the files, of so many shards as there is room for. `identities` are there where
    they were asked for.
    """

    counts: SummaryBuilder = field(default_factory=SummaryBuilder)
    scores: ScoreTable = field(default_factory=ScoreTable)
    flags: FlagCounts = field(default_factory=FlagCounts)
    identities: RecordIdentities | None = None
    kept: KeptFiles = field(default_factory=KeptFiles)
    jobs: int = 0
    lost: Counter[Cell] = field(default_factory=Counter)


def planned_jobs(bucket: Bucket, keys: EvaluationKeys, suite: Suite) -> Iterator[Job]:
    """Every job of an evaluation's plan."""
    for key in (keys.jobs, keys.panel_jobs) if has_panel(suite) else (keys.jobs,):
        for line in (bucket.read(key) or b"").split(b"\n"):
            if line:
                yield Job.from_json(json.loads(line))


def was_collected(job: Job, ended: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a job delivered scores; `ended` are the jobs that the table knows, by id."""
    return ended.get(job.job_id, {}).get("status") == JobStatus.COLLECTED


def join_scores(
    manifest: Manifest,
    ended: Mapping[str, Mapping[str, Any]],
    *,
    bucket: Bucket,
    folder: Path,
    identities: bool = False,
) -> Joined:
    """The scores of all jobs; a job that did not deliver owes every score of its records."""
    joined = Joined(identities=RecordIdentities() if identities else None)
    keys = EvaluationKeys(manifest.evaluation_id)
    delivered: list[Job] = []
    for job in planned_jobs(bucket, keys, manifest.suite):
        if was_collected(job, ended):
            delivered.append(job)
        else:
            _count_missing(manifest, job, bucket, joined)
    for job, path in copies_of(delivered, keys, folder, bucket=bucket):
        flagged = ended[job.job_id].get(FLAGGED)
        if flagged is None:  # it was collected by a version that did not look for them
            joined.flags.add(read_answers([path]))
        else:
            joined.flags.take(manifest.suite.generators[job.generator].name, flagged)
        take_file(path, joined, shard=job.shard)
    return joined


def take_file(path: Path, joined: Joined, *, shard: int) -> None:
    """Take in the scores of a file; it may be gone then."""
    joined.jobs += 1
    columns = read_columns(path)
    joined.scores.add_columns(columns)
    _count(columns, joined.counts)
    records = np.unique(columns.record)
    if joined.identities is not None:
        identify(path, shard, records, joined.identities)
    joined.kept.take(shard, path, records)


def identify(path: Path, shard: int, records: npt.NDArray[np.int64], known: RecordIdentities) -> None:
    """Add the identities of the file's records; jobs of other generators and judges have the same ones."""
    if not known.has(shard, records):
        known.add(shard, record_identities([path]))


def _count(columns: ScoreColumns, counts: SummaryBuilder) -> None:
    labelled = columns.label != None  # noqa: E711 - element by element
    found: Counter[tuple[int, float | str | None]] = Counter(
        zip(columns.group[labelled].tolist(), columns.label[labelled].tolist(), strict=True)
    )
    values, among = np.unique(columns.value[~labelled], return_inverse=True)  # all NaN are one
    pairs, sizes = np.unique(columns.group[~labelled] * len(values) + among, return_counts=True)
    for pair, count in zip(pairs.tolist(), sizes.tolist(), strict=True):
        group, place = divmod(pair, len(values))
        value = float(values[place])
        found[group, None if math.isnan(value) else value] += count
    for (group, said), count in found.items():
        generator, judge, metric, category = columns.groups[group]
        counts.add(model=generator, judge=judge, metric=metric, category=category, value=said, count=count)


def owed_scores(manifest: Manifest, job: Job, bucket: Bucket, *, generator: str) -> Counter[Cell]:
    """The scores that a job without results owes, by cells in which its generator has that name."""
    owed: Counter[Cell] = Counter()
    for record in read_shard(bucket, owed_key(manifest.evaluation_id, job)) or ():
        for metric, judge in manifest.suite.judge_names(job.judge).items():
            for category in {None, record.category or None}:
                owed[generator, judge, metric, category] += 1
    return owed


def _count_missing(manifest: Manifest, job: Job, bucket: Bucket, joined: Joined) -> None:
    generator = manifest.suite.generators[job.generator].name
    judges = manifest.suite.judge_names(job.judge)
    joined.lost.update(owed_scores(manifest, job, bucket, generator=generator))
    for record in read_shard(bucket, owed_key(manifest.evaluation_id, job)) or ():
        for metric, judge in judges.items():
            joined.counts.add(model=generator, judge=judge, metric=metric, category=record.category, value=None)
            joined.scores.add(
                record=record.number,
                generator=generator,
                judge=judge,
                metric=metric,
                value=None,
                category=record.category,
            )
