"""A deployment in memory: moto for S3, DynamoDB, EventBridge and Step Functions, a small fake for Bedrock's jobs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from gavel.aws import clients
from gavel.aws.settings import Settings
from gavel.aws.storage import Bucket
from gavel.aws.table import EvaluationTable
from gavel.catalog import PARTITION_COLUMNS, storage
from gavel.names import object_keys, statuses, table_keys
from tests.aws.diagnosed_aws import aws

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["aws"]

REGION = "us-east-1"
NOW = "2026-01-02T03:04:05.678Z"


@dataclass
class FakeBedrock:
    """Bedrock's evaluation jobs as the service model documents them: tokens replay, names are taken once.

    `errors` holds, per operation, the error codes of the next calls ("" lets one through; "lost:" before a code makes
    the effect happen first, as when an answer is lost).
    """

    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def create_evaluation_job(self, **request: Any) -> dict[str, str]:
        lost = self._enter("CreateEvaluationJob")
        for arn, job in self.jobs.items():
            if job["clientRequestToken"] == request["clientRequestToken"]:
                return {"jobArn": arn}
        if any(job["jobName"] == request["jobName"] for job in self.jobs.values()):
            raise _error("ConflictException", "CreateEvaluationJob")
        arn = f"arn:aws:bedrock:{REGION}:123456789012:evaluation-job/{len(self.jobs):012d}"
        self.jobs[arn] = {**request, "status": "InProgress"}
        if lost:
            raise _error(lost, "CreateEvaluationJob")
        return {"jobArn": arn}

    def get_evaluation_job(self, *, jobIdentifier: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        self._enter("GetEvaluationJob")
        if jobIdentifier not in self.jobs:
            raise _error("ResourceNotFoundException", "GetEvaluationJob")
        return self.jobs[jobIdentifier]

    def stop_evaluation_job(self, *, jobIdentifier: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        self._enter("StopEvaluationJob")
        if self.jobs[jobIdentifier]["status"] != "InProgress":
            raise _error("ConflictException", "StopEvaluationJob")
        self.jobs[jobIdentifier]["status"] = "Stopping"
        return {}

    def batch_delete_evaluation_job(self, *, jobIdentifiers: list[str]) -> dict[str, Any]:  # noqa: N803 - as above
        self._enter("BatchDeleteEvaluationJob")
        assert 1 <= len(jobIdentifiers) <= 25
        deleted, errors = [], []
        for arn in jobIdentifiers:
            short = arn.rpartition("/")[2]
            status = self.jobs[arn]["status"] if arn in self.jobs else None
            if status in {"Completed", "Failed", "Stopped"}:
                del self.jobs[arn]
                deleted.append({"jobIdentifier": short, "jobStatus": "Deleting"})
            else:
                code = "404" if status is None else "409"
                errors.append({"jobIdentifier": short, "code": code, "message": f"the job is {status}"})
        return {"errors": errors, "evaluationJobs": deleted}

    def get_paginator(self, _operation: str) -> FakeBedrock:
        return self

    def paginate(
        self,
        *,
        nameContains: str = "",  # noqa: N803 - the API's name
        statusEquals: str | None = None,  # noqa: N803 - the API's name
        **_paging: object,
    ) -> Iterator[dict[str, Any]]:
        self._enter("ListEvaluationJobs")
        for arn, job in list(self.jobs.items()):
            if nameContains in job["jobName"] and statusEquals in {None, job["status"]}:
                yield {"jobSummaries": [{"jobArn": arn, "jobName": job["jobName"], "status": job["status"]}]}

    def _enter(self, operation: str) -> str:
        self.calls.append(operation)
        queue = self.errors.get(operation, [])
        code = queue.pop(0) if queue else ""
        if code.startswith("lost:"):
            return code.removeprefix("lost:")
        if code:
            raise _error(code, operation)
        return ""


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": f"the reason of {code}"}}, operation)


@dataclass
class Stage:
    """The deployment under test."""

    settings: Settings
    bucket: Bucket
    table: EvaluationTable
    bedrock: FakeBedrock
    queue_url: str
    messages_url: str

    def upload(self, key: str, *records: dict[str, Any], candidate_for: str | None = None) -> str:
        """Put a dataset and return its version."""
        data = b"".join(json.dumps(record).encode() + b"\n" for record in records)
        metadata = {} if candidate_for is None else {object_keys.CANDIDATE_METADATA: candidate_for}
        return clients.s3().put_object(Bucket=self.bucket.name, Key=key, Body=data, Metadata=metadata)["VersionId"]

    def events(self) -> list[dict[str, Any]]:
        """Every event published so far that was not read before."""
        return _received(self.queue_url)

    def messages(self) -> list[dict[str, Any]]:
        """Every message of the topic that was not read before, as a queue gets it."""
        return _received(self.messages_url)


def _received(queue_url: str) -> list[dict[str, Any]]:
    sqs = _client("sqs")
    messages = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """An empty deployment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    bedrock = FakeBedrock()
    with mock_aws():
        monkeypatch.setattr(clients, "bedrock", lambda: bedrock)
        yield _deploy(bedrock)


@cache
def _client(service: str) -> Any:
    """Clients outlive a test, as they outlive an invocation: making one takes longer than a test."""
    session: Any = clients.session()
    return session.client(service)


def _deploy(bedrock: FakeBedrock) -> Stage:
    s3 = _client("s3")
    s3.create_bucket(Bucket="gavel-bucket")
    s3.put_bucket_versioning(Bucket="gavel-bucket", VersioningConfiguration={"Status": "Enabled"})
    _client("dynamodb").create_table(
        TableName="gavel-table",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": table_keys.PARTITION_KEY, "KeyType": "HASH"},
            {"AttributeName": table_keys.SORT_KEY, "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"}
            for name in (
                table_keys.PARTITION_KEY,
                table_keys.SORT_KEY,
                table_keys.LISTING_PARTITION_KEY,
                table_keys.LISTING_SORT_KEY,
                table_keys.UNFINISHED_PARTITION_KEY,
                table_keys.UNFINISHED_SORT_KEY,
            )
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": partition, "KeyType": "HASH"},
                    {"AttributeName": sort, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": projection},
            }
            for index, partition, sort, projection in (
                (table_keys.LISTING_INDEX, table_keys.LISTING_PARTITION_KEY, table_keys.LISTING_SORT_KEY, "ALL"),
                (
                    table_keys.UNFINISHED_INDEX,
                    table_keys.UNFINISHED_PARTITION_KEY,
                    table_keys.UNFINISHED_SORT_KEY,
                    "KEYS_ONLY",
                ),
            )
        ],
    )
    machine = _client("stepfunctions").create_state_machine(
        name="evaluation",
        definition=json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/machine",
    )
    (queue_url, queue_arn), (messages_url, messages_arn) = _queue("events"), _queue("messages")
    events = _client("events")
    events.put_rule(Name="all", EventPattern=json.dumps({"source": [statuses.EVENT_SOURCE]}))
    events.put_targets(Rule="all", Targets=[{"Id": "queue", "Arn": queue_arn}])
    sns = _client("sns")
    topic = sns.create_topic(Name="notifications")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=messages_arn)
    glue = _client("glue")
    glue.create_database(DatabaseInput={"Name": "gavel_test"})
    glue.create_table(
        DatabaseName="gavel_test",
        TableInput={
            "Name": "scores",
            "PartitionKeys": [{"Name": name, "Type": "string"} for name in PARTITION_COLUMNS],
            "StorageDescriptor": storage("s3://gavel-bucket/evaluations/"),
        },
    )
    settings = Settings(
        bucket="gavel-bucket",
        table="gavel-table",
        event_bus="default",
        state_machine_arn=machine["stateMachineArn"],
        bedrock_role_arn="arn:aws:iam::123456789012:role/bedrock",
        max_concurrent_jobs="18",
        max_jobs_per_judge="5",
        max_dataset_bytes="1000000",
        model_kinds="foundation-model,inference-profile",
        region="us-east-1",
        account="123456789012",
        keep_bedrock_jobs_days="30",
        catalog_database="gavel_test",
        catalog_table="scores",
        schedule_group="gavel-test",
        schedule_target_arn="arn:aws:lambda:us-east-1:123456789012:function:start-scheduled",
        schedule_role_arn="arn:aws:iam::123456789012:role/scheduler",
        dead_letters_arn=queue_arn,
        topic_arn=topic,
        score_metrics="true",
    )
    _client("scheduler").create_schedule_group(Name=settings.schedule_group)
    return Stage(settings, Bucket(settings.bucket), EvaluationTable(settings.table), bedrock, queue_url, messages_url)


def _queue(name: str) -> tuple[str, str]:
    """URL and ARN of a new queue."""
    sqs = _client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
