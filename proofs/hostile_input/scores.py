"""What judges wrote: Bedrock's result files, score files, and files of people's ratings."""

from __future__ import annotations

import io
import json
import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gavel.problems import Problems
from gavel.results.file_summary import summarize_rows
from gavel.results.rating_files import read_ratings
from gavel.results.rows import ResultRow, read_results
from gavel.results.score_files import read_score_lines, read_score_parquet
from proofs.hostile_input.one_database import OneDatabase
from proofs.hostile_input.parquet_files import parquet_files
from proofs.hostile_input.reader import BrokenPromiseError, Outcome, Reader, told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gavel.results.joining import ScoredRecord

_WORDS: Final = (
    *(text.encode() for text in (
        '"automatedEvaluationResult"', '"scores"', '"metricName"', '"evaluatorDetails"', '"modelIdentifier"',
        '"explanation"', '"result"', '"inputRecord"', '"prompt"', '"modelResponses"', '"response"', '"stopReason"',
        '"conversationTurns"', '"record"', '"metric"', '"value"', '"label"', '"generator"', '"judge"', '"missing"',
        "null", "true", "NaN", "Infinity", "-0.0", "1e999", "1e100", "1" + "0" * 400, "\\ud800", "\\u0000", "\u2028",
        "\ufeff", "Unable to parse score from the LLM judge response", "{", "}", "[", "]", '"', ",", ":", "\n", "\r\n",
        "item", "rater", "value", "nan", "1_000", "\u0661",
    )),
    b"\0", b"\xff", b"\xed\xa0\x80",
)  # fmt: skip


def _row(*scores: Any, **record: Any) -> dict[str, Any]:
    answers = [{"response": "an answer", "modelIdentifier": "model", "stopReason": "end_turn"}]
    return {
        "automatedEvaluationResult": {"scores": list(scores)},
        "inputRecord": {"prompt": "q", **record},
        "modelResponses": answers,
    }


def _score(metric: str, result: Any) -> dict[str, Any]:
    judged = [{"modelIdentifier": "judge", "explanation": "because"}]
    return {"metricName": metric, "evaluatorDetails": judged, "result": result}


def _lines(rows: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def result_seeds() -> list[bytes]:
    """Rows as real files were seen to hold them."""
    full = _row(_score("Builtin.Correctness", 1.0), _score("Builtin.Refusal", "0"), referenceResponse="r", category="c")
    odd = _row(_score("mine", "good"), _score("mine", None), {"metricName": "other"})
    return [_lines([full]), _lines([odd, full]), _lines([{"conversationTurns": []}, {"prompt": "q"}])]


def score_seeds() -> list[bytes]:
    """Rows of score files."""
    base = {"record": 1, "generator": "g", "judge": "j", "metric": "m", "value": 0.5, "explanation": "because"}
    labelled = {"prompt": "q", "reference": "r", "category": "c", "metric": "m", "label": "good", "response": "a"}
    return [_lines([base, {**base, "metric": "n", "value": None, "reason": "why"}]), _lines([labelled])]


def score_table_seeds() -> list[bytes]:
    """Score files in Parquet: whole ones, ones of another program with few columns, and values of other types."""
    return parquet_files(
        "SELECT 1 AS record, 'm' AS metric, 0.5 AS value, 'g' AS generator, 'j' AS judge, 'because' AS explanation",
        "SELECT range AS record, 'm' AS metric, 1.0 AS value, 'c' AS category, 'q' AS prompt FROM range(3)",
        "SELECT 1 AS record, 'm' AS metric, NULL AS value, 'good' AS label, 'a' AS response",
        "SELECT -1::HUGEINT AS record, 'm'::BLOB AS metric, 'NaN'::DOUBLE AS value",
        "SELECT 'one' AS record, [1] AS metric, INTERVAL '100000000' YEAR AS value, {'a': 1} AS label",
    )


def rating_seeds() -> list[bytes]:
    """Ratings as numbers and as labels."""
    return [b"item,rater,value\n1,a,0.5\n1,b,1\n2,a,\n", b'rater,item,value,note\r\na,"x, y",good,"two\nlines"\r\n']


def read_result_file(data: bytes) -> Outcome:
    """Read bytes as a result file, and summarise it."""
    problems = Problems()
    rows = list(read_results(io.BytesIO(data), file="results.jsonl", problems=problems))
    for row in rows:
        _check_row(row)
    for one in summarize_rows(rows).summaries:
        json.dumps(one.to_json(), ensure_ascii=False, allow_nan=False).encode()
    return _answered(len(rows), problems)


def _check_row(row: ResultRow) -> None:
    texts = (row.prompt, row.reference, row.category, row.model, row.response, row.stop_reason, row.supplied_response)
    for text in (*texts, *(part for one in row.scores for part in (one.metric, one.judge, one.explanation))):
        (text or "").encode()
    for score in row.scores:
        if (score.value is None) != bool(score.why_missing):
            raise BrokenPromiseError("a score is missing without a reason, or has one beside a value")
        if isinstance(score.value, float) and not math.isfinite(score.value):
            raise BrokenPromiseError("a score that is no finite number came through")


def read_score_file(data: bytes) -> Outcome:
    """Read bytes as a score file."""
    problems = Problems()
    found = list(read_score_lines(io.BytesIO(data), file="scores.jsonl", problems=problems, texts=True))
    _check_scores(found)
    return _answered(len(found), problems)


def read_score_table(data: bytes) -> Outcome:
    """Read bytes as a score file in Parquet."""
    problems = Problems()
    with tempfile.TemporaryDirectory(prefix="gavel-") as folder:
        path = Path(folder) / "scores.parquet"
        path.write_bytes(data)
        found = list(read_score_parquet([path], file="scores.parquet", problems=problems, texts=True))
    _check_scores(found)
    return _answered(len(found), problems)


def _check_scores(found: Iterable[tuple[str, ScoredRecord]]) -> None:
    for generator, record in found:
        generator.encode()
        (record.category or "").encode()
        if any(isinstance(value, float) and not math.isfinite(value) for value in record.values):
            raise BrokenPromiseError("a score that is no finite number came through")


def read_rating_file(data: bytes) -> Outcome:
    """Read bytes as a file of ratings."""
    problems = Problems()
    found = read_ratings(io.BytesIO(data), file="ratings.csv", problems=problems)
    kinds = {type(value) for value in found.values()}
    if len(kinds) > 1:
        raise BrokenPromiseError("ratings are numbers and labels at once")
    if any(isinstance(value, float) and not math.isfinite(value) for value in found.values()):
        raise BrokenPromiseError("a rating that is no finite number came through")
    return _answered(len(found), problems)


def _answered(found: int, problems: Problems) -> Outcome:
    """The outcome of a file that may hold nothing: that there are no scores is an answer too."""
    return Outcome(found, told(problems, answers=1).problems)


RESULTS: Final = Reader(
    name="results", about="Bedrock's result file", read=read_result_file, seeds=result_seeds, words=_WORDS
)
SCORES: Final = Reader(
    name="scores", about="score file of `gavel compare`", read=read_score_file, seeds=score_seeds, words=_WORDS
)
SCORE_TABLES: Final = Reader(
    name="score-tables",
    about="Parquet score file of `gavel compare`",
    read=OneDatabase(read_score_table),
    guided_share=100,  # what reads the bytes is no Python
    seeds=score_table_seeds,
    words=_WORDS,
)
RATINGS: Final = Reader(
    name="ratings", about="ratings of `gavel judges`", read=read_rating_file, seeds=rating_seeds, words=_WORDS
)
