from __future__ import annotations

import pytest

from local.bedrock.dataset import read_dataset
from local.bedrock.errors import JobFailedError
from tests.local.bedrock.builders import answered, jsonl, row

PRIVATE = "my private question"


def failure(content: bytes, source: str | None = None) -> tuple[str, ...]:
    with pytest.raises(JobFailedError) as failed:
        read_dataset(content, source=source)
    assert PRIVATE not in str(failed.value)
    return failed.value.messages


def test_records_are_numbered_and_keep_unicode() -> None:
    records = read_dataset(jsonl(row(prompt="Grüße?"), row(prompt="二")) + b"\n", source=None)

    assert [(record.number, record.prompt) for record in records] == [(1, "Grüße?"), (2, "二")]


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_an_empty_dataset_fails_the_job(content: bytes) -> None:
    assert "empty" in failure(content)[0]


def test_more_than_a_thousand_prompts_fail_the_job() -> None:
    assert "1001 prompts" in failure(jsonl(*[row()] * 1001))[0]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"prompt": "my private question"', "not valid JSON"),
        (b'\xff{"prompt": "my private question"}', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'["my private question"]', "not a JSON object"),
        (b'{"referenceResponse": "my private question"}', "no prompt"),
        (b'{"prompt": " "}', "no prompt"),
        (b'{"prompt": "my private question", "referenceResponse": ""}', "blank 'referenceResponse'"),
        (b'{"prompt": "my private question", "category": 1}', "'category'"),
    ],
)
def test_a_bad_record_fails_the_job_with_its_number_and_without_its_text(line: bytes, reason: str) -> None:
    (message,) = failure(jsonl(row()) + b"\n" + line)

    assert message.startswith("Record 2 of the dataset ")
    assert reason in message


def test_no_more_than_twenty_records_are_named() -> None:
    assert len(failure(b"\n".join([b"{}"] * 30))) == 20


def test_a_record_without_an_answer_fails_a_job_with_an_inference_source() -> None:
    assert failure(jsonl(answered(), row()), "my-app") == (
        "Record 2 of the dataset has no 'modelResponses', which a job with an inference source needs.",
    )


def test_a_second_answer_to_a_record_fails_the_job() -> None:
    twice = answered()
    twice["modelResponses"] *= 2

    assert "exactly one is supported" in failure(jsonl(twice), "my-app")[0]


def test_two_sources_in_one_dataset_fail_the_job() -> None:
    messages = failure(jsonl(answered(source="my-app"), answered(source="other")), "my-app")

    assert "2 different modelIdentifiers" in messages[0]


def test_a_source_that_is_not_the_jobs_fails_it_with_the_records_number() -> None:
    (message,) = failure(jsonl(answered(source="other")), "my-app")

    assert message.startswith("Record 1 of the dataset has a modelIdentifier that differs")


def test_a_live_job_ignores_the_answers_of_the_dataset() -> None:
    (record,) = read_dataset(jsonl(answered("supplied")), source=None)

    assert record.response is None
    assert record.echo["modelResponses"] == [{"modelIdentifier": "my-app", "response": "supplied"}]


@pytest.mark.parametrize("value", [None, "text", 7, {"response": "a"}])
def test_a_live_job_echoes_answers_of_another_form_as_they_are(value: object) -> None:
    (record,) = read_dataset(jsonl({**row(), "modelResponses": value}), source=None)

    assert record.echo["modelResponses"] == value
