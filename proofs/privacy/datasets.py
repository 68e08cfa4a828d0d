"""Datasets full of canaries: a good one, and in every format one in which many rows are wrong."""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

if TYPE_CHECKING:
    from proofs.privacy.canaries import Flock

RECORDS: Final = 3
SUFFIXES: Final = (".jsonl", ".jsonl.gz", ".csv", ".json", ".parquet")


def good(flock: Flock) -> bytes:
    """A dataset that is evaluated: each text holds its canary, and each record brings the source's answer."""
    return _lines(_record(flock, number) for number in range(RECORDS))


def answers(flock: Flock) -> bytes:
    """The answers of the other source, for the same prompts."""
    rows = [
        {
            "prompt": _record(flock, number)["prompt"],
            "modelResponses": [{"response": f"{flock.answer.text} again {number}", "modelIdentifier": "other-app"}],
        }
        for number in range(RECORDS)
    ]
    return _lines(rows)


def broken(flock: Flock, suffix: str) -> bytes:
    """A dataset that is refused, with canaries in the very places that are wrong."""
    if suffix.startswith(".jsonl"):
        data = _broken_lines(flock)
        return gzip.compress(data) if suffix.endswith(".gz") else data
    if suffix == ".json":
        return json.dumps([row for row in _broken_rows(flock) if isinstance(row, dict)]).encode()
    return _broken_table(flock) if suffix == ".csv" else _broken_parquet(flock)


def _record(flock: Flock, number: int) -> dict[str, Any]:
    return {
        "prompt": f"{flock.prompt.text} number {number}",
        "referenceResponse": f"{flock.reference.text} number {number}",
        "category": flock.category.text,
        "modelResponses": [{"response": f"{flock.answer.text} number {number}", "modelIdentifier": flock.source.name}],
    }


def _lines(rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _broken_rows(flock: Flock) -> list[Any]:
    fine = _record(flock, 0)
    answer = fine["modelResponses"][0]
    return [
        fine,
        {**fine, "prompt": [flock.prompt.text]},
        {**fine, "prompt": flock.prompt.text * 4000},
        {**fine, "referenceResponse": {flock.reference.name: 1}},
        {**fine, "category": {"is": flock.category.text}},
        {**fine, "category": flock.category.text * 100},
        {**fine, "modelResponses": flock.answer.text},
        {**fine, "modelResponses": [answer, answer]},
        {**fine, "modelResponses": [{**answer, "modelIdentifier": flock.live.name}]},
        {**fine, "modelResponses": [{**answer, "modelIdentifier": f"{flock.live.name} {flock.live.text}"}]},
        {**fine, "modelResponses": [{**answer, "response": None}]},
        {**fine, flock.prompt.name: flock.prompt.text},
        flock.prompt.text,
        [flock.answer.text],
    ]


def _broken_lines(flock: Flock) -> bytes:
    fine = json.dumps(_record(flock, 1))
    odd = (
        f'{{"prompt": "{flock.prompt.text}", "prompt": "{flock.prompt.text}"}}',
        f'{{"{flock.prompt.name}": 1, "{flock.prompt.name}": 2}}',
        f'{{"prompt": "{flock.prompt.text}", "referenceResponse": NaN}}',
        f'{{"prompt": "{flock.prompt.text}',
        f"{flock.prompt.text}",
        fine[:-40],
        fine + fine,
        fine.replace(flock.prompt.card, "\\ud800"),
    )
    ends = fine.encode().replace(b"paid", b"\xff\xfe") + b"\n"
    return _lines(_broken_rows(flock)) + "".join(f"{line}\n" for line in odd).encode() + ends


def _broken_table(flock: Flock) -> bytes:
    head = f"prompt,referenceResponse,category,response,modelIdentifier,{flock.prompt.name}\n"
    row = f"{flock.prompt.name},{flock.reference.name},{flock.category.name},{flock.answer.name},{flock.source.name},\n"
    bad = (
        f" ,{flock.reference.name},{flock.category.name},{flock.answer.name},{flock.live.name},\n",
        f"{flock.prompt.name},{flock.reference.name}\n",
        f"{flock.prompt.name * 2000},,,,,\n",
        f'"{flock.prompt.name}" {flock.prompt.name},,,,,\n',
        f'"{flock.prompt.text}, never closed\n',
    )
    return (head + row + "".join(bad)).encode()


def _broken_parquet(flock: Flock) -> bytes:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "rows.parquet"
        rows = connection.sql(
            "SELECT * FROM (VALUES ($1, $2, $3, [{'response': $4, 'modelIdentifier': $5}], 1), "
            "(' ', $2, $3, [{'response': $4, 'modelIdentifier': $6}], 2), "
            "($1, ' ', repeat($3, 100), NULL, 3)) AS t(prompt, referenceResponse, category, modelResponses, odd)",
            params=[
                flock.prompt.text,
                flock.reference.text,
                flock.category.text,
                flock.answer.text,
                flock.source.name,
                flock.live.name,
            ],
        )
        rows.write_parquet(str(path))
        return path.read_bytes()
