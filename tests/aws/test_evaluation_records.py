"""Records out of many score files: one request for each, none twice, and a call that is broken off is no loss."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import IncompleteReadError

from gavel.aws import clients, evaluation_records
from gavel.aws.dataset_check import TooLargeError
from gavel.aws.evaluation_records import records_page
from gavel.aws.score_copies import StillCopyingError
from gavel.names.object_keys import EvaluationKeys
from gavel.names.statuses import EvaluationStatus
from gavel.problems import TryLaterError
from gavel.results.record_pages import Wanted
from tests.aws.conftest import NOW
from tests.aws.test_collect_and_summarize import finished, summarize

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.aws.conftest import Stage

FILES = 2


@pytest.fixture(autouse=True)
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Lambda's disk."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def evaluated(stage: Stage) -> str:
    """An evaluation of two models, each with a score file."""
    evaluation = finished(stage, [1, 0.5], [0, 1])
    summarize(stage, evaluation)
    stage.table.advance(evaluation, EvaluationStatus.COMPLETED, now=NOW, facts={"ended_at": NOW})
    assert len(list(stage.bucket.keys(EvaluationKeys(evaluation).scores_folder))) == FILES
    return evaluation


def page(stage: Stage, evaluation: str, **options: Any) -> list[dict[str, Any]]:
    head = stage.table.head(evaluation)
    assert head is not None
    found: list[dict[str, Any]] = records_page(head, Wanted(), bucket=stage.bucket, limit=20, **options)["records"]
    return found


@contextmanager
def requests() -> Iterator[Counter[str]]:
    """The requests to S3, counted by operation."""
    counted: Counter[str] = Counter()

    def count(model: Any, **_: object) -> None:
        counted[model.name] += 1

    events = clients.s3().meta.events
    events.register("before-call.s3", count)
    try:
        yield counted
    finally:
        events.unregister("before-call.s3", count)


def test_a_page_takes_one_listing_and_one_request_for_each_file_and_the_next_page_only_the_listing(
    stage: Stage,
) -> None:
    evaluation = evaluated(stage)

    with requests() as first:
        assert len(page(stage, evaluation)) == 2
    with requests() as second:
        assert len(page(stage, evaluation)) == 2

    assert first == {"ListObjectsV2": 1, "GetObject": FILES}
    assert second == {"ListObjectsV2": 1}


def test_scores_that_are_too_large_are_refused_before_anything_is_copied(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation = evaluated(stage)
    sizes = dict(stage.bucket.listed(EvaluationKeys(evaluation).scores_folder)).values()
    monkeypatch.setattr(evaluation_records, "MOST_BYTES", sum(sizes) - 1)

    with requests() as made, pytest.raises(TooLargeError):
        page(stage, evaluation)

    assert made == {"ListObjectsV2": 1}


def test_files_that_were_copied_before_the_time_was_up_serve_the_next_call(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gavel.aws.score_copies.WORKERS", 1)
    evaluation = evaluated(stage)
    time_for = iter([True, False])

    with pytest.raises(StillCopyingError):
        page(stage, evaluation, in_time=lambda: next(time_for))
    with requests() as made:
        assert len(page(stage, evaluation)) == 2

    assert made["GetObject"] == FILES - 1


def test_thedisk_holds_the_copies_of_one_evaluation(stage: Stage, disk: Path) -> None:
    first, second = evaluated(stage), evaluated(stage)

    page(stage, first)
    page(stage, second)

    assert [folder.name for folder in (disk / "gavel-records").iterdir()] == [second]


def test_a_file_whose_connection_broke_is_not_taken_for_a_copy(
    stage: Stage, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation = evaluated(stage)

    def broken(_body: object, part: Any) -> None:
        part.write(b"PAR1")
        raise IncompleteReadError(actual_bytes=4, expected_bytes=400)

    with monkeypatch.context() as patch:
        patch.setattr("gavel.aws.storage.shutil.copyfileobj", broken)
        with pytest.raises(TryLaterError):
            page(stage, evaluation)

    assert list((disk / "gavel-records" / evaluation).iterdir()) == []
    assert len(page(stage, evaluation)) == 2
