"""The doctor looks at the deployed system: nothing to mend where all is as the CDK made it, and what somebody broke."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.twin.conftest import Command, Gavel

pytestmark = pytest.mark.twin


def diagnosed(gavel_command: Command, *arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit code, and the findings that are not fine by their names."""
    finished = gavel_command("doctor", "--local", "--json", *arguments)
    assert finished.stdout, finished.stderr
    document = json.loads(finished.stdout)
    assert document["healthy"] is (finished.returncode == 0)
    return finished.returncode, {one["name"]: one for one in document["findings"] if one["level"] != "ok"}


def test_what_the_cdk_deployed_has_nothing_to_mend(gavel_command: Command) -> None:
    code, found = diagnosed(gavel_command)

    assert (code, set(found) - {"dead letters"}) == (0, set())


def test_a_role_that_lost_an_action_is_found_with_the_resource(gavel: Gavel, gavel_command: Command) -> None:
    with gavel.without(gavel.bedrock_role, "s3:PutObject"):
        code, found = diagnosed(gavel_command)

    assert code == 1
    assert "does not allow the role s3:PutObject on arn:aws:s3:::" in found["role permissions"]["text"]


def test_a_bucket_whose_uploads_start_nothing_is_found(gavel: Gavel, gavel_command: Command) -> None:
    s3 = gavel.client("s3")
    s3.put_bucket_notification_configuration(Bucket=gavel.bucket, NotificationConfiguration={})
    try:
        code, found = diagnosed(gavel_command)
    finally:
        s3.put_bucket_notification_configuration(
            Bucket=gavel.bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )

    assert (code, found["bucket events"]["level"]) == (1, "problem")


def test_a_judge_that_is_called_through_a_profile_only_is_found_with_the_profile(
    gavel_command: Command, tmp_path: Path
) -> None:
    suite = tmp_path / "profile-only.yaml"
    suite.write_text(
        "version: 1\n"
        "generators: [{model: us.anthropic.claude-haiku-4-5-20251001-v1:0}]\n"
        "judges: [{model: amazon.nova-2-lite-v1:0}]\n"
    )

    code, found = diagnosed(gavel_command, "--suite", str(suite))

    assert (code, set(found) - {"dead letters"}) == (1, {"model amazon.nova-2-lite-v1:0"})
    assert "us.amazon.nova-2-lite-v1:0" in found["model amazon.nova-2-lite-v1:0"]["remedy"]
