"""Conformance through an unmodified boto3 and the AWS CLI against the emulator inside the embedded AWS."""

from __future__ import annotations

import itertools
import json
import ssl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local import twin
from local.settings import Settings
from tests.local.bedrock.builders import SOURCE, answered, automated, create_request, jsonl, row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.twin, pytest.mark.enable_socket]

BUCKET = "bedrock-conformance"
NUMBERS = itertools.count()
DONE = {"Completed", "Failed", "Stopped"}
PERMISSIONS = ["s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:GetBucketLocation", "bedrock:InvokeModel"]


class Cloud:
    """A running twin with a bucket, a dataset and a service role."""

    def __init__(self, state: twin.State) -> None:
        self.state = state
        self.s3 = twin.client("s3", state)
        self.iam = twin.client("iam", state)
        self.bedrock = twin.client("bedrock", state, retries={"total_max_attempts": 1})
        self.s3.create_bucket(Bucket=BUCKET)
        self.put("d.jsonl", jsonl(answered(), answered("55", prompt="Two?")))
        self.role_arn = self.role("evaluator")

    def put(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)

    def keys(self, prefix: str) -> list[str]:
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]

    def role(
        self, name: str, *, without: str = "", trust: dict[str, Any] | None = None, service: str = "bedrock"
    ) -> str:
        jobs = f"arn:aws:bedrock:{self.state.region}:{self.state.account}:evaluation-job/*"
        conditions = {"StringEquals": {"aws:SourceAccount": self.state.account}, "ArnEquals": {"aws:SourceArn": jobs}}
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": conditions if trust is None else trust,
        }
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(statement))["Role"]["Arn"]
        actions = [action for action in PERMISSIONS if action != without]
        document = policy({"Effect": "Allow", "Action": actions, "Resource": "*"})
        self.iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=document)
        return str(arn)

    def user(self, name: str, *statements: dict[str, Any]) -> Any:
        """A Bedrock client of a user with just these statements."""
        self.iam.create_user(UserName=name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*statements))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return self.client(key["AccessKeyId"], key["SecretAccessKey"])

    def client(self, key: str, secret: str, region: str | None = None) -> Any:
        session: Any = boto3.Session(key, secret, region_name=region or self.state.region)
        return session.client(
            "bedrock",
            endpoint_url=self.state.endpoint,
            verify=self.state.ca_bundle,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def request(self, **changes: Any) -> dict[str, Any]:
        request = create_request(
            jobName=f"job-{next(NUMBERS)}",
            roleArn=self.role_arn,
            evaluationConfig=automated(dataset=f"s3://{BUCKET}/d.jsonl"),
            outputDataConfig={"s3Uri": f"s3://{BUCKET}/out"},
        )
        return {**request, **changes}

    def create(self, client: Any = None, **changes: Any) -> str:
        return str((client or self.bedrock).create_evaluation_job(**self.request(**changes))["jobArn"])

    def until(self, arn: str, statuses: set[str] = DONE) -> dict[str, Any]:
        for _ in range(2000):
            job: dict[str, Any] = self.bedrock.get_evaluation_job(jobIdentifier=arn)
            if job["status"] in statuses:
                return job
            time.sleep(0.03)
        raise AssertionError(f"the job stayed {job['status']}")

    def failure(self, **changes: Any) -> str:
        job = self.until(self.create(**changes))
        assert job["status"] == "Failed"
        return "\n".join(job["failureMessages"])

    def faults(self, description: dict[str, Any]) -> None:
        verify = ssl.create_default_context(cafile=self.state.ca_bundle)
        reply = httpx.put(f"{self.state.endpoint}/_gavel/faults", json=description, verify=verify, trust_env=False)
        assert reply.status_code == 200, reply.text


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def error(call: Callable[[], Any]) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as raised:
        call()
    answer = raised.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    settings = Settings(state_dir=tmp_path_factory.mktemp("twin"), time_scale=0.001)
    yield Cloud(twin.up(settings))
    twin.down(settings)


@pytest.fixture(autouse=True)
def _no_faults(cloud: Cloud) -> Iterator[None]:
    yield
    cloud.faults({})


def test_a_job_runs_from_create_to_a_result_file(cloud: Cloud) -> None:
    answer = cloud.bedrock.create_evaluation_job(**cloud.request(jobName="whole-way", inferenceConfig=SOURCE))

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert cloud.bedrock.get_evaluation_job(jobIdentifier=answer["jobArn"])["status"] == "InProgress"
    job = cloud.until(answer["jobArn"])
    assert (job["status"], job["jobType"], job["applicationType"]) == ("Completed", "Automated", "ModelEvaluation")
    assert "failureMessages" not in job
    assert job["lastModifiedTime"] > job["creationTime"]
    output, sentinel = sorted(cloud.keys("out/whole-way/"), key=len, reverse=True)
    assert sentinel == "out/whole-way/amazon-bedrock-evaluations-permission-check"
    job_id = answer["jobArn"][-12:]
    assert output.startswith(f"out/whole-way/{job_id}/models/my-app/taskTypes/General/datasets/Shopping/")
    lines = cloud.s3.get_object(Bucket=BUCKET, Key=output)["Body"].read().split(b"\n")
    assert [json.loads(line)["modelResponses"] for line in lines] == [
        [{"response": "12 dollars.", "modelIdentifier": "my-app"}],
        [{"response": "55", "modelIdentifier": "my-app"}],
    ]


def test_answers_of_the_dataset_are_ignored_when_a_model_is_named(cloud: Cloud) -> None:
    cloud.until(cloud.create(jobName="trap"))

    key = next(key for key in cloud.keys("out/trap/") if key.endswith("_output.jsonl"))
    first = json.loads(cloud.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().split(b"\n")[0])
    assert first["modelResponses"][0]["stopReason"] == "END_TURN"
    assert first["modelResponses"][0]["response"] != first["inputRecord"]["modelResponses"][0]["response"]


def test_output_is_there_before_the_status_says_so(cloud: Cloud) -> None:
    arn = cloud.create(jobName="early-output")
    deadline = time.monotonic() + 60
    while not any(key.endswith("_output.jsonl") for key in cloud.keys("out/early-output/")):
        assert time.monotonic() < deadline
    assert cloud.until(arn)["status"] == "Completed"


def test_errors_have_the_codes_of_the_service_model(cloud: Cloud) -> None:
    arn = cloud.create(clientRequestToken="token-1", jobName="only-once")
    missing = arn[:-12] + "0" * 12
    other_task = automated(dataset=f"s3://{BUCKET}/d.jsonl", task_type="Custom")

    cases = [
        error(lambda: cloud.create(jobName="Not_Valid")),
        error(lambda: cloud.create(evaluationConfig=other_task)),
        error(lambda: cloud.create(jobName="only-once")),
        error(lambda: cloud.bedrock.get_evaluation_job(jobIdentifier=missing)),
        error(lambda: cloud.bedrock.stop_evaluation_job(jobIdentifier=missing)),
        error(lambda: cloud.create(roleArn="arn:aws:iam::999988887777:role/x")),
    ]

    assert [(code, status) for code, status, _ in cases] == [
        ("ValidationException", 400),
        ("ValidationException", 400),
        ("ConflictException", 400),
        ("ResourceNotFoundException", 404),
        ("ResourceNotFoundException", 404),
        ("AccessDeniedException", 403),
    ]
    assert cases[1][2] == "Task type 'Custom' is not allowed for automated evaluation"
    assert cloud.create(clientRequestToken="token-1", jobName="only-once") == arn


def test_a_job_can_be_stopped_and_deleted_and_its_results_stay(cloud: Cloud) -> None:
    cloud.faults({"jobs": [{"name": "to-stop", "outcome": "stuck"}]})
    stuck, done = cloud.create(jobName="to-stop"), cloud.create(jobName="to-delete")

    assert cloud.bedrock.stop_evaluation_job(jobIdentifier=stuck)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert cloud.until(stuck)["status"] == "Stopped"
    cloud.until(done)
    answer = cloud.bedrock.batch_delete_evaluation_job(jobIdentifiers=[done])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answer["evaluationJobs"] == [{"jobIdentifier": done[-12:], "jobStatus": "Deleting"}]
    time.sleep(0.2)
    assert error(lambda: cloud.bedrock.get_evaluation_job(jobIdentifier=done))[0] == "ResourceNotFoundException"
    assert any(key.endswith("_output.jsonl") for key in cloud.keys("out/to-delete/"))


def test_the_quota_of_twenty_and_the_pages_of_five(cloud: Cloud) -> None:
    cloud.faults({"jobs": [{"name": "^quota-", "outcome": "stuck"}]})
    client = cloud.client(cloud.state.access_key_id, cloud.state.secret_access_key, "eu-west-1")
    with ThreadPoolExecutor(4) as pool:
        names = [f"quota-{number}" for number in range(20)]
        arns = list(pool.map(lambda name: cloud.create(client, jobName=name), names))

    assert error(lambda: cloud.create(client, jobName="quota-20"))[:2] == ("ServiceQuotaExceededException", 400)
    pages = list(client.get_paginator("list_evaluation_jobs").paginate(nameContains="quota"))
    assert [len(page["jobSummaries"]) for page in pages] == [5, 5, 5, 5]
    assert {job["jobArn"] for page in pages for job in page["jobSummaries"]} == set(arns)
    for arn in arns:
        client.stop_evaluation_job(jobIdentifier=arn)


def test_throttled_calls_reach_the_sdk_as_such_and_its_retries_get_through(cloud: Cloud) -> None:
    cloud.faults({"calls": [{"operation": "ListEvaluationJobs", "error": "ThrottlingException", "times": 2}]})

    assert error(cloud.bedrock.list_evaluation_jobs)[:2] == ("ThrottlingException", 429)
    assert twin.client("bedrock", cloud.state).list_evaluation_jobs()["ResponseMetadata"]["RetryAttempts"] == 1


def test_a_signature_made_with_a_wrong_secret_is_refused(cloud: Cloud) -> None:
    key = cloud.iam.create_access_key(UserName=cloud.iam.create_user(UserName="forged")["User"]["UserName"])
    client = cloud.client(key["AccessKey"]["AccessKeyId"], "x" * 40)

    assert error(client.list_evaluation_jobs)[1] == 403
    assert error(lambda: cloud.create(client, jobName="forged"))[1] == 403
    assert cloud.bedrock.list_evaluation_jobs(nameContains="forged")["jobSummaries"] == []


def test_a_caller_needs_each_permission_on_the_resource_that_aws_names(cloud: Cloud) -> None:
    jobs = f"arn:aws:bedrock:{cloud.state.region}:{cloud.state.account}:evaluation-job/*"
    read = {"Effect": "Allow", "Action": "bedrock:GetEvaluationJob", "Resource": jobs}
    make = {
        "Effect": "Allow",
        "Action": "bedrock:CreateEvaluationJob",
        "Resource": "arn:aws:bedrock:*::foundation-model/*",
    }
    to_other = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": cloud.role_arn}
    arn = cloud.create()
    reader = cloud.user("reader", read)
    maker = cloud.user("maker", make, passing)
    misled = cloud.user("misled", make, {**passing, "Condition": to_other})

    assert reader.get_evaluation_job(jobIdentifier=arn)["jobArn"] == arn
    assert cloud.create(maker)
    code, status, message = error(lambda: maker.stop_evaluation_job(jobIdentifier=arn))
    assert (code, status) == ("AccessDeniedException", 403)
    assert f"user/maker is not authorized to perform: bedrock:StopEvaluationJob on resource: {arn}" in message
    assert "bedrock:CreateEvaluationJob" in error(lambda: cloud.create(reader))[2]
    assert f"iam:PassRole on resource: {cloud.role_arn}" in error(lambda: cloud.create(misled))[2]


@pytest.mark.parametrize("action", PERMISSIONS)
def test_a_role_without_a_permission_fails_the_job_with_its_name(cloud: Cloud, action: str) -> None:
    arn = cloud.role("without-" + action.replace(":", "-"), without=action)

    message = cloud.failure(roleArn=arn)

    assert f"is not authorized to perform: {action} on resource: arn:aws:" in message


@pytest.mark.parametrize(
    ("name", "service", "condition"),
    [
        ("other-service", "lambda", {}),
        ("other-account", "bedrock", {"StringEquals": {"aws:SourceAccount": "999988887777"}}),
        ("other-job", "bedrock", {"ArnEquals": {"aws:SourceArn": "arn:aws:bedrock:*:*:model-import-job/*"}}),
    ],
)
def test_a_trust_policy_that_does_not_fit_fails_the_job(
    cloud: Cloud, name: str, service: str, condition: dict[str, Any]
) -> None:
    arn = cloud.role(name, service=service, trust=condition)

    assert f"not authorized to assume the role {arn}" in cloud.failure(roleArn=arn)


def test_a_bucket_of_another_region_fails_the_job(cloud: Cloud) -> None:
    where = {"LocationConstraint": "eu-west-1"}
    cloud.s3.create_bucket(Bucket="conformance-elsewhere", CreateBucketConfiguration=where)

    message = cloud.failure(outputDataConfig={"s3Uri": "s3://conformance-elsewhere/out"})

    assert "conformance-elsewhere is in eu-west-1" in message


def test_a_bad_dataset_fails_the_job_with_the_records_number_only(cloud: Cloud) -> None:
    cloud.put("bad.jsonl", jsonl(row()) + b'\n{"prompt": "my private question"')

    message = cloud.failure(evaluationConfig=automated(dataset=f"s3://{BUCKET}/bad.jsonl"))

    assert message == "Record 2 of the dataset is not valid JSON."
    log = Settings.from_environment({"GAVEL_TWIN_STATE_DIR": str(Path(cloud.state.ca_bundle).parent.parent)}).log_file
    assert "private" not in log.read_text()


def test_tags_of_a_job_are_found_by_the_tagging_api(cloud: Cloud) -> None:
    arn = cloud.create(jobTags=[{"key": "team", "value": "search"}])

    tags = cloud.bedrock.list_tags_for_resource(resourceARN=arn)["tags"]
    assert tags == [{"key": "team", "value": "search"}]


def test_the_aws_command_line_creates_reads_lists_and_stops(cloud: Cloud, tmp_path: Path) -> None:
    def aws(*arguments: str) -> Any:
        command = [str(Path(sys.executable).parent / "aws"), "bedrock", *arguments, "--output", "json"]
        environment = twin.process_environment(cloud.state)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "{}")

    cloud.faults({"jobs": [{"name": "cli", "outcome": "stuck"}]})
    file = tmp_path / "request.json"
    file.write_text(json.dumps(cloud.request(jobName="cli")))

    arn = aws("create-evaluation-job", "--cli-input-json", f"file://{file}")["jobArn"]
    assert aws("get-evaluation-job", "--job-identifier", arn)["status"] == "InProgress"
    assert [job["jobArn"] for job in aws("list-evaluation-jobs", "--name-contains", "cli")["jobSummaries"]] == [arn]
    aws("stop-evaluation-job", "--job-identifier", arn)
    assert cloud.until(arn)["status"] == "Stopped"
