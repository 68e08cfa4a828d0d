"""Reads every place whole that may hold a text of a user: a place's name, where in it, and the bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from proofs.privacy.s3_patterns import pattern_of
from proofs.privacy.system import STACK, server_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from proofs.privacy.system import Ears, System

LAMBDA_LOGS: Final = "CloudWatch Logs: Lambdas"
EMBEDDED_METRICS: Final = "CloudWatch Logs: embedded metrics"
OTHER_LOGS: Final = "CloudWatch Logs: API access, state machine"
METRICS: Final = "CloudWatch: metrics, alarms, dashboards"
TRACES: Final = "X-Ray: segments"
EXECUTIONS: Final = "Step Functions: executions and their histories"
CHILDREN: Final = "Step Functions: the map's children and their histories"
DEAD_LETTERS: Final = "SQS: dead letters"
TABLE: Final = "DynamoDB"
KEYS: Final = "S3: keys, tags, metadata"
OBJECTS: Final = "S3: objects"
JOBS: Final = "Bedrock: records of jobs"
CATALOG: Final = "Glue: catalogue"
SCHEDULES: Final = "EventBridge Scheduler: schedules"
REFUSALS: Final = "API: errors, and what is wrong with data"
COMMANDS: Final = "command line: errors"
WORKERS: Final = "processes of the Lambdas: all they print"
# Which of them take what Gavel's own code says, what AWS keeps by itself, what is made for a user to read.
PLACES: Final = (
    LAMBDA_LOGS, EMBEDDED_METRICS, OTHER_LOGS, WORKERS, METRICS, TRACES, EXECUTIONS, CHILDREN, DEAD_LETTERS,
    "EventBridge: Gavel's events", "EventBridge: Step Functions' events", "EventBridge: S3's events", "SNS: messages",
    CATALOG, SCHEDULES, JOBS, REFUSALS, COMMANDS, TABLE, KEYS, OBJECTS,
)  # fmt: skip


@dataclass(frozen=True)
class Document:
    """Bytes of a place. `where` is the same in every run: a log group, an attribute of the table, a pattern of keys."""

    place: str
    where: str
    data: bytes


def documents(system: System, ears: Ears, segments: Sequence[bytes]) -> Iterator[Document]:
    """Everything that is found at this moment. The messages of queues are taken out."""
    yield from _logs(system)
    yield from _workers(system)
    yield from _metrics(system)
    yield from (Document(TRACES, "segment", segment) for segment in segments)
    yield from _executions(system)
    yield from _messages(system, DEAD_LETTERS, system.outputs["DeadLettersUrl"])
    for who, url in ears.queues.items():
        yield from _messages(system, who, url)
    yield from _table(system)
    yield from _objects(system)
    yield from _jobs(system)
    yield from _catalog(system)
    yield from _schedules(system)
    yield from (Document(REFUSALS, what, body) for what, body in system.refusals)
    yield from (Document(COMMANDS, what, said) for what, said in system.commands)


def _json(value: Any) -> bytes:
    return json.dumps(value, default=str, ensure_ascii=False).encode()


def _pages(client: Any, operation: str, result: str, **arguments: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(result, [])


def _logs(system: System) -> Iterator[Document]:
    logs = system.client("logs")
    for group in _pages(logs, "describe_log_groups", "logGroups"):
        name = group["logGroupName"]
        of_lambda = name.startswith(f"/aws/lambda/{STACK}-")
        for stream in _pages(logs, "describe_log_streams", "logStreams", logGroupName=name):
            lines = [
                event["message"]
                for event in _all_events(logs, name, stream["logStreamName"])
                if not _is_metric(event["message"])
            ]
            metrics = [
                event["message"]
                for event in _all_events(logs, name, stream["logStreamName"])
                if _is_metric(event["message"])
            ]
            where = name.replace(STACK, "<stack>")
            # The stream's name is AWS's, and as public as its lines.
            yield Document(
                LAMBDA_LOGS if of_lambda else OTHER_LOGS, where, _json([stream["logStreamName"], "\n".join(lines)])
            )
            if metrics:
                yield Document(EMBEDDED_METRICS, where, "\n".join(metrics).encode())


def _all_events(logs: Any, group: str, stream: str) -> Iterator[Any]:
    token: dict[str, str] = {}
    while True:
        page = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **token)
        yield from page["events"]
        following = page.get("nextForwardToken")
        if not page["events"] or following == token.get("nextToken"):
            return
        token = {"nextToken": following}


def _is_metric(line: str) -> bool:
    """Whether a line of a log is of embedded metric format."""
    return line.lstrip().startswith('{"_aws"')


def _workers(system: System) -> Iterator[Document]:
    for line in server_log(system.settings).read_bytes().split(b"\n"):
        if line and not _is_metric(line.decode(errors="replace")):
            yield Document(WORKERS, "standard output and error", line)


def _metrics(system: System) -> Iterator[Document]:
    cloudwatch = system.client("cloudwatch")
    yield from (Document(METRICS, "metric", _json(one)) for one in _pages(cloudwatch, "list_metrics", "Metrics"))
    yield Document(METRICS, "alarms", _json(cloudwatch.describe_alarms()))
    for board in cloudwatch.list_dashboards()["DashboardEntries"]:
        yield Document(METRICS, "dashboard", _json(cloudwatch.get_dashboard(DashboardName=board["DashboardName"])))


def _executions(system: System) -> Iterator[Document]:
    states, machine = system.client("stepfunctions"), system.outputs["StateMachineArn"]
    for execution in list(_pages(states, "list_executions", "executions", stateMachineArn=machine)):
        yield from _execution(states, EXECUTIONS, execution["executionArn"])
        for run in states.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]:
            yield Document(CHILDREN, "map run", _json(states.describe_map_run(mapRunArn=run["mapRunArn"])))
            for child in _pages(states, "list_executions", "executions", mapRunArn=run["mapRunArn"]):
                yield from _execution(states, CHILDREN, child["executionArn"])


def _execution(states: Any, place: str, arn: str) -> Iterator[Document]:
    yield Document(place, "input, output, error, cause", _json(states.describe_execution(executionArn=arn)))
    events = _pages(states, "get_execution_history", "events", executionArn=arn, includeExecutionData=True)
    yield Document(place, "history", _json(list(events)))


def _messages(system: System, place: str, url: str) -> Iterator[Document]:
    sqs = system.client("sqs")
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
    ).get("Messages"):
        for message in messages:
            yield Document(place, "message", _json(message))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def _table(system: System) -> Iterator[Document]:
    """Each attribute by itself, under the kind of its item."""
    for item in _pages(system.client("dynamodb"), "scan", "Items", TableName=system.outputs["TableName"]):
        kind = _kind(item["pk"]["S"], item["sk"]["S"])
        for name, value in item.items():
            yield Document(TABLE, f"{kind}.{name}", _json([name, value]))


def _kind(partition: str, sort: str) -> str:
    """`EVALUATION/HEAD`, `EVALUATION/JOB`, `SUITE/BASELINE`, `UPLOAD`, …"""
    first, second = partition.partition("#")[0], sort.partition("#")[0]
    inner = second if second.isupper() and second.isalpha() else ""
    return f"{first}/{inner}" if inner and inner != first else first


def _objects(system: System) -> Iterator[Document]:
    s3, bucket = system.client("s3"), system.bucket
    for version in _pages(s3, "list_object_versions", "Versions", Bucket=bucket):
        key, id_ = version["Key"], version["VersionId"]
        where = pattern_of(key)
        answer = s3.get_object(Bucket=bucket, Key=key, VersionId=id_)
        # Nobody tags a version that is not the last one.
        tags = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] if version["IsLatest"] else []
        yield Document(KEYS, where, _json([key, answer["Metadata"], tags]))
        yield Document(OBJECTS, where, answer["Body"].read())


def _jobs(system: System) -> Iterator[Document]:
    bedrock = system.client("bedrock")
    for job in list(_pages(bedrock, "list_evaluation_jobs", "jobSummaries")):
        known = bedrock.get_evaluation_job(jobIdentifier=job["jobArn"])
        tags = bedrock.list_tags_for_resource(resourceARN=job["jobArn"]).get("tags")
        for name, value in {**known, "tags": tags, "summary": job}.items():
            if name != "ResponseMetadata":
                yield Document(JOBS, name, _json([name, value]))


def _catalog(system: System) -> Iterator[Document]:
    glue = system.client("glue")
    database, table = system.outputs["CatalogDatabase"], system.outputs["CatalogTable"]
    yield Document(CATALOG, "table", _json(glue.get_table(DatabaseName=database, Name=table)))
    for one in _pages(glue, "get_partitions", "Partitions", DatabaseName=database, TableName=table):
        yield Document(CATALOG, "partition", _json(one))


def _schedules(system: System) -> Iterator[Document]:
    scheduler = system.client("scheduler")
    for one in _pages(scheduler, "list_schedules", "Schedules", GroupName=STACK):
        known = scheduler.get_schedule(GroupName=STACK, Name=one["Name"])
        yield Document(SCHEDULES, "schedule", _json(known))


def counted(read: Iterable[Document], note: Callable[[Document], None]) -> dict[str, int]:
    """How many documents each place had; `note` is told each."""
    counts = dict.fromkeys(PLACES, 0)
    for document in read:
        counts[document.place] += 1
        note(document)
    return counts
