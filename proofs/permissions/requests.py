"""Requests that no recorder sees on the twin, each with its answer and the reason why it has to be that one.

What AWS's own runtime does in a role's name (log and trace writes, destinations, map runs, batches), and what must be
refused: another account, service, prefix, source. `doors.py` has the policies of resources, `keys.py` the customer's
key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from proofs.permissions.account import ACCOUNT, OTHER_ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proofs.permissions.account import Account

type Context = Mapping[str, str | list[str]]

_BEDROCK: Final = f"arn:aws:bedrock:{REGION}:{ACCOUNT}"
FOUNDATION_MODELS: Final = (
    f"arn:aws:bedrock:{REGION}::foundation-model/MODEL",
    "arn:aws:bedrock:us-west-2::foundation-model/MODEL",  # where a profile has room
    "arn:aws:bedrock:::foundation-model/MODEL",  # a global profile's
)
# Service Authorization Reference, "Amazon Bedrock": resource types of InvokeModel.
INVOKED: Final = (
    *FOUNDATION_MODELS,
    *(
        f"{_BEDROCK}:{kind}/MODEL"
        for kind in (
            "inference-profile", "application-inference-profile", "provisioned-model", "custom-model-deployment",
            "imported-model", "default-prompt-router", "prompt-router",
        )
    ),
)  # fmt: skip
ENDPOINT: Final = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/judge"
_GUIDE: Final = "Bedrock user guide, service role of evaluation jobs"


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request and its answer: `who` is a role of the account, a service's name, or the ARN of somebody else."""

    who: str
    action: str
    resource: str
    why: str
    context: Context = field(default_factory=dict)
    allowed: bool = True


def requests(account: Account) -> Iterator[Request]:
    """Every request of roles; what only one environment grants is asked only there."""
    handlers = [title for title in account.roles if title not in {"bedrock", "state machine", "scheduler"}]
    for handler in handlers:
        yield from _of_a_lambda(account, handler)
    for handler in ("start_evaluation", "start_scheduled", "reconcile"):
        yield Request(
            who=handler,
            action="sqs:SendMessage",
            resource=account.beginning("AWS::SQS::Queue", "UploadsDeadLetters"),
            why="Lambda keeps an event that failed for good (developer guide, destinations)",
        )
    yield from _of_arrivals(account)
    yield from _of_the_state_machine(account)
    yield from _of_bedrock(account)
    yield from _of_creators(account)
    yield from _seldom(account)
    yield from _of_the_scheduler(account)
    yield from _wrong_ones(account)


def _of_a_lambda(account: Account, handler: str) -> Iterator[Request]:
    stream = f"{account.log_group(handler)}:log-stream:2026/01/31/[$LATEST]0123456789abcdef"
    other = "check_job" if handler != "check_job" else "start_job"
    foreign = f"{account.log_group(other)}:log-stream:2026/01/31/[$LATEST]0123456789abcdef"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield Request(who=handler, action=action, resource=stream, why="Lambda writes the function's log")
        yield Request(
            who=handler, action=action, resource=foreign, why="another function's log is not its own", allowed=False
        )
    for action in ("xray:PutTelemetryRecords", "xray:PutTraceSegments"):
        yield Request(who=handler, action=action, resource="*", why="Lambda sends traces (developer guide, X-Ray)")


def _of_the_state_machine(account: Account) -> Iterator[Request]:
    who = "state machine"
    for action in (
        "CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries",
        "PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups",
    ):  # fmt: skip
        yield Request(
            who=who,
            action=f"logs:{action}",
            resource="*",
            why='Step Functions sets up its log delivery (developer guide, "Logging using CloudWatch Logs")',
        )
    for action in ("PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets"):
        yield Request(
            who=who, action=f"xray:{action}", resource="*", why="Step Functions traces (developer guide, X-Ray)"
        )
    guide = 'developer guide, "IAM policies for using Distributed Map states"'
    part = f"{account.only('AWS::S3::Bucket')}/evaluations/EVALUATION/plan/runs/RUN/SUCCEEDED_0.jsonl"
    for action in ("AbortMultipartUpload", "GetObject", "ListMultipartUploadParts"):
        yield Request(who=who, action=f"s3:{action}", resource=part, why=f"a Map writes its results in parts ({guide})")
    executions = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{account.stack}"
    for action in ("DescribeExecution", "StopExecution"):
        yield Request(
            who=who, action=f"states:{action}", resource=f"{executions}:NAME", why=f"a Map follows its run ({guide})"
        )
    for action in ("DescribeExecution", "StopExecution", "RedriveExecution"):
        yield Request(
            who=who,
            action=f"states:{action}",
            resource=f"{executions}/JobsMap:NAME",
            why=f"a Map's children have this ARN; it follows, stops and redrives them ({guide})",
        )
    for action, resource, why in (
        ("states:RedriveExecution", f"{executions}:NAME", "whole evaluations are redriven by people"),
        ("states:StopExecution", f"arn:aws:states:{REGION}:{ACCOUNT}:execution:other:NAME", "not its machine"),
        ("states:StartExecution", f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:other", "not its machine"),
        ("lambda:InvokeFunction", account.function("api"), "the state machine does not call the API"),
        ("s3:GetObject", part.replace("plan/runs/RUN/SUCCEEDED_0.jsonl", "manifest.json"), "items come from the plan"),
        ("s3:PutObject", part.replace("plan/runs", "plan/shards"), "results go below plan/runs"),
    ):
        yield Request(who=who, action=action, resource=resource, why=why, allowed=False)


def _of_bedrock(account: Account) -> Iterator[Request]:
    who, bucket = "bedrock", account.only("AWS::S3::Bucket")
    folder = f"{bucket}/evaluations/EVALUATION"
    output = f"{folder}/bedrock/JOB/ID/models/MODEL/taskTypes/General/datasets/NAME/FILE_output.jsonl"
    yield Request(who=who, action="s3:AbortMultipartUpload", resource=output, why=_GUIDE)
    yield Request(who=who, action="s3:GetObject", resource=output, why=_GUIDE)
    yield Request(who=who, action="s3:ListBucketMultipartUploads", resource=bucket, why=_GUIDE)
    for model in INVOKED:
        for action in ("InvokeModel", "InvokeModelWithResponseStream"):
            yield Request(who=who, action=f"bedrock:{action}", resource=model, why="a generator or judge of that kind")
    for action, kinds in {
        "GetInferenceProfile": ("inference-profile", "application-inference-profile"),
        "GetProvisionedModelThroughput": ("provisioned-model",),
        "GetCustomModel": ("custom-model",),
        "GetImportedModel": ("imported-model",),
        "GetPromptRouter": ("default-prompt-router", "prompt-router"),
    }.items():
        for kind in kinds:
            yield Request(who=who, action=f"bedrock:{action}", resource=f"{_BEDROCK}:{kind}/MODEL", why=_GUIDE)
    batch = f"{_BEDROCK}:model-invocation-job/JOB"
    for resource in (batch, FOUNDATION_MODELS[0], f"{_BEDROCK}:custom-model/MODEL"):
        yield Request(who=who, action="bedrock:CreateModelInvocationJob", resource=resource, why=_GUIDE)
    yield Request(who=who, action="bedrock:StopModelInvocationJob", resource=batch, why=_GUIDE)
    if account.may("bedrock", "sagemaker:InvokeEndpoint"):
        yield Request(who=who, action="sagemaker:InvokeEndpoint", resource=ENDPOINT, why=_GUIDE)
    for action, resource, why in (
        ("s3:GetObject", f"{bucket}/datasets/SUITE/FILE.jsonl", "jobs read shards, not what people uploaded"),
        ("s3:GetObject", f"{bucket}/suites/SUITE.yaml", "jobs read shards"),
        ("s3:GetObject", f"{folder}/plan/jobs.jsonl", "jobs read shards, and no other part of a plan"),
        ("s3:GetObject", f"{folder}/scores/SCORES.parquet", "jobs read shards"),
        ("s3:PutObject", f"{folder}/plan/shards/live/N.jsonl", "jobs write raw output only"),
        ("s3:PutObject", f"{folder}/report.html", "jobs write raw output only"),
        ("s3:GetObject", "arn:aws:s3:::other/evaluations/EVALUATION/plan/shards/live/N.jsonl", "not our bucket"),
        ("bedrock:InvokeModel", f"arn:aws:bedrock:{REGION}:{OTHER_ACCOUNT}:imported-model/MODEL", "another account's"),
        ("bedrock:InvokeModel", f"arn:aws:bedrock:us-west-2:{ACCOUNT}:provisioned-model/MODEL", "another Region's"),
        ("bedrock:StopEvaluationJob", f"{_BEDROCK}:evaluation-job/JOB", "a job does not manage jobs"),
    ):
        yield Request(who=who, action=action, resource=resource, why=why, allowed=False)


def _of_creators(account: Account) -> Iterator[Request]:
    """Which resources of CreateEvaluationJob are checked could not be confirmed: see infra.bedrock_role."""
    custom = f"{_BEDROCK}:custom-model/MODEL"
    endpoints = (ENDPOINT,) if account.may("start_job", "bedrock:CreateEvaluationJob", ENDPOINT) else ()
    for resource in (*INVOKED, custom, f"{_BEDROCK}:evaluation-job/JOB", *endpoints):
        yield Request(
            who="start_job",
            action="bedrock:CreateEvaluationJob",
            resource=resource,
            why="the job's models, and the job (published policies differ)",
        )
    passed = {"iam:PassedToService": "bedrock.amazonaws.com"}
    bedrock, scheduler = account.role_arn("bedrock"), account.role_arn("scheduler")
    own = account.role_arn("start_job")
    for who, resource, context, why in (
        ("start_job", bedrock, {"iam:PassedToService": "lambda.amazonaws.com"}, "the role is for Bedrock alone"),
        ("start_job", bedrock, {}, "a request that does not say to whom"),
        ("start_job", own, passed, "its own role is not to be handed on"),
        ("start_job", scheduler, passed, "the role of another service"),
        ("api", bedrock, passed, "the API creates no jobs"),
        ("api", scheduler, {"iam:PassedToService": "lambda.amazonaws.com"}, "the role is for Scheduler alone"),
        ("api", scheduler, {}, "a request that does not say to whom"),
        ("api", account.role_arn("api"), {"iam:PassedToService": "scheduler.amazonaws.com"}, "its own role"),
    ):
        yield Request(who=who, action="iam:PassRole", resource=resource, context=context, why=why, allowed=False)


def _seldom(account: Account) -> Iterator[Request]:
    """What the twin cannot be brought to do, or does not ask for."""
    bucket = account.only("AWS::S3::Bucket")
    told = "S3 says that an object is missing only to who may list the bucket (API reference, GetObject)"
    for who in ("plan_evaluation", "start_evaluation", "start_scheduled", "api", "data_api", "summarize_evaluation"):
        yield Request(who=who, action="s3:ListBucket", resource=bucket, why=told)
    for who, action, resource, why in (
        ("start_scheduled", "s3:GetObject", f"{bucket}/evaluations/EVALUATION/suite.yaml",
         "a run that Scheduler delivers twice finds the suite of its first time"),
        ("start_scheduled", "s3:GetObject", f"{bucket}/answers/SUITE/FILE.jsonl",
         "it takes note of the versions of answers, as start_evaluation was seen to"),
        ("start_job", "bedrock:StopEvaluationJob", f"{_BEDROCK}:evaluation-job/JOB",
         "a start that comes back after the job's end was recorded stops what it began"),
        ("fail_evaluation", "bedrock:ListEvaluationJobs", "*",
         "under a budget it looks for jobs whose start died before it was recorded"),
        ("collect_scores", "s3:PutObject", f"{bucket}/evaluations/EVALUATION/plan/shards/answers-N/N.jsonl",
         "it hands the panel the answers of a job whose arrival nobody told of"),
        ("collect_scores", "s3:GetObject", f"{bucket}/evaluations/EVALUATION/plan/shards/answers-N/N.jsonl",
         "it collects a panel's job whose arrival nobody told of"),
        ("collect_arrivals", "bedrock:ListEvaluationJobs", "*",
         "jobs whose output arrives together are looked at in one list; on the twin it mostly arrives one by one"),
    ):  # fmt: skip
        yield Request(who=who, action=action, resource=resource, why=why)


def _of_arrivals(account: Account) -> Iterator[Request]:
    """Lambda takes from the queue in the function's name; waits are ended on the machine, or on its Map's label."""
    arrivals = account.beginning("AWS::SQS::Queue", "ArrivalsQueue")
    uploads = account.beginning("AWS::SQS::Queue", "UploadsDeadLetters")
    for action in (
        "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage",
    ):  # fmt: skip
        yield Request(
            who="collect_arrivals",
            action=action,
            resource=arrivals,
            why="Lambda polls the queue (developer guide, permissions of an Amazon SQS trigger)",
        )
        yield Request(
            who="collect_arrivals", action=action, resource=uploads, why="another queue is not its own", allowed=False
        )
    machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{account.stack}"
    for who, answers in (
        ("start_job", ("SendTaskSuccess",)),
        ("collect_arrivals", ("SendTaskFailure", "SendTaskSuccess")),
        ("api", ("SendTaskFailure",)),
        ("reconcile", ("SendTaskFailure",)),
    ):
        for answer in ("SendTaskFailure", "SendTaskSuccess"):
            for resource in (machine, f"{machine}/Jobs"):
                yield Request(
                    who=who,
                    action=f"states:{answer}",
                    resource=resource,
                    why="whoever sees a job end, or has it looked at, ends the wait for it",
                    allowed=answer in answers,
                )
        yield Request(
            who=who,
            action=f"states:{answers[0]}",
            resource=f"{machine}-of-others",
            why="waits of another machine are not theirs",
            allowed=False,
        )


def _of_the_scheduler(account: Account) -> Iterator[Request]:
    who = "scheduler"
    yield Request(
        who=who,
        action="sqs:SendMessage",
        resource=account.beginning("AWS::SQS::Queue", "UploadsDeadLetters"),
        why="Scheduler keeps what it could not deliver (user guide, dead-letter queues)",
    )
    yield Request(
        who=who,
        action="lambda:InvokeFunction",
        resource=account.function("api"),
        why="schedules start evaluations through one Lambda",
        allowed=False,
    )
    yield Request(
        who=who,
        action="sqs:SendMessage",
        resource=f"arn:aws:sqs:{REGION}:{ACCOUNT}:other",
        why="not our queue",
        allowed=False,
    )


def _wrong_ones(account: Account) -> Iterator[Request]:
    """What no role may do, and what a role may do only in another way."""
    bucket, table = account.only("AWS::S3::Bucket"), account.only("AWS::DynamoDB::Table")
    for who in account.roles:
        for action, resource, why in (
            ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/new", "no role makes roles"),
            ("iam:PutRolePolicy", account.role_arn(who), "no role changes itself"),
            ("dynamodb:Scan", table, "nobody reads the whole table"),
            ("dynamodb:DeleteTable", table, "nobody deletes the table"),
            ("dynamodb:GetItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/other", "not our table"),
            ("dynamodb:GetItem", table.replace(ACCOUNT, OTHER_ACCOUNT), "another account's table"),
            ("s3:DeleteObjectVersion", f"{bucket}/datasets/SUITE/FILE.jsonl", "nobody deletes versions"),
            ("s3:DeleteObject", f"{bucket}/evaluations/EVALUATION/manifest.json", "nobody deletes results"),
            ("s3:GetObject", "arn:aws:s3:::other/suites/SUITE.yaml", "not our bucket"),
            ("s3:PutBucketPolicy", bucket, "nobody changes who may reach the bucket"),
            ("logs:DeleteLogGroup", account.log_group("api"), "nobody deletes logs"),
        ):
            yield Request(who=who, action=action, resource=resource, why=why, allowed=False)
        if who != "bedrock":
            yield Request(
                who=who,
                action="bedrock:InvokeModel",
                resource=FOUNDATION_MODELS[0],
                why="models are invoked by Bedrock's jobs alone",
                allowed=False,
            )
    for who, prefix in (("start_job", "suites/"), ("start_job", ""), ("collect_scores", "datasets/"),
                        ("collect_scores", "evaluations/EVALUATION/scores/"), ("collect_arrivals", "datasets/"),
                        ("collect_arrivals", "evaluations/EVALUATION/scores/")):  # fmt: skip
        yield Request(
            who=who,
            action="s3:ListBucket",
            resource=bucket,
            context={"s3:prefix": prefix} if prefix else {},
            why="it lists raw output only" if prefix else "it lists below a prefix only",
            allowed=False,
        )
    yield Request(
        who="api",
        action="s3:ListBucketVersions",
        resource=bucket,
        context={"s3:prefix": "datasets/SUITE/"},
        why="it lists versions of suites only",
        allowed=False,
    )
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
    for who in ("publish_verdict", "fail_evaluation", "reconcile"):
        for sources in (["aws.s3"], ["gavel", "aws.s3"]):
            yield Request(
                who=who,
                action="events:PutEvents",
                resource=bus,
                context={"events:source": sources},
                why="events go out in our own name only",
                allowed=False,
            )
    for who, key in (
        ("plan_evaluation", "suites/SUITE.yaml"),
        ("plan_evaluation", "evaluations/EVALUATION/report.html"),
        ("start_evaluation", "evaluations/EVALUATION/manifest.json"),
        ("start_job", "evaluations/EVALUATION/plan/shards/live/N.jsonl"),
        ("collect_scores", "evaluations/EVALUATION/plan/shards/live/N.jsonl"),
        ("collect_scores", "evaluations/EVALUATION/bedrock/JOB/FILE_output.jsonl"),
        ("collect_arrivals", "evaluations/EVALUATION/plan/shards/live/N.jsonl"),
        ("collect_arrivals", "evaluations/EVALUATION/bedrock/JOB/FILE_output.jsonl"),
        ("summarize_evaluation", "evaluations/EVALUATION/scores/SCORES.parquet"),
        ("api", "evaluations/EVALUATION/summary.json"),
        ("data_api", "suites/SUITE.yaml"),
    ):
        yield Request(
            who=who, action="s3:PutObject", resource=f"{bucket}/{key}", why="another step writes that", allowed=False
        )
