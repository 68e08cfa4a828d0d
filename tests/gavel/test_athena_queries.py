"""The example queries, run over score files that lie in the bucket's folders.

DuckDB runs them: all they use is standard SQL, which Athena has too.
"""

from __future__ import annotations

from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from gavel.catalog import PARTITION_COLUMNS
from gavel.names.object_keys import EvaluationKeys
from gavel.results.parquet import write_scores
from gavel.results.scores import ScoreRow

if TYPE_CHECKING:
    from collections.abc import Iterator

QUERIES = Path(__file__).parents[2] / "examples" / "athena"
FIRST, SECOND, OTHER = "my-suite-0000000000000001", "my-suite-0000000000000002", "other-0000000000000003"
CORRECTNESS = [0.5, 1.0, 0.0, None, 1.0, 0.5, 1.0, 1.0, 0.5, 1.0, 0.0, 1.0, 1.0]


def scores(evaluation: str) -> Iterator[ScoreRow]:
    """Thirteen records; the coherence of each answer is there too, and sorts before its correctness."""
    for record, value in enumerate(CORRECTNESS, start=1):
        texts = {"prompt": f"prompt {record}", "response": f"answer {record} in {evaluation}", "reference": None}
        for metric, score in (("Builtin.Coherence", 1.0), ("Builtin.Correctness", value)):
            yield ScoreRow(
                record=record,
                category="sums",
                generator="lite",
                judge="pro",
                metric=metric,
                value=score,
                missing=score is None,
                reason="the result is null" if score is None else "",
                explanation=f"{metric} of {record}",
                **texts,
            )


@pytest.fixture
def athena(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The table `scores` over partitions, each a folder with the files of its jobs, as the catalogue registers them."""
    partitions = []
    for suite, evaluation in (("my-suite", FIRST), ("my-suite", SECOND), ("other", OTHER)):
        keys = EvaluationKeys(evaluation)
        rows = list(scores(evaluation))
        for job, part in (("g0-j0-s0", rows[:14]), ("g0-j0-s1", rows[14:])):
            write_scores(tmp_path / keys.scores(job), part)
        (tmp_path / keys.summary).write_text("no score file: a partition is the folder of score files alone")
        values = dict(zip(PARTITION_COLUMNS, (suite, evaluation), strict=True))
        columns = ", ".join(f"'{value}' AS {name}" for name, value in values.items())
        files = tmp_path / keys.scores_folder / "*"
        partitions.append(f"SELECT *, {columns} FROM read_parquet('{files}')")  # noqa: S608 - names of this test
    with duckdb.connect() as connection:
        connection.execute("CREATE VIEW scores AS " + " UNION ALL ".join(partitions))
        yield connection


def run(athena: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    answer = athena.execute((QUERIES / f"{name}.sql").read_text(encoding="utf-8"))
    columns = [column[0] for column in answer.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


def test_means_are_those_of_every_evaluation_over_scored_records(athena: duckdb.DuckDBPyConnection) -> None:
    found = run(athena, "means")

    known = [value for value in CORRECTNESS if value is not None]
    correctness = [one for one in found if one["metric"] == "Builtin.Correctness"]
    assert [(one["suite"], one["evaluation_id"]) for one in correctness] == [
        ("my-suite", FIRST),
        ("my-suite", SECOND),
        ("other", OTHER),
    ]
    for one in correctness:
        assert (one["scored"], one["missing"]) == (12, 1)
        assert (one["mean"], one["stdev"]) == (pytest.approx(mean(known)), pytest.approx(stdev(known)))
    assert len(found) == 6


def test_the_worst_records_have_their_own_texts(athena: duckdb.DuckDBPyConnection) -> None:
    found = run(athena, "worst-records")

    assert {one["evaluation_id"] for one in found} == {FIRST, SECOND}
    first = [one for one in found if one["evaluation_id"] == FIRST]
    assert [one["record"] for one in first] == [3, 11, 1, 6, 9, 2, 5, 7, 8, 10]
    assert [one["place"] for one in first] == list(range(1, 11))
    for one in first:
        record = one["record"]
        assert one["prompt"] == f"prompt {record}"
        assert one["response"] == f"answer {record} in {FIRST}"
        assert one["explanation"] == f"Builtin.Correctness of {record}"


def test_missing_scores_are_told_by_reason_with_their_share(athena: duckdb.DuckDBPyConnection) -> None:
    found = run(athena, "missing")

    assert [(one["evaluation_id"], one["metric"], one["reason"], one["records"]) for one in found] == [
        (evaluation, "Builtin.Correctness", "the result is null", 1) for evaluation in (FIRST, SECOND, OTHER)
    ]
    assert [one["share"] for one in found] == [pytest.approx(1 / 13)] * 3


def test_every_query_is_told_of_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "athena.md").read_text(encoding="utf-8")
    assert [path.name for path in QUERIES.glob("*.sql") if f"../examples/athena/{path.name}" not in text] == []
