"""A panel of judges on the deployed system: one answer of each live generator, scored by all."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.twin.test_main_job import SHOPPING, question, records

if TYPE_CHECKING:
    from tests.twin.conftest import Gavel

pytestmark = pytest.mark.twin

PANEL = """
version: 1
generators:
  - {model: "amazon.nova-lite-v1:0", name: lite}
  - {model: "amazon.nova-micro-v1:0", name: micro}
judges:
  - {model: "amazon.nova-pro-v1:0", name: pro}
  - {model: "us.anthropic.claude-haiku-4-5-20251001-v1:0", name: haiku}
metrics: [Correctness, Helpfulness]
reuse: false
"""


def outputs(gavel: Gavel, evaluation: str, job: str) -> dict[str, str | None]:
    """Answer by prompt in the raw output of a job."""
    s3 = gavel.client("s3")
    listed = s3.list_objects_v2(Bucket=gavel.bucket, Prefix=f"evaluations/{evaluation}/bedrock/")["Contents"]
    (key,) = [item["Key"] for item in listed if f"-{job}/" in item["Key"] and item["Key"].endswith("_output.jsonl")]
    rows: list[dict[str, Any]] = [
        json.loads(line) for line in s3.get_object(Bucket=gavel.bucket, Key=key)["Body"].read().split(b"\n")
    ]
    return {row["inputRecord"]["prompt"]: row["modelResponses"][0]["response"] for row in rows}


def test_every_judge_scores_the_same_answers_and_no_model_answers_twice(gavel: Gavel) -> None:
    key, _ = gavel.upload(*records(SHOPPING), suite=gavel.put_suite(PANEL))

    view = gavel.ended(key)

    assert (view["status"], view["jobs"]["planned"], view["jobs"]["collected"]) == ("COMPLETED", 4, 4)
    cells = {(item["model"], item["judge"], item["metric"]): item["n"] + item["missing"] for item in view["summaries"]}
    assert Counter(cells.values()) == {30: 8}
    evaluation = view["evaluation_id"]
    bedrock = gavel.client("bedrock")
    configs = [
        bedrock.get_evaluation_job(jobIdentifier=job["jobArn"])["inferenceConfig"]["models"][0]
        for job in gavel.jobs(evaluation)
    ]
    assert Counter(next(iter(config)) for config in configs) == {"bedrockModel": 2, "precomputedInferenceSource": 2}
    for generator in ("g0", "g1"):
        lead, panel = (outputs(gavel, evaluation, f"{generator}-j{judge}-s0") for judge in (0, 1))
        assert lead == panel
        assert len(lead) == 30


def test_a_lead_job_that_bedrock_fails_ends_its_panel_with_the_reason(gavel: Gavel) -> None:
    with gavel.without(gavel.bedrock_role, "bedrock:InvokeModel"):
        key, _ = gavel.upload(question(), suite=gavel.put_suite(PANEL))
        view = gavel.ended(key)

    assert view["status"] == "FAILED"
    assert len(gavel.jobs(view["evaluation_id"])) == 2
    assert {job["job_id"] for job in view["failed_jobs"]} == {"g0-j0-s0", "g1-j0-s0"}
