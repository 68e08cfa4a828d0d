"""Answers of several systems, one in the dataset and one in a file of its own, through the command line."""

from __future__ import annotations

import csv
import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.twin.test_main_job import SHOPPING, records

if TYPE_CHECKING:
    from pathlib import Path

    from tests.twin.conftest import Command, Gavel

pytestmark = pytest.mark.twin

SUITE = """
version: 1
generators:
  - {source: app-a}
  - {source: app-b, answers: b.csv}
judges: [{model: "amazon.nova-pro-v1:0", name: pro}]
metrics: [Correctness]
"""


def test_two_systems_answers_are_compared_whichever_file_they_come_in(
    gavel: Gavel, gavel_command: Command, tmp_path: Path
) -> None:
    asked = records(SHOPPING)[:5]
    dataset, suite, answers = (tmp_path / name for name in ("a.jsonl", "two-systems.yaml", "b.csv"))
    dataset.write_text(
        "".join(
            json.dumps({**one, "modelResponses": [{"response": "I say 1", "modelIdentifier": "app-a"}]}) + "\n"
            for one in asked
        )
    )
    suite.write_text(SUITE)
    with answers.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("prompt", "response", "modelIdentifier"))
        table.writerows((one["prompt"], "I say 2", "app-b") for one in reversed(asked))

    ran = gavel_command("run", str(dataset), "--suite", str(suite), "--local", "--json")

    assert ran.returncode == 0, ran.stderr
    view = json.loads(ran.stdout)
    assert {item["model"]: item["n"] + item["missing"] for item in view["summaries"]} == {"app-a": 5, "app-b": 5}
    s3 = gavel.client("s3")
    listed = s3.list_objects_v2(Bucket=gavel.bucket, Prefix=f"evaluations/{view['evaluation_id']}/bedrock/")
    said = Counter(
        json.loads(line)["modelResponses"][0]["response"]
        for item in listed["Contents"]
        if item["Key"].endswith("_output.jsonl")
        for line in s3.get_object(Bucket=gavel.bucket, Key=item["Key"])["Body"].read().split(b"\n")
    )
    assert said == {"I say 1": 5, "I say 2": 5}
