"""A suite's content and its version belong together, whoever else writes at the same time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gavel.aws import clients, suite_files
from gavel.names import object_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.aws.conftest import Stage

KEY = object_keys.suite_key("mine")


@contextmanager
def another_writer(stage: Stage, *, after: str) -> Iterator[None]:
    """Somebody who writes the suite right after the first request of that kind was answered."""
    events = clients.s3().meta.events
    name = f"after-call.s3.{after}"

    def write(**_: Any) -> None:
        events.unregister(name, write)
        stage.bucket.put(KEY, b"another's", content_type="application/yaml")

    events.register(name, write)
    try:
        yield
    finally:
        events.unregister(name, write)


def content_of(stage: Stage, version: str) -> bytes | None:
    return stage.bucket.read(KEY, version)


def test_a_suite_is_shown_with_the_version_that_has_its_content(stage: Stage) -> None:
    suite_files.put(stage.bucket, "mine", b"mine")

    for first in ("HeadObject", "GetObject"):
        with another_writer(stage, after=first):
            shown = suite_files.get(stage.bucket, "mine")
        assert shown is not None
        assert content_of(stage, shown["version_id"]) == shown["content"].encode()


def test_a_suite_that_was_written_is_told_with_its_own_version(stage: Stage) -> None:
    with another_writer(stage, after="PutObject"):
        written = suite_files.put(stage.bucket, "mine", b"mine")

    assert content_of(stage, written["version_id"]) == b"mine"


def test_a_suite_that_was_there_already_is_told_with_the_version_that_was_looked_at(stage: Stage) -> None:
    first = suite_files.put(stage.bucket, "mine", b"mine")

    with another_writer(stage, after="GetObject"):
        again = suite_files.put(stage.bucket, "mine", b"mine")

    assert again == {**first, "created": False}
