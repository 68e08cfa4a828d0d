"""The five operations, from validated members to an answer's body."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from local.bedrock import durations
from local.bedrock.errors import ApiError
from local.bedrock.job_request import JobRequest, custom_definitions, judge_of
from local.bedrock.jobs import timestamp
from local.bedrock.listing import list_page
from local.bedrock.model_rules import check_create
from local.bedrock.models import parse_model
from local.bedrock.validation import check_input

if TYPE_CHECKING:
    from local.bedrock.execution import Runner
    from local.bedrock.faults import Faults
    from local.bedrock.host import Caller, Context, Host
    from local.bedrock.jobs import Job, JobStore

_SERVICE: Final = "bedrock.amazonaws.com"


@dataclass(frozen=True)
class OperationsState:
    """Every job, and the faults that are set."""

    store: JobStore
    faults: Faults


class Operations:
    """The API. Every method checks model, IAM and rules in this order (GUESS) and raises ApiError."""

    def __init__(self, *, host: Host, store: JobStore, runner: Runner, faults: Faults) -> None:
        """All state is in `store`; `faults` may be replaced while it runs."""
        self._host = host
        self._store = store
        self._runner = runner
        self.faults = faults

    def state(self) -> OperationsState:
        """All that these operations know."""
        return OperationsState(self._store, self.faults)

    def resume(self, state: OperationsState) -> None:
        """Go on with what other operations knew: jobs that ran run on, whether anybody still looks at them or not."""
        self._store, self.faults = state.store, state.faults
        for job in self._store.all():
            if job.status == "InProgress":
                self._runner.start(job, self.faults.of_job(job.request.name))
            elif job.status == "Stopping":
                self._runner.stop(job)
            elif job.status == "Deleting":
                self._remove_later(job)

    def create(self, caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
        """CreateEvaluationJob; a known clientRequestToken gives the first job's ARN, whatever the body (GUESS)."""
        check_input("CreateEvaluationJob", body)
        self._authorize_create(caller, body)
        check_create(body)
        if earlier := self._store.earlier(caller, body.get("clientRequestToken")):
            return {"jobArn": earlier.arn}
        job = self._store.add(caller, body=body, request=JobRequest.parse(body), at=datetime.now(UTC))
        self._host.adopt(caller, job.arn, _tags(body))
        self._runner.start(job, self.faults.of_job(job.request.name))
        return {"jobArn": job.arn}

    def get(self, caller: Caller, identifier: str) -> dict[str, Any]:
        """GetEvaluationJob."""
        check_input("GetEvaluationJob", {"jobIdentifier": identifier})
        self._authorize(caller, "bedrock:GetEvaluationJob", identifier)
        return describe(self._store.find(caller, identifier))

    def list(self, caller: Caller, members: dict[str, Any]) -> dict[str, Any]:
        """ListEvaluationJobs."""
        check_input("ListEvaluationJobs", members)
        self._authorize(caller, "bedrock:ListEvaluationJobs", "*")
        return list_page(self._store.of(caller), members)

    def stop(self, caller: Caller, identifier: str) -> dict[str, Any]:
        """StopEvaluationJob; ConflictException unless the job is InProgress."""
        check_input("StopEvaluationJob", {"jobIdentifier": identifier})
        self._authorize(caller, "bedrock:StopEvaluationJob", identifier)
        job = self._store.find(caller, identifier)
        if job.status != "InProgress" or not job.move("Stopping", datetime.now(UTC)):
            raise ApiError(
                "ConflictException", f"The evaluation job {identifier} is {job.status} and cannot be stopped."
            )
        self._runner.stop(job)
        return {}

    def batch_delete(self, caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
        """BatchDeleteEvaluationJob: one entry per identifier, in `evaluationJobs` or in `errors`."""
        check_input("BatchDeleteEvaluationJob", body)
        for identifier in body["jobIdentifiers"]:
            self._authorize(caller, "bedrock:BatchDeleteEvaluationJob", identifier)
        deleted, errors = [], []
        for identifier in body["jobIdentifiers"]:
            short = identifier.rpartition("/")[2]
            try:
                self._delete(self._store.find(caller, identifier))
                deleted.append({"jobIdentifier": short, "jobStatus": "Deleting"})
            except ApiError as error:
                errors.append({"jobIdentifier": short, "code": str(error.status), "message": error.message})
        return {"errors": errors, "evaluationJobs": deleted}

    def _delete(self, job: Job) -> None:
        if job.status == "InProgress" or not job.move("Deleting", datetime.now(UTC)):
            raise ApiError("ConflictException", f"The evaluation job is {job.status} and cannot be deleted.")
        self._remove_later(job)

    def _remove_later(self, job: Job) -> None:
        self._runner.after(durations.DELETE_SECONDS, lambda: self._remove(job))

    def _remove(self, job: Job) -> None:
        self._store.remove(job)
        self._host.forget(job.caller, job.arn)

    def _authorize(self, caller: Caller, action: str, resource: str, context: Context | None = None) -> None:
        if denial := self._host.denial(caller, action, resource, context or {}):
            raise ApiError("AccessDeniedException", denial.message)

    def _authorize_create(self, caller: Caller, body: dict[str, Any]) -> None:
        role = body["roleArn"]
        tags = _tags(body)
        context: dict[str, str | list[str]] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
        if tags:
            context["aws:TagKeys"] = list(tags)
        # The service authorization reference lists models as this action's resources, and no evaluation-job.
        for identifier in _models(body):
            arn = parse_model(identifier).arn(caller.region, caller.account)
            self._authorize(caller, "bedrock:CreateEvaluationJob", arn, context)
        if tags:
            resource = f"arn:aws:bedrock:{caller.region}:{caller.account}:evaluation-job/*"
            self._authorize(caller, "bedrock:TagResource", resource, context)
        if role.split(":")[4] != caller.account:
            raise ApiError("AccessDeniedException", "Cross-account pass role is not allowed.")
        self._authorize(caller, "iam:PassRole", role, {"iam:PassedToService": _SERVICE})


def describe(job: Job) -> dict[str, Any]:
    """The members of a GetEvaluationJob answer; optional ones only when there is something to say."""
    optional = {key: job.body[key] for key in ("jobDescription", "customerEncryptionKeyId") if job.body.get(key)}
    return {
        "jobName": job.request.name,
        "status": job.status,
        "jobArn": job.arn,
        **optional,
        "roleArn": job.request.role_arn,
        "jobType": "Automated",
        "applicationType": "ModelEvaluation",
        "evaluationConfig": job.body["evaluationConfig"],
        "inferenceConfig": job.body["inferenceConfig"],
        "outputDataConfig": job.body["outputDataConfig"],
        "creationTime": timestamp(job.created),
        "lastModifiedTime": timestamp(job.modified or job.created),
        **({"failureMessages": list(job.failure_messages)} if job.status == "Failed" else {}),
    }


def _tags(body: dict[str, Any]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in body.get("jobTags") or []}


def _models(body: dict[str, Any]) -> list[str]:
    """Every model that a request names; empty for the kinds that check_create refuses afterwards."""
    automated = body["evaluationConfig"].get("automated") or {}
    judges = [judge_of(automated.get("evaluatorModelConfig"))]
    if custom_definitions(automated):
        judges.append(judge_of(automated["customMetricConfig"]["evaluatorModelConfig"]))
    generators = [
        model["bedrockModel"]["modelIdentifier"]
        for model in body["inferenceConfig"].get("models") or []
        if "bedrockModel" in model
    ]
    return list(dict.fromkeys(generators + [judge for judge in judges if judge])) or ["*"]
