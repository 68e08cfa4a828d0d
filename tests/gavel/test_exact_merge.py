"""However a dataset is cut, and in whatever order its jobs end, the figures are the same to the byte."""

from __future__ import annotations

import hashlib
import json
import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gavel.aws import score_files
from gavel.exports.summary_csv import summary_csv
from gavel.exports.summary_json import summary_document
from gavel.planning.sampling import WholeDataset
from gavel.planning.sharding import CategoryCodes, cut, shard_of_each
from gavel.planning.shards import number_lines, shard_records
from gavel.planning.spool import Spool
from gavel.results.matching import match_rows
from gavel.results.parquet import read_columns, write_scores
from gavel.results.scores import score_rows
from gavel.statistics.comparison import compare
from gavel.statistics.score_table import ScoreTable
from gavel.statistics.summary import SummaryBuilder
from tests.gavel import planning_builders as build
from tests.gavel import result_builders as results

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.datasets.record import Record
    from gavel.results.matching import ShardRecord

GENERATORS: Final = ("lite", "micro")
METRICS: Final = ("Builtin.Correctness", "Verdict")
# What a judge may say of an answer; None stands for no row at all.
OUTCOMES: Final = (0, 0.5, 1.0, 0.6667, 1 / 3, None, results.ABSENT, float("nan"), "good", "bad")


def judged(record: ShardRecord, generator: str) -> dict[str, Any] | None:
    """A judge that depends on nothing but the text: records with the same text get the same row."""

    def pick(metric: str) -> Any:
        text = f"{generator}/{metric}/{record.prompt}/{record.category}"
        return OUTCOMES[hashlib.sha256(text.encode()).digest()[0] % len(OUTCOMES)]

    scores = {metric: pick(metric) for metric in METRICS}
    if pick("row") is None:
        return None
    category = {} if record.category is None else {"category": record.category}
    return results.row(scores, prompt=record.prompt, model=generator, **category)


def figures(records: Sequence[Record], *, most: int, seed: int) -> bytes:
    """Everything that is told of the records, cut into shards of `most` whose jobs end in the order of the seed."""
    dice = random.Random(seed)  # noqa: S311 - shuffles a test
    counts, table = SummaryBuilder(), ScoreTable()
    with tempfile.TemporaryDirectory() as folder:
        files = _score_files(records, Path(folder), most=most, dice=dice)
        dice.shuffle(files)
        for path in files:
            columns = read_columns(path)
            table.add_columns(columns)
            score_files._count(columns, counts)
    summaries = counts.summaries()
    comparisons = compare(table, generators=GENERATORS, by_category=True)
    document = summary_document(evaluation={}, summaries=summaries, comparisons=comparisons)
    return json.dumps(document, allow_nan=False).encode() + summary_csv(summaries).encode()


def _score_files(records: Sequence[Record], folder: Path, *, most: int, dice: random.Random) -> list[Path]:
    whole, codes, files = WholeDataset(len(records)), CategoryCodes(), []
    with Spool(build.suite().generators) as spool:
        for record in records:
            code, offset = codes.add(record.category), spool.size
            whole.keep(record.number, code, offset, spool.add(record))
        selection = whole.selection(codes)
        for shard in cut(selection, shard_of_each(selection, max_records=most), spool):
            expected = list(shard_records(shard.lines["live"], number_lines(shard.numbers.tolist())))
            for generator in GENERATORS:
                rows = [row for record in expected if (row := judged(record, generator)) is not None]
                dice.shuffle(rows)
                read, problems = results.read(results.lines(*rows))
                assert not problems
                matching = match_rows(expected, read)
                assert matching.foreign == 0
                scores = score_rows(expected, matching, generator=generator, judges=dict.fromkeys(METRICS, "judge"))
                files.append(folder / f"{generator}-{shard.index}.parquet")
                write_scores(files[-1], scores)
    return files


@settings(max_examples=8)
@given(
    texts=st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from(["billing", "returns", None])), min_size=1, max_size=40
    ),
    most=st.integers(4, 40),
    seed=st.integers(0, 2**32),
)
def test_any_sharding_and_any_order_give_the_same_figures_to_the_byte(
    texts: list[tuple[int, str | None]], most: int, seed: int
) -> None:
    records = [
        replace(build.record(number, category), prompt=f"question {text}")
        for number, (text, category) in enumerate(texts, start=1)
    ]

    assert figures(records, most=most, seed=seed) == figures(records, most=len(records), seed=0)
