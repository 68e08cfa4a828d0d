"""What all handlers share: settings at the door, errors that carry no data."""

from __future__ import annotations

import importlib
import io
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gavel.aws.failures import ClientError
from gavel.problems import InternalError, InvalidInputError, NotPermittedError, Problem, Problems, RefusedByAwsError
from handlers import entrance
from handlers.entrance import step
from tests.aws.builders import record
from tests.handlers.conftest import Context

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

HANDLERS = sorted(
    path.stem
    for path in (Path(__file__).parents[2] / "lambdas" / "handlers").glob("*.py")
    if path.stem not in {"__init__", "end_metrics", "entrance"}
)


def loaded(name: str) -> Any:
    return importlib.reload(importlib.import_module(f"handlers.{name}"))


@pytest.mark.parametrize("name", HANDLERS)
def test_every_handler_names_the_variables_that_its_deployment_lacks(
    name: str, lambda_environment: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded(name)
    monkeypatch.delenv("GAVEL_TABLE")

    with pytest.raises(Exception, match="GAVEL_TABLE"):
        loaded(name)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the Lambdas log; their logger took hold of the standard output before pytest could capture it."""
    (handler,) = entrance.logger.handlers
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    # Not `setStream`, which flushes the stream before it: one that pytest may have closed since.
    monkeypatch.setattr(handler, "stream", stream)
    return stream


def test_an_unexpected_error_leaves_with_its_place_and_without_its_text(log: io.StringIO) -> None:
    @step
    def work(_event: dict[str, Any]) -> None:
        raise ValueError("my secret prompt")

    with pytest.raises(InternalError, match=r"ValueError at work, test_steps.py:\d+") as caught:
        work({}, Context())  # type: ignore[arg-type] # a small stand-in of Lambda's context

    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "secret" not in str(caught.value)
    assert "ValueError at work" in log.getvalue()
    assert "secret" not in log.getvalue()


def test_an_error_of_gavel_keeps_its_name_and_text() -> None:
    @step
    def work(_event: dict[str, Any]) -> None:
        raise NotPermittedError("s3:GetObject on this object")

    with pytest.raises(NotPermittedError, match="s3:GetObject"):
        work({}, Context())  # type: ignore[arg-type] # as above


def test_an_error_of_aws_leaves_with_its_code_and_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    @step
    def work(_event: dict[str, Any]) -> None:
        answer = {"Error": {"Code": "InvalidRequest", "Message": "datasets/default/secret.jsonl is odd"}}
        raise ClientError({**answer, "ResponseMetadata": {"RequestId": "R1"}}, "GetObject")  # type: ignore[typeddict-item]

    with pytest.raises(RefusedByAwsError, match=r"^GetObject: InvalidRequest \(request R1\)$"):
        work({}, Context())  # type: ignore[arg-type] # as above

    assert "secret" not in "".join(capsys.readouterr())


def test_an_error_about_a_users_input_leaves_with_how_much_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    @step
    def work(_event: dict[str, Any]) -> None:
        problems = Problems()
        problems.add(Problem("secret.jsonl", 1, "prompt", "is blank", "write one"))
        raise InvalidInputError(problems)

    with pytest.raises(InvalidInputError, match=r"^1 problem\(s\) in the input$"):
        work({}, Context())  # type: ignore[arg-type] # as above

    assert "secret" not in "".join(capsys.readouterr())


def test_an_upload_starts_the_evaluation_of_its_version(lambda_environment: Stage) -> None:
    version = lambda_environment.upload("datasets/default/a+b c.jsonl", record(1))
    detail = {"object": {"key": "datasets/default/a+b c.jsonl", "version-id": version}}

    answer = loaded("start_evaluation").handler({"detail": detail}, Context())

    head = lambda_environment.table.head(answer["evaluation_id"]) or {}
    assert (head["dataset_key"], head["dataset_version"]) == ("datasets/default/a+b c.jsonl", version)


def collector_in(program: str, **environment: str) -> list[str]:
    """What a new process tells of its collector of cycles."""
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_the_collector_rests_while_a_lambda_starts_and_works_from_its_door_on(lambda_environment: Stage) -> None:
    program = (
        "import gc, handlers; print(gc.isenabled()); import handlers.check_job; "
        "print(gc.isenabled(), gc.get_freeze_count() > 10_000)"
    )

    assert collector_in(program, AWS_LAMBDA_FUNCTION_NAME="check-job") == ["False", "True", "True"]


def test_a_process_that_is_no_lambda_keeps_its_collector() -> None:
    assert collector_in("import gc, handlers; print(gc.isenabled(), gc.get_freeze_count())") == ["True", "0"]
