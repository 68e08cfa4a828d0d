"""Bedrock's evaluation jobs in memory: as documented, and where the documents leave room, as badly as they allow.

Tokens hold from the first moment, but not for ever; that names are unique holds only after a while, but then as long
as the job is there. A caller that relies on one of the two alone starts a job twice or loses it. ListEvaluationJobs
may show a job late: how far it lags behind is not documented. GetEvaluationJob knows a job from its first moment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tests.schedules.line import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.schedules.line import Line
    from tests.schedules.storage import Storage

RUNNING: Final = frozenset({"InProgress", "Stopping"})
REFUSALS: Final = ("ValidationException", "AccessDeniedException")
NAME_KNOWN_AFTER: Final = 4.0
PAGE: Final = 2
DAY: Final = 86_400.0


@dataclass
class Prospects:
    """What the adversary has in mind for jobs, as probabilities; the times in seconds.

    `status_lag` is how long at most a job goes on that has written its results.
    """

    refused: float = 0.0
    fails: float = 0.0
    stuck: float = 0.0
    drops_rows: float = 0.0
    no_output: float = 0.0
    full: float = 0.0
    deleted: float = 0.0
    longest: float = 7200.0
    status_lag: float = 0.0
    token_life: float = 20_000.0
    list_lag: float = 0.0


@dataclass
class BedrockJob:
    """A job, and what is going to become of it."""

    arn: str
    request: dict[str, Any]
    created: float
    token_until: float
    end: str
    listed: float = 0.0
    status: str = "InProgress"
    failures: list[str] = field(default_factory=list)
    dataset: list[dict[str, Any]] = field(default_factory=list)
    scores: int = 0
    has_output: bool = False

    @property
    def name(self) -> str:
        """The job's name."""
        return str(self.request["jobName"])

    @property
    def generates(self) -> bool:
        """Whether its dataset brings no answers, so that a model gives them."""
        return "bedrockModel" in self.request["inferenceConfig"]["models"][0]

    @property
    def runs(self) -> bool:
        """Whether it takes one of the account's places."""
        return self.status in RUNNING


@dataclass
class Bedrock:
    """The control plane's operations on evaluation jobs; the names of arguments are the API's.

    `watchers` are called with every job that was created, `writers` with the key of every file of results; `tokens`
    keeps every token that was sent for a name. A file may be there before the job is Completed.
    """

    line: Line
    storage: Storage
    prospects: Prospects
    jobs: dict[str, BedrockJob] = field(default_factory=dict)
    created: list[BedrockJob] = field(default_factory=list)
    tokens: dict[str, set[str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    watchers: list[Callable[[BedrockJob], None]] = field(default_factory=list)
    writers: list[Callable[[str], None]] = field(default_factory=list)

    def create_evaluation_job(self, **request: Any) -> dict[str, Any]:
        """CreateEvaluationJob."""
        self.tokens.setdefault(request["jobName"], set()).add(request["clientRequestToken"])
        return self._call("CreateEvaluationJob", lambda: self._create(request))

    def get_evaluation_job(self, *, jobIdentifier: str) -> dict[str, Any]:  # noqa: N803
        """GetEvaluationJob."""

        def effect() -> dict[str, Any]:
            job = self._known(jobIdentifier, "GetEvaluationJob")
            shown = {
                name: value for name, value in job.request.items() if name not in {"clientRequestToken", "jobTags"}
            }
            return {
                **shown,
                "jobArn": job.arn,
                "jobType": "Automated",
                "status": job.status,
                "creationTime": datetime.fromtimestamp(job.created, UTC),
                "failureMessages": list(job.failures),
            }

        return self._call("GetEvaluationJob", effect)

    def stop_evaluation_job(self, *, jobIdentifier: str) -> dict[str, Any]:  # noqa: N803
        """StopEvaluationJob."""

        def effect() -> dict[str, Any]:
            job = self._known(jobIdentifier, "StopEvaluationJob")
            if not job.runs:
                raise refusal("ConflictException", "StopEvaluationJob", "the job has ended")
            if job.status == "InProgress":
                job.status = "Stopping"
                self.line.kernel.after(self._random() * 600, lambda: self._end(job, "Stopped"))
            return {}

        return self._call("StopEvaluationJob", effect)

    def batch_delete_evaluation_job(self, *, jobIdentifiers: list[str]) -> dict[str, Any]:  # noqa: N803
        """BatchDeleteEvaluationJob."""

        def effect() -> dict[str, Any]:
            if not 1 <= len(jobIdentifiers) <= 25:
                raise refusal("ValidationException", "BatchDeleteEvaluationJob", "1 to 25 jobs")
            deleted, errors = [], []
            for arn in jobIdentifiers:
                job = self.jobs.get(arn)
                if job is None or job.runs:
                    errors.append({"jobIdentifier": arn, "code": "404" if job is None else "409", "message": "no"})
                else:
                    del self.jobs[arn]
                    deleted.append({"jobIdentifier": arn, "jobStatus": "Deleting"})
            return {"evaluationJobs": deleted, "errors": errors}

        return self._call("BatchDeleteEvaluationJob", effect)

    def get_paginator(self, operation: str) -> Bedrock:
        """The paginator of ListEvaluationJobs."""
        if operation != "list_evaluation_jobs":
            raise NotImplementedError(operation)
        return self

    def paginate(
        self,
        *,
        nameContains: str = "",  # noqa: N803
        statusEquals: str | None = None,  # noqa: N803
        creationTimeBefore: datetime | None = None,  # noqa: N803
        creationTimeAfter: datetime | None = None,  # noqa: N803
        sortBy: str = "CreationTime",  # noqa: N803
        sortOrder: str = "Descending",  # noqa: N803
        **rest: Any,
    ) -> Iterator[dict[str, Any]]:
        """ListEvaluationJobs, page by page."""

        def effect() -> list[BedrockJob]:
            before = creationTimeBefore.timestamp() if creationTimeBefore else float("inf")
            after = creationTimeAfter.timestamp() if creationTimeAfter else float("-inf")
            found = [
                job
                for job in self.jobs.values()
                if nameContains in job.name
                and statusEquals in {None, job.status}
                and after < job.created < before
                and job.listed <= self.line.kernel.time
            ]
            return found if sortOrder == "Ascending" else found[::-1]

        start = 0
        while True:
            # The list is read anew for each page, as a list that moves is.
            found = self.line.call("bedrock", "ListEvaluationJobs", effect)
            page = found[start : start + PAGE]
            start += PAGE
            yield {
                "jobSummaries": [
                    {
                        "jobArn": job.arn,
                        "jobName": job.name,
                        "status": job.status,
                        "jobType": "Automated",
                        "creationTime": datetime.fromtimestamp(job.created, UTC),
                    }
                    for job in page
                ]
            }
            if start >= len(found):
                return

    def running(self) -> list[BedrockJob]:
        """The jobs that take one of the account's places."""
        return [job for job in self.jobs.values() if job.runs]

    def _create(self, request: dict[str, Any]) -> dict[str, Any]:
        operation, time, name = "CreateEvaluationJob", self.line.kernel.time, request["jobName"]
        if self._happens(self.prospects.full):
            # Other deployments have taken the places; whether a token is looked at first is not documented.
            self.line.trouble["starts refused because the account's places are taken"] += 1
            raise refusal("ServiceQuotaExceededException", operation, "too many jobs")
        for job in self.jobs.values():
            if job.request["clientRequestToken"] == request["clientRequestToken"] and time < job.token_until:
                return {"jobArn": job.arn}
            if job.name == name and job.created + NAME_KNOWN_AFTER <= time:
                raise refusal("ConflictException", operation, "the name is taken")
        if name not in self.refused:
            code = REFUSALS[int(self._random() * 2)] if self._happens(self.prospects.refused) else ""
            self.refused[name] = code
        if self.refused[name]:
            raise refusal(self.refused[name], operation, "this model cannot judge")
        job = self._new(request, time)
        self.jobs[job.arn] = job
        self.created.append(job)
        for watcher in self.watchers:
            watcher(job)
        return {"jobArn": job.arn}

    def _new(self, request: dict[str, Any], time: float) -> BedrockJob:
        ends = (("stuck", self.prospects.stuck), ("Failed", self.prospects.fails))
        end = next((end for end, chance in ends if self._happens(chance)), "Completed")
        job = BedrockJob(
            arn=f"arn:aws:bedrock:us-east-1:123456789012:evaluation-job/{len(self.created):012d}",
            request=json.loads(json.dumps(request)),
            created=time,
            token_until=time + NAME_KNOWN_AFTER + 1 + self._random() * self.prospects.token_life,
            end=end,
            listed=time + self.prospects.list_lag,
        )
        (config,) = job.request["evaluationConfig"]["automated"]["datasetMetricConfigs"]
        shard = self.storage.objects[_key(config["dataset"]["datasetLocation"]["s3Uri"])]
        job.dataset = [json.loads(line) for line in shard.splitlines()]
        if end != "stuck":
            shortest = 5.0 if self._happens(0.2) else 120.0
            self.line.kernel.after(shortest + self._random() * self.prospects.longest, lambda: self._end(job, end))
        return job

    def _end(self, job: BedrockJob, status: str) -> None:
        if not job.runs or (job.status == "Stopping" and status != "Stopped"):
            return
        if status == "Completed" and not job.has_output and not self._happens(self.prospects.no_output):
            self._write_output(job)
            if self.prospects.status_lag:
                self.line.kernel.after(self._random() * self.prospects.status_lag, lambda: self._end(job, status))
                return
        if status == "Failed":
            job.failures.append("the model did not answer")
        job.status = status
        if self._happens(self.prospects.deleted):
            self.line.kernel.after(3600 + self._random() * DAY, lambda: self._forget(job))

    def _forget(self, job: BedrockJob) -> None:
        """Somebody deletes the record of a job."""
        self.jobs.pop(job.arn, None)

    def _write_output(self, job: BedrockJob) -> None:
        """A row for each record that Bedrock does not drop, with every metric's score."""
        automated = job.request["evaluationConfig"]["automated"]
        (config,) = automated["datasetMetricConfigs"]
        judge = automated["evaluatorModelConfig"]["bedrockEvaluatorModels"][0]["modelIdentifier"]
        rows = []
        for record in job.dataset:
            if self._happens(self.prospects.drops_rows):
                continue
            answers = record.get("modelResponses") or [
                {"response": f"of {job.name}", "modelIdentifier": _generator(job), "stopReason": "END_TURN"}
            ]
            scores = [
                {
                    "metricName": metric,
                    "evaluatorDetails": [{"modelIdentifier": judge, "explanation": "because"}],
                    "result": 0.5,
                }
                for metric in config["metricNames"]
            ]
            row = {"automatedEvaluationResult": {"scores": scores}, "inputRecord": record, "modelResponses": answers}
            rows.append(json.dumps(row))
        job.scores = len(rows) * len(config["metricNames"])
        job.has_output = True
        folder = f"{_key(job.request['outputDataConfig']['s3Uri']).rstrip('/')}/{job.name}/{job.arn.rpartition('/')[2]}"
        key = f"{folder}/models/m/taskTypes/General/datasets/d/1_output.jsonl"
        self.storage.put(key, "\n".join(rows).encode())
        for writer in self.writers:
            writer(key)

    def _known(self, arn: str, operation: str) -> BedrockJob:
        if arn not in self.jobs:
            raise refusal("ResourceNotFoundException", operation, "there is no such job")
        return self.jobs[arn]

    def _happens(self, probability: float) -> bool:
        return self.line.adversary.chance(probability)

    def _random(self) -> float:
        return self.line.adversary.random.random()

    def _call(self, operation: str, effect: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = self.line.call("bedrock", operation, effect)
        return result


def _key(uri: str) -> str:
    return uri.removeprefix("s3://").partition("/")[2]


def _generator(job: BedrockJob) -> str:
    (model,) = job.request["inferenceConfig"]["models"]
    return str(model["bedrockModel"]["modelIdentifier"])
