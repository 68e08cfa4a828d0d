"""The command `gavel summarize`, run as a person runs it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from gavel_cli.main import main
from tests.gavel.result_builders import ABSENT, lines, row, score

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["summarize", *map(str, arguments)])


def as_json(*arguments: object) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(run(*arguments, "--json").stdout)
    return report


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "a_output.jsonl"
    path.write_bytes(
        lines(
            row({"Builtin.Correctness": 1, "tone": "warm"}, prompt="1", category="x", model="a"),
            row({"Builtin.Correctness": None, "tone": "cold"}, prompt="2", category="x", model="a"),
            row({"Builtin.Correctness": float("nan")}, prompt="3", model="a"),
            row([score("Builtin.Correctness", 0.5), score("Builtin.Correctness", 0)], prompt="4", model="a"),
            row({"Builtin.Correctness": ABSENT, "tone": "warm"}, prompt="5", model="a"),
        )
    )
    return path


def test_json_holds_the_exact_counts(results: Path) -> None:
    report = as_json(results)

    assert run(results).exit_code == 0
    keys = ("file", "model", "judge", "metric", "category", "n", "missing", "mean", "stdev", "values")
    found = [tuple(one[key] for key in keys) for one in report["summaries"]]
    name, builtin = str(results), "Builtin.Correctness"
    assert found == [
        (name, "a", "judge", builtin, None, 2, 3, 0.75, pytest.approx(0.125**0.5), {"0.5": 1, "1.0": 1}),
        (name, "a", "judge", builtin, "x", 1, 1, 1.0, None, {"1.0": 1}),
        (name, "a", "judge", "tone", None, 3, 2, None, None, {"cold": 1, "warm": 2}),
        (name, "a", "judge", "tone", "x", 2, 0, None, None, {"cold": 1, "warm": 1}),
    ]


def test_a_line_that_cannot_be_read_is_told_and_the_others_are_summarized(results: Path) -> None:
    results.write_bytes(results.read_bytes() + b"\n{broken\n")

    outcome = run(results, "--json")

    assert outcome.exit_code == 2
    report = json.loads(outcome.stdout)
    assert [(one["line"], "not JSON" in one["reason"]) for one in report["problems"]] == [(6, True)]
    assert report["summaries"][0]["n"] == 2
    assert f"{results}:6: the line is not JSON" in outcome.stderr


@pytest.mark.parametrize("content", [None, b"", b'{"prompt":"p"}'])
def test_a_file_that_is_absent_empty_or_of_another_kind_ends_in_code_2(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "f.jsonl"
    if content is not None:
        path.write_bytes(content)

    outcome = run(path)

    assert outcome.exit_code == 2
    assert outcome.stderr.startswith(str(path))


def test_with_a_dataset_absent_records_are_missing_and_strange_rows_are_reported(results: Path, tmp_path: Path) -> None:
    dataset = tmp_path / "dataset.jsonl"
    records = [{"prompt": "1", "category": "x"}, {"prompt": "4"}, {"prompt": "6"}, {"prompt": "7", "category": "z"}]
    dataset.write_bytes(lines(*records))

    report = as_json(results, "--dataset", dataset)

    correctness = [one for one in report["summaries"] if one["metric"] == "Builtin.Correctness"]
    assert [(one["category"], one["n"], one["missing"]) for one in correctness] == [
        (None, 2, 2),
        ("x", 1, 0),
        ("z", 0, 1),
    ]
    assert (report["files"][0]["foreign_rows"], report["files"][0]["absent_records"]) == (3, 2)
    assert "3 rows belong to no record" in run(results, "--dataset", dataset).stdout


def test_the_table_fits_a_hundred_columns_and_has_no_colours_in_a_file(results: Path) -> None:
    outcome = run(results, "--by-category")

    assert "\x1b" not in outcome.stdout
    assert max(map(len, outcome.stdout.splitlines())) <= 100
    assert "Correctness ↑" in outcome.stdout
    assert "cold 1, warm 2" in outcome.stdout


def test_models_that_share_prompts_are_compared_record_by_record(tmp_path: Path) -> None:
    prompts = [str(number) for number in range(8)]
    scores: dict[str, list[Any]] = {"good": [1, 1, 1, 1, 1, 1, 0.5, None], "bad": [0, 0, 0, 0.5, 0, 0, 0, 0]}
    for model, values in scores.items():
        rows = [row({"m": value}, prompt=prompt, model=model) for prompt, value in zip(prompts, values, strict=True)]
        (tmp_path / f"{model}_output.jsonl").write_bytes(lines(*reversed(rows)))

    outcome = run(tmp_path)

    assert "Compared record by record" in outcome.stdout
    assert "-0.857" in outcome.stdout
    assert "a  bad" in outcome.stdout


def test_two_runs_of_one_model_are_compared_and_its_shards_are_not(tmp_path: Path) -> None:
    first, again, shard = (tmp_path / f"{name}_output.jsonl" for name in ("first", "again", "shard"))
    for path, prompts, value in ((first, "abc", 0.5), (again, "abc", 1), (shard, "xyz", 1)):
        path.write_bytes(lines(*(row({"m": value}, prompt=prompt) for prompt in prompts)))

    assert "Compared" not in run(first, shard).stdout
    compared = run(first, again).stdout
    assert "Compared" in compared
    assert "again_output" in compared


def test_hostile_names_cannot_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    hostile = "\x1b[2Jm\u202eodel"
    path.write_bytes(
        lines(row([score(f"met{hostile}", f"[red]{hostile}", judge=hostile)], model=hostile, category=hostile))
    )

    outcome = run(path, "--by-category")

    assert outcome.exit_code == 0
    assert not {"\x1b", "\u202e"} & set(outcome.stdout)
    assert "[red]" in outcome.stdout


def test_no_text_of_prompts_or_answers_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(
        lines(row({"m": 1}, prompt="private-words", response="private-words"), b'{"prompt":"private-words')
    )

    assert "private-words" not in run(path).output
    assert "private-words" not in run(path, "--json").output


class _S3:
    """The two calls of S3 that reading takes, over objects in memory."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        if Key == "denied.jsonl":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}

    def get_paginator(self, name: str) -> _S3:
        assert name == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803 - boto3's names
        return [{"Contents": [{"Key": key}]} for key in sorted(self.objects) if key.startswith(Prefix)]


@pytest.fixture
def bucket(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = results.read_bytes()
    keys = [
        "run/job/models/m/1_output.jsonl",
        "run/job/models/m/2_output.jsonl",
        "run/job/x.json",
        "run2/3_output.jsonl",
    ]
    monkeypatch.setattr("gavel.aws.clients.s3", lambda: _S3(dict.fromkeys(keys, data)))


@pytest.mark.usefixtures("bucket")
def test_an_object_and_every_output_below_a_prefix_are_read_from_s3() -> None:
    assert {one["file"] for one in as_json("s3://bucket/run")["summaries"]} == {
        "s3://bucket/run/job/models/m/1_output.jsonl",
        "s3://bucket/run/job/models/m/2_output.jsonl",
    }
    assert as_json("s3://bucket/run2/3_output.jsonl")["summaries"][0]["n"] == 2


@pytest.mark.usefixtures("bucket")
def test_an_object_that_is_not_there_is_the_callers_and_one_that_is_denied_is_awss() -> None:
    absent, denied = run("s3://bucket/none.jsonl"), run("s3://bucket/denied.jsonl")

    assert (absent.exit_code, denied.exit_code) == (2, 1)
    assert "no such object" in absent.stderr
    assert "AWS denies it" in denied.stderr
    assert run("s3://bucket/nothing").exit_code == 2


def test_summarizing_for_a_program_loads_neither_boto3_nor_scipy_nor_rich(results: Path) -> None:
    code = (
        "import sys; from gavel_cli.main import main\n"
        f"main(['summarize', {str(results)!r}, '--json'], standalone_mode=False)\n"
        "print([name for name in ('boto3', 'scipy', 'rich', 'numpy') if name in sys.modules], file=sys.stderr)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert finished.stderr.strip() == "[]"
