"""An upload of any format starts an evaluation of the deployed system, which reads it with what its bundle carries."""

from __future__ import annotations

import gzip
import json
import uuid
from typing import TYPE_CHECKING

import duckdb
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.twin.conftest import Gavel

pytestmark = pytest.mark.twin

ROWS = [{"prompt": "good", "category": "c"}, {"prompt": " ", "category": "c"}]


def files(folder: Path) -> dict[str, bytes]:
    """One dataset in every format; its second record has a blank prompt."""
    lines = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
    table = folder / "rows.parquet"
    with duckdb.connect() as connection:
        rows = connection.sql("SELECT * FROM (VALUES ('good', 'c'), (' ', 'c')) AS t(prompt, category)")
        rows.write_parquet(str(table))
    return {
        ".jsonl.gz": gzip.compress(lines),
        ".csv": b'prompt,category\ngood,c\n" ",c\n',
        ".json": json.dumps(ROWS).encode(),
        ".parquet": table.read_bytes(),
    }


def test_an_upload_of_any_format_is_checked_record_by_record(gavel: Gavel, tmp_path: Path) -> None:
    keys = {suffix: f"datasets/default/{uuid.uuid4().hex}{suffix}" for suffix in files(tmp_path)}
    for suffix, data in files(tmp_path).items():
        gavel.client("s3").put_object(Bucket=gavel.bucket, Key=keys[suffix], Body=data)

    places = {}
    for suffix, key in keys.items():
        view = gavel.ended(key)
        (error,) = gavel.read_json(f"evaluations/{view['evaluation_id']}/validation.json")["errors"]
        places[suffix] = (view["status"], error["line"], error["record"], error["field"])

    assert places == {
        ".jsonl.gz": ("REFUSED", 2, None, "prompt"),
        ".csv": ("REFUSED", 3, None, "prompt"),
        ".json": ("REFUSED", None, 2, "prompt"),
        ".parquet": ("REFUSED", None, 2, "prompt"),
    }
