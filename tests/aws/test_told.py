"""What errors tell of the objects that AWS names: the permission that is missing, and nothing that a user has named."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from gavel.aws.failures import translated
from gavel.names.object_keys import told_key
from gavel.problems import NotPermittedError, TryLaterError


def refused(code: str, key: str) -> ClientError:
    text = f'not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::bucket/{key}"'
    return ClientError({"Error": {"Code": code, "Message": text}}, "GetObject")


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("datasets/mine/secret name.jsonl", "datasets/…"),
        ("answers/mine/secret.jsonl", "answers/…"),
        ("evaluations/mine-0123456789abcdef/bedrock/job/x/models/secret/a_output.jsonl", None),
        ("evaluations/mine-0123456789abcdef/manifest.json", "evaluations/mine-0123456789abcdef/manifest.json"),
        ("suites/mine.yaml", "suites/mine.yaml"),
    ],
)
def test_a_denial_names_action_and_folder_and_no_file_or_model(key: str, told: str | None) -> None:
    with pytest.raises(NotPermittedError) as caught, translated(key=key):
        raise refused("AccessDenied", key)

    text = str(caught.value)
    assert "s3:GetObject" in text
    assert "secret" not in text
    assert (told or "evaluations/mine-0123456789abcdef/bedrock/…") in text


def test_a_denial_that_writes_the_key_in_its_own_way_names_it_no_more() -> None:
    with pytest.raises(NotPermittedError) as caught, translated(key="datasets/mine/secret name.jsonl"):
        raise refused("AccessDenied", "datasets/mine/secret%20name.jsonl")

    assert "secret" not in str(caught.value)


def test_a_busy_service_is_not_quoted() -> None:
    with pytest.raises(TryLaterError, match=r"^GetObject: SlowDown$"), translated():
        raise refused("SlowDown", "datasets/mine/secret.jsonl")


def test_a_key_of_gavels_own_is_told_whole() -> None:
    assert told_key("evaluations/x/scores/g0-j0-s0.parquet") == "evaluations/x/scores/g0-j0-s0.parquet"
