"""The baseline's scores beside an evaluation's own, record by record."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from heapq import merge
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace as with_fields

from gavel.aws.kept_files import KeptFiles
from gavel.aws.manifests import read_manifest
from gavel.aws.score_copies import are_there, copies_of
from gavel.aws.score_files import identify, owed_scores, planned_jobs, was_collected
from gavel.history.counterparts import counterparts
from gavel.names.object_keys import EvaluationKeys
from gavel.results.identities import NO_PAIRS, RecordIdentities, RecordPairs, counterpart_records
from gavel.results.parquet import ScoreColumns, read_columns, read_scores, record_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from gavel.aws.score_files import Joined
    from gavel.aws.storage import Bucket
    from gavel.aws.table import EvaluationTable
    from gavel.gates.evidence import Cell, Counterparts
    from gavel.planning.manifest import Manifest
    from gavel.planning.plan import Job
    from gavel.results.scores import ScoreRow


@dataclass(frozen=True)
class BaselineScores:
    """The baseline as far as an evaluation can be compared with it.

    `renamed` gives for the baseline's generators the name of their scores beside the evaluation's own; `pairs` are the
    records that both have. `unseen` are the numbers of those among them (the evaluation's) whose files had no room.
    """

    evaluation_id: str
    counterparts: Counterparts
    renamed: dict[str, str] = field(default_factory=dict)
    pairs: RecordPairs = NO_PAIRS
    files: Sequence[Path] = ()
    unseen: npt.NDArray[np.int64] = field(default_factory=lambda: NO_PAIRS.own)

    def rows(self, records: Sequence[int]) -> Iterator[ScoreRow]:
        """The baseline's rows of records, given by the evaluation's numbers and under its names, sorted by record."""
        wanted = np.isin(self.pairs.own, np.array(records, dtype=np.int64))
        own = dict(zip(self.pairs.other[wanted].tolist(), self.pairs.own[wanted].tolist(), strict=True))
        if not own:
            return iter(())
        rows = (
            with_fields(row, record=own[row.record], generator=self.renamed[row.generator])
            for row in read_scores(self.files, records=sorted(own))
            if row.generator in self.renamed and (row.judge, row.metric) not in self.counterparts.unlike
        )
        # Records may stand in another order there; those that are shown are few.
        return iter(sorted(rows, key=lambda row: (row.record, row.generator, row.judge, row.metric)))


def beside(own: Iterator[ScoreRow], baseline: Iterator[ScoreRow]) -> Iterator[ScoreRow]:
    """Both evaluations' rows, sorted by record."""
    return merge(own, baseline, key=lambda row: row.record)


def join_baseline(
    manifest: Manifest,
    baseline: str,
    joined: Joined,
    *,
    bucket: Bucket,
    table: EvaluationTable,
    folder: Path,
) -> BaselineScores | str:
    """Put the baseline's scores beside the evaluation's own; a sentence where nothing of it can be compared.

    Files of the baseline are copied into `folder`; `joined` must have the identities of its records.
    """
    head = table.head(baseline)
    if head is None or not head.get("coverage"):
        return f"the baseline {baseline} has no scores any more"
    try:
        theirs = read_manifest(bucket, baseline)
    except LookupError:
        return f"the baseline {baseline} has no scores any more"
    found = counterparts(manifest, theirs)
    if not found.names:
        return f"the baseline {baseline} has none of this evaluation's generators"
    names = {generator.name for generator in theirs.suite.generators}
    partners = {own: own if own in names else next(iter(names)) for own in found.names}
    renamed = {partners[own]: name for own, name in found.names.items()}
    delivered, lost = _jobs(theirs, renamed, bucket=bucket, table=table)
    keys = EvaluationKeys(baseline)
    if not are_there(delivered, keys, bucket=bucket):
        return f"the baseline {baseline} has not all of its scores any more"
    found = replace(found, lost=lost)
    kept, identities = KeptFiles(), RecordIdentities()
    for job, path in copies_of(delivered, keys, folder, bucket=bucket):
        records = record_numbers(path)
        identify(path, job.shard, records, identities)
        kept.take(job.shard, path, records)
    pairs = counterpart_records(joined.identities or RecordIdentities(), identities)
    if not len(pairs):
        return f"the baseline {baseline} shares no record with this evaluation"
    comparable = _Comparable(found, renamed, pairs)
    for path in kept.files:
        joined.scores.add_columns(comparable.columns(read_columns(path)))
    # What there was no room for is fetched again.
    for _, path in copies_of([job for job in delivered if not kept.holds(job.shard)], keys, folder, bucket=bucket):
        joined.scores.add_columns(comparable.columns(read_columns(path)))
        path.unlink()
    unseen = pairs.own[~np.isin(pairs.other, kept.records)]
    return BaselineScores(baseline, found, renamed, pairs, kept.files, unseen)


def _jobs(
    theirs: Manifest, renamed: Mapping[str, str], *, bucket: Bucket, table: EvaluationTable
) -> tuple[list[Job], Counter[Cell]]:
    """The jobs of the baseline's comparable generators that delivered, and the scores that the others owe."""
    ended = {job["job_id"]: job for job in table.jobs(theirs.evaluation_id)}
    lost: Counter[Cell] = Counter()
    delivered: list[Job] = []
    for job in planned_jobs(bucket, EvaluationKeys(theirs.evaluation_id), theirs.suite):
        generator = theirs.suite.generators[job.generator].name
        if generator in renamed and was_collected(job, ended):
            delivered.append(job)
        elif generator in renamed:
            lost.update(owed_scores(theirs, job, bucket, generator=renamed[generator]))
    return delivered, lost


@dataclass(frozen=True)
class _Comparable:
    counterparts: Counterparts
    renamed: dict[str, str]
    pairs: RecordPairs

    def columns(self, columns: ScoreColumns) -> ScoreColumns:
        """The scores that have a counterpart, under the evaluation's names and numbers."""
        unlike = self.counterparts.unlike
        wanted = np.array(
            [one.generator in self.renamed and (one.judge, one.metric) not in unlike for one in columns.groups],
            dtype=np.bool_,
        )
        paired, own = self.pairs.own_of(columns.record)
        kept = paired & wanted[columns.group]
        return ScoreColumns(
            record=own[kept[paired]],
            value=columns.value[kept],
            label=columns.label[kept],
            group=columns.group[kept],
            groups=[one._replace(generator=self.renamed.get(one.generator, "")) for one in columns.groups],
        )
