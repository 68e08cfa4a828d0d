"""`gavel run --candidate`: what is uploaded under which name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from gavel.aws import clients
from gavel.aws.api_client import ApiClient
from gavel.aws.start_evaluation import API, Start, start_evaluation
from gavel.names import object_keys
from gavel_cli.main import main
from tests.aws.builders import record
from tests.aws.conftest import NOW
from tests.aws.test_compare_evaluations import reach
from tests.aws.test_verdict import AT_LEAST, NOVA, SUITE

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from tests.aws.conftest import Stage

OURS = SUITE.format(judge=NOVA, gates=AT_LEAST)
THEIRS = OURS.replace("0.6", "0.9")


@pytest.fixture
def files(stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with a dataset and a suite, which stands in the bucket with other gates."""
    reach(stage, monkeypatch)

    def start(self: ApiClient, *, dataset: str, version: str, suite: str) -> dict[str, Any]:
        begin = Start(dataset_key=dataset, dataset_version=version, suite=suite, started_by=API)
        started = start_evaluation(begin, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW)
        return {"evaluation_id": started.evaluation_id}

    monkeypatch.setattr(ApiClient, "start", start)
    stage.bucket.put(object_keys.suite_key("mine"), THEIRS.encode(), content_type="application/yaml")
    (tmp_path / "mine.yaml").write_text(OURS)
    (tmp_path / "q.jsonl").write_text(json.dumps(record(1)))
    return tmp_path


def run(files: Path, *options: object) -> Result:
    return CliRunner().invoke(main, ["run", str(files / "q.jsonl"), *map(str, options), "--detach", "--json"])


@pytest.mark.parametrize("named", [False, True])
def test_a_candidate_stands_beside_the_suite_that_it_is_for(stage: Stage, files: Path, named: bool) -> None:
    done = run(files, "--suite", "mine" if named else files / "mine.yaml", "--candidate", "pr-7", "--budget", "5")

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["evaluation_id"].startswith("mine-pr-7-")
    assert stage.bucket.read(object_keys.suite_key("mine")) == THEIRS.encode()
    assert stage.bucket.read(object_keys.suite_key("mine-pr-7")) == (THEIRS if named else OURS).encode()
    uploaded = clients.s3().head_object(Bucket=stage.bucket.name, Key="datasets/mine-pr-7/q.jsonl")
    assert uploaded["Metadata"] == {"gavel-candidate-for": "mine", "gavel-budget-usd": "5.0"}


def test_without_a_candidate_the_suite_itself_is_written(stage: Stage, files: Path) -> None:
    done = run(files, "--suite", files / "mine.yaml")

    assert done.exit_code == 0, done.output
    assert stage.bucket.read(object_keys.suite_key("mine")) == OURS.encode()
    assert clients.s3().head_object(Bucket=stage.bucket.name, Key="datasets/mine/q.jsonl")["Metadata"] == {}


@pytest.mark.parametrize("candidate", ["", "PR 7", "../x", "x" * 40])
def test_a_candidate_whose_name_no_suite_can_have_is_refused_before_anything_is_uploaded(
    stage: Stage, files: Path, candidate: str
) -> None:
    before = list(stage.bucket.keys(""))

    assert run(files, "--suite", files / "mine.yaml", f"--candidate={candidate}").exit_code == 2
    assert list(stage.bucket.keys("")) == before
