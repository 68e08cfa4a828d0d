"""An emulator whose process died goes on in another one: from its pickled state, as if nobody had noticed."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from local.bedrock.settings import Settings
from tests.local.bedrock.builders import create_request
from tests.local.bedrock.driver import Emulator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

TOKEN = "0123456789abcdef0123456789abcdef0123"  # noqa: S105 - a request's idempotency token


@pytest.fixture
def first(tmp_path: Path) -> Emulator:
    """An emulator whose jobs take so long that its end always comes first."""
    return Emulator(Settings(time_scale=1, state_log=tmp_path / "jobs.jsonl"))


def killed(emulator: Emulator) -> bytes:
    """What is left of it."""
    return pickle.dumps(emulator.app.state())


def go_on[T](first: Emulator, left: bytes, scenario: Callable[[Emulator], Awaitable[T]]) -> T:
    """Run a scenario on an emulator in a new process, on the same AWS, whose jobs end at once."""

    async def resumed(emulator: Emulator) -> T:
        emulator.app.resume(pickle.loads(left))  # noqa: S301 - made above
        return await scenario(emulator)

    return Emulator(replace(first.settings, time_scale=0), first.host).run(resumed)


def logged(emulator: Emulator) -> list[tuple[str, str]]:
    assert emulator.settings.state_log is not None
    entries = map(json.loads, emulator.settings.state_log.read_text().splitlines())
    return [(entry["event"], entry["jobName"]) for entry in entries]


def test_a_job_that_ran_runs_on_to_its_end_and_was_started_once(first: Emulator) -> None:
    async def begin(emulator: Emulator) -> tuple[str, bytes]:
        return await emulator.create(jobName="goes-on"), killed(emulator)

    arn, left = first.run(begin)
    job = go_on(first, left, lambda emulator: emulator.until(arn))

    assert job["status"] == "Completed"
    assert logged(first) == [("start", "goes-on"), ("end", "goes-on")]


def test_a_job_that_was_stopping_stops(first: Emulator) -> None:
    async def begin(emulator: Emulator) -> tuple[str, bytes]:
        arn = await emulator.create()
        await emulator.stop(arn)
        return arn, killed(emulator)

    arn, left = first.run(begin)

    assert go_on(first, left, lambda emulator: emulator.until(arn))["status"] == "Stopped"


def test_a_record_that_was_being_deleted_goes(first: Emulator) -> None:
    async def begin(emulator: Emulator) -> tuple[str, bytes]:
        arn = await emulator.create()
        await emulator.stop(arn)
        return arn, killed(emulator)

    arn, left = first.run(begin)

    async def delete(emulator: Emulator) -> tuple[int, bytes]:
        await emulator.until(arn, "Stopped")
        answer = await emulator.call("POST", "/evaluation-jobs/batch-delete", {"jobIdentifiers": [arn]})
        return answer.status, killed(emulator)

    status, left = go_on(first, left, delete)

    async def listed(emulator: Emulator) -> list[Any]:
        await emulator.outcome_of_others()
        return list((await emulator.call("GET", "/evaluation-jobs")).body["jobSummaries"])

    assert (status, go_on(first, left, listed)) == (202, [])


def test_a_token_is_known_to_the_new_process(first: Emulator) -> None:
    async def begin(emulator: Emulator) -> tuple[str, bytes]:
        return await emulator.create(clientRequestToken=TOKEN), killed(emulator)

    arn, left = first.run(begin)

    assert go_on(first, left, lambda emulator: emulator.create(clientRequestToken=TOKEN)) == arn


def test_what_came_after_the_last_image_never_happened_in_the_log_either(first: Emulator) -> None:
    async def begin(emulator: Emulator) -> tuple[str, bytes]:
        arn = await emulator.create(jobName="kept")
        left = killed(emulator)
        await emulator.create(jobName="lost")
        return arn, left

    arn, left = first.run(begin)

    async def again(emulator: Emulator) -> None:
        await emulator.until(arn)
        answer = await emulator.call("POST", "/evaluation-jobs", create_request(jobName="lost"))
        assert answer.status == 202  # its name is free

    go_on(first, left, again)

    assert logged(first)[:3] == [("start", "kept"), ("end", "kept"), ("start", "lost")]
