"""Budgets on the deployed system: refused beforehand, reserved for each job, settled with what was counted."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.twin.conftest import Command, Gavel

pytestmark = pytest.mark.twin

SUITE = (
    "version: 1\ngenerators: [{model: 'amazon.nova-lite-v1:0'}]\njudges: [{model: 'amazon.nova-pro-v1:0'}]\n"
    "metrics: [Correctness]\nreuse: false\n"
)


def question() -> dict[str, Any]:
    return {"prompt": f"What is 2 + 2? Answer as number {uuid.uuid4().hex}.", "referenceResponse": "4"}


def test_a_finished_evaluation_shows_what_was_expected_and_what_was_counted(gavel: Gavel) -> None:
    name = gavel.put_suite(f"{SUITE}budget: {{per_evaluation_usd: 1, per_month_usd: 1}}\n")
    view = gavel.ended(gavel.upload(question(), question(), suite=name)[0])

    assert view["status"] == "COMPLETED"
    assert view["estimate"]["usd"]["low"] < view["estimate"]["usd"]["expected"] < view["estimate"]["usd"]["high"]
    assert (view["counted"]["jobs"], view["counted"]["calls"]) == (1, 4)
    table = gavel.client("dynamodb").query(
        TableName=gavel.outputs["TableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"SPENDING#{name}"}},
    )
    (month,) = table["Items"]
    assert int(month["micro_usd"]["N"]) == round(view["counted"]["usd"] * 1_000_000)


def test_an_evaluation_above_its_budget_is_refused_before_any_job(gavel: Gavel) -> None:
    name = gavel.put_suite(f"{SUITE}budget: {{per_evaluation_usd: 0.0001}}\n")
    view = gavel.ended(gavel.upload(question(), suite=name)[0])

    assert view["status"] == "REFUSED"
    assert "budget.per_evaluation_usd" in view["reason"]
    assert gavel.jobs(view["evaluation_id"]) == []


def test_a_month_that_is_spent_refuses_the_next_evaluation(gavel: Gavel) -> None:
    name = gavel.put_suite(f"{SUITE}budget: {{per_month_usd: 0.01}}\n")
    first = gavel.ended(gavel.upload(question(), suite=name)[0])
    gavel.client("dynamodb").update_item(
        TableName=gavel.outputs["TableName"],
        Key={"pk": {"S": f"SPENDING#{name}"}, "sk": {"S": first["created_at"][:7]}},
        UpdateExpression="ADD micro_usd :more",
        ExpressionAttributeValues={":more": {"N": "9000"}},
    )

    again = gavel.ended(gavel.upload(question(), suite=name)[0])

    assert (first["status"], again["status"]) == ("COMPLETED", "REFUSED")
    assert "budget.per_month_usd" in again["reason"]


def test_gavel_run_says_the_cost_first_and_uploads_nothing_above_its_budget(
    gavel: Gavel, gavel_command: Command, tmp_path: Path
) -> None:
    dataset = tmp_path / "never-uploaded.jsonl"
    dataset.write_text(json.dumps(question()) + "\n")
    finished = gavel_command("run", str(dataset), "--local", "--budget", "0.0001")

    uploaded = gavel.client("s3").list_objects_v2(Bucket=gavel.bucket, Prefix="datasets/default/never-uploaded")
    assert finished.returncode == 2
    assert "Expected on AWS: $" in finished.stderr
    assert "budget.per_evaluation_usd: allows $0.00" in finished.stderr
    assert uploaded["KeyCount"] == 0
