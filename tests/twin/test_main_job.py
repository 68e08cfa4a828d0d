"""Upload a dataset, get a verdict: the deployed system from end to end."""

from __future__ import annotations

import json
import ssl
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from local.twin import signed_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.twin.conftest import Command, Gavel

pytestmark = pytest.mark.twin

ROOT = Path(__file__).parents[2]
BYOI = ROOT / "examples" / "datasets" / "bring-your-own.jsonl"
SHOPPING = ROOT / "examples" / "datasets" / "shopping-math.jsonl"


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def suite(*, models: str = "[{model: 'amazon.nova-lite-v1:0'}]", judge: str = "amazon.nova-pro-v1:0") -> str:
    return f"version: 1\ngenerators: {models}\njudges: [{{model: '{judge}', name: judge}}]\nmetrics: [Correctness]\n"


QUESTION = {"prompt": "What is 2 + 2?", "referenceResponse": "4", "category": "sums"}


def question() -> dict[str, Any]:
    """A record that no evaluation had before, so that no finished job is reused."""
    return {**QUESTION, "prompt": f"What is 2 + 2? Answer as number {uuid.uuid4().hex}."}


def test_an_upload_becomes_summaries_comparisons_and_a_report(
    gavel: Gavel, events: Callable[[str], dict[str, Any]]
) -> None:
    key, _ = gavel.upload(*records(SHOPPING))

    view = gavel.ended(key)

    assert (view["status"], view["records"], view["jobs"]["collected"]) == ("COMPLETED", 30, 2)
    means = {(item["model"], item["metric"]): item["mean"] for item in view["summaries"]}
    assert len(means) == 22
    assert means["nova-lite", "Builtin.Correctness"] > means["nova-micro", "Builtin.Correctness"]
    (correctness,) = [
        item for item in view["comparisons"] if (item["metric"], item["category"]) == ("Builtin.Correctness", None)
    ]
    assert (correctness["n"], correctness["model_a"], correctness["verdict"]) == (30, "nova-lite", "better")
    report = gavel.client("s3").get_object(Bucket=gavel.bucket, Key=view["keys"]["report"])["Body"].read().decode()
    assert "nova-lite is clearly better" in report
    assert events(view["evaluation_id"])["detail-type"] == "Evaluation Completed"


def test_the_same_records_again_are_not_paid_for_again_unless_the_suite_says_so(gavel: Gavel) -> None:
    asked = question()
    suites = [gavel.put_suite(suite() + more) for more in ("", "description: again\n", "reuse: false\n")]

    first, again, fresh = (gavel.ended(gavel.upload(asked, suite=name)[0]) for name in suites)

    assert [len(gavel.jobs(view["evaluation_id"])) for view in (first, again, fresh)] == [1, 0, 1]
    assert [view["reused_jobs"] for view in (first, again, fresh)] == [0, 1, 0]
    assert again["coverage"] == first["coverage"] == 1
    assert again["summaries"][0]["mean"] == first["summaries"][0]["mean"]


def test_the_same_upload_delivered_twice_is_one_evaluation(gavel: Gavel) -> None:
    key, version = gavel.upload(question())
    view = gavel.ended(key)

    # When the event comes again, as EventBridge may deliver it
    event = {"detail": {"object": {"key": key, "version-id": version}}}
    answer = gavel.client("lambda").invoke(
        FunctionName="gavel-twin-start-evaluation", Payload=json.dumps(event).encode()
    )

    assert json.loads(answer["Payload"].read()) == {"evaluation_id": view["evaluation_id"], "created": False}
    assert len(gavel.jobs(view["evaluation_id"])) == 2
    heads = gavel.get("/evaluations?limit=100")["evaluations"]
    assert [head["evaluation_id"] for head in heads if head["dataset_key"] == key] == [view["evaluation_id"]]


def test_answers_that_the_dataset_brings_are_judged_and_not_made_again(gavel: Gavel) -> None:
    # With a prompt of its own: the same records elsewhere in these tests would be judged once for both.
    brought = records(BYOI)
    key, _ = gavel.upload({**brought[0], "prompt": f"{brought[0]['prompt']} (main job)"}, *brought[1:])

    view = gavel.ended(key)

    assert (view["status"], view["generators"], view["coverage"]) == (
        "COMPLETED",
        ["third-party-model"],
        pytest.approx(1, abs=0.05),
    )
    (job,) = gavel.jobs(view["evaluation_id"])
    config = gavel.client("bedrock").get_evaluation_job(jobIdentifier=job["jobArn"])["inferenceConfig"]
    assert "precomputedInferenceSource" in config["models"][0]


def test_a_dataset_of_more_than_a_thousand_records_runs_as_several_jobs(gavel: Gavel) -> None:
    name = gavel.put_suite(suite())
    key, _ = gavel.upload(*({**QUESTION, "prompt": f"What is {n} + {n}?"} for n in range(1001)), suite=name)

    view = gavel.ended(key)

    assert (view["status"], view["jobs"]["collected"]) == ("COMPLETED", 2)
    assert view["summaries"][0]["n"] + view["summaries"][0]["missing"] == 1001


def test_a_wrong_dataset_is_refused_before_any_job_with_every_problem(
    gavel: Gavel, events: Callable[[str], dict[str, Any]]
) -> None:
    key, version = gavel.upload(question(), {"prompt": " "}, {"referenceResponse": "4"})

    view = gavel.ended(key)

    validation = gavel.read_json(view["keys"]["validation"])
    assert view["status"] == "REFUSED"
    assert [(error["line"], error["field"]) for error in validation["errors"]] == [(2, "prompt"), (3, "prompt")]
    assert all(error["reason"] and error["remedy"] for error in validation["errors"])
    assert gavel.jobs(view["evaluation_id"]) == []
    assert events(view["evaluation_id"])["detail-type"] == "Evaluation Refused"
    assert gavel.client("s3").head_object(Bucket=gavel.bucket, Key=key)["VersionId"] == version


def test_a_wrong_suite_is_refused_with_its_line(gavel: Gavel) -> None:
    name = gavel.put_suite(suite().replace("Correctness", "Korrectness"))
    key, _ = gavel.upload(question(), suite=name)

    view = gavel.ended(key)

    (error,) = gavel.read_json(view["keys"]["validation"])["errors"]
    assert (view["status"], error["file"], error["line"]) == ("REFUSED", f"suites/{name}.yaml", 4)


def test_a_model_that_bedrock_does_not_let_judge_fails_with_bedrocks_reason(gavel: Gavel) -> None:
    name = gavel.put_suite(suite(judge="amazon.titan-text-lite-v1"))
    key, _ = gavel.upload(question(), suite=name)

    view = gavel.ended(key)

    assert view["status"] == "FAILED"
    assert "ValidationException" in view["reason"]
    assert "amazon.titan-text-lite-v1" in view["reason"]


def test_jobs_of_one_model_may_fail_while_the_others_go_on(gavel: Gavel) -> None:
    # Given a model that an administrator has taken from Bedrock's role
    name = gavel.put_suite(
        suite(models="[{model: 'amazon.nova-lite-v1:0', name: lite}, {model: 'amazon.nova-micro-v1:0', name: micro}]")
    )
    micro = "arn:aws:bedrock:*::foundation-model/amazon.nova-micro-v1:0"
    with gavel.denied(gavel.bedrock_role, "bedrock:InvokeModel", micro):
        key, _ = gavel.upload(question(), suite=name)

        view = gavel.ended(key)

    assert (view["status"], view["coverage"]) == ("COMPLETED", 0.5)
    assert view["failed_jobs"][0]["generator"] == "micro"
    assert "bedrock:" in view["failed_jobs"][0]["reason"]


def test_a_model_of_another_account_is_refused_with_the_remedy(gavel: Gavel) -> None:
    foreign = "arn:aws:bedrock:us-east-1:999999999999:provisioned-model/abcdefabcdef"
    name = gavel.put_suite(suite(models=f"[{{model: '{foreign}'}}]"))
    key, _ = gavel.upload(question(), suite=name)

    view = gavel.ended(key)

    (error,) = gavel.read_json(view["keys"]["validation"])["errors"]
    assert view["status"] == "REFUSED"
    assert "belongs to account 999999999999" in error["reason"]
    assert error["remedy"] == "use a model of this account"
    assert gavel.jobs(view["evaluation_id"]) == []


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:GetObject", "bedrock:InvokeModel"])
def test_a_permission_that_bedrocks_role_lacks_is_named_in_the_reason(gavel: Gavel, action: str) -> None:
    with gavel.without(gavel.bedrock_role, action):
        key, _ = gavel.upload(question())
        view = gavel.ended(key)

    assert view["status"] == "FAILED"
    assert action in view["reason"]
    assert view["jobs"]["failed"] == 2


def test_a_lambda_without_the_grant_to_create_jobs_says_so_in_the_reason(gavel: Gavel) -> None:
    with gavel.without(gavel.role_of("start-job"), "bedrock:CreateEvaluationJob"):
        key, _ = gavel.upload(question())
        view = gavel.ended(key)

    assert view["status"] == "FAILED"
    assert "bedrock:CreateEvaluationJob" in view["reason"]
    assert gavel.jobs(view["evaluation_id"]) == []


def test_the_signed_api_joins_the_evaluation_that_the_upload_started(gavel: Gavel) -> None:
    key, version = gavel.upload(question())
    body = {"dataset": key, "version_id": version}

    answer = signed_request(gavel.twin, "POST", gavel.outputs["ApiUrl"] + "/evaluations", json_body=body)

    assert answer.status_code == 202
    assert answer.json()["evaluation_id"] == gavel.ended(key)["evaluation_id"]


def test_an_unsigned_call_is_forbidden(gavel: Gavel) -> None:
    url = httpx.URL(gavel.outputs["ApiUrl"])
    context = ssl.create_default_context(cafile=gavel.twin.ca_bundle)
    with httpx.Client(verify=context, trust_env=False) as connection:
        answer = connection.get(
            f"{gavel.twin.endpoint}/evaluations",
            headers={"Host": url.netloc.decode()},
            extensions={"sni_hostname": url.host},
        )

    assert answer.status_code == 403


def test_gavel_run_uploads_follows_and_prints_the_comparison(
    gavel: Gavel, gavel_command: Command, tmp_path: Path
) -> None:
    report = tmp_path / "report.html"
    finished = gavel_command("run", str(SHOPPING), "--local", "--report", str(report))

    assert finished.returncode == 0, finished.stderr
    assert "nova-lite is better on" in finished.stdout
    assert "Expected on AWS: $" in finished.stderr
    # Another test may have had these jobs done, which this one then reuses.
    assert "Cost on AWS: $" in finished.stdout
    assert report.read_text().lower().startswith("<!doctype html>")


def test_gavel_run_refuses_a_wrong_dataset_before_it_uploads_anything(
    gavel: Gavel, gavel_command: Command, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong-for-good.jsonl"
    wrong.write_text('{"prompt": ""}\n')
    finished = gavel_command("run", str(wrong), "--local", "--json")

    uploaded = gavel.client("s3").list_objects_v2(Bucket=gavel.bucket, Prefix="datasets/default/wrong-for-good")
    assert finished.returncode == 2
    assert json.loads(finished.stdout)["errors"][0]["line"] == 1
    assert uploaded["KeyCount"] == 0
