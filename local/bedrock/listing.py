"""Pages of ListEvaluationJobs: filters, order, and a token that remembers where a page ended."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

from local.bedrock.errors import ApiError
from local.bedrock.job_request import custom_definitions, judge_of
from local.bedrock.jobs import timestamp

if TYPE_CHECKING:
    from local.bedrock.jobs import Job

# The model bounds jobSummaries to 5 items, so a page never holds more, whatever maxResults says (GUESS).
PAGE: Final = 5

_POSITION_FREE: Final = frozenset({"nextToken", "maxResults"})


def list_page(jobs: list[Job], members: dict[str, Any]) -> dict[str, Any]:
    """One page of the caller's jobs, newest first unless sortOrder says Ascending (GUESS: the default order)."""
    chosen = [job for job in jobs if _matches(job, members)]
    ascending = members.get("sortOrder") == "Ascending"
    chosen.sort(key=lambda job: job.number, reverse=not ascending)
    filters = {key: str(value) for key, value in sorted(members.items()) if key not in _POSITION_FREE}
    if token := members.get("nextToken"):
        after = _position(token, filters)
        chosen = [job for job in chosen if (job.number > after if ascending else job.number < after)]
    size = min(members.get("maxResults", PAGE), PAGE)
    page = {"jobSummaries": [_summary(job) for job in chosen[:size]]}
    if len(chosen) > size:
        text = json.dumps({"after": chosen[size - 1].number, "filters": filters})
        return {"nextToken": base64.urlsafe_b64encode(text.encode()).decode(), **page}
    return page


def _matches(job: Job, members: dict[str, Any]) -> bool:
    after, before = members.get("creationTimeAfter"), members.get("creationTimeBefore")
    return (
        (after is None or job.created > after)
        and (before is None or job.created < before)
        and members.get("statusEquals", job.status) == job.status
        and members.get("applicationTypeEquals", "ModelEvaluation") == "ModelEvaluation"
        and members.get("nameContains", "") in job.request.name
    )


def _position(token: str, filters: dict[str, str]) -> int:
    try:
        value = json.loads(base64.urlsafe_b64decode(token.encode()))
        if value["filters"] == filters:
            return int(value["after"])
    except (ValueError, KeyError, TypeError):
        pass  # answered below like a token of another query
    raise ApiError("ValidationException", "The nextToken is invalid for this request.")


def _summary(job: Job) -> dict[str, Any]:
    automated = job.body["evaluationConfig"]["automated"]
    judge = judge_of(automated.get("evaluatorModelConfig"))
    custom = judge_of((automated.get("customMetricConfig") or {}).get("evaluatorModelConfig"))
    kind = "bedrockModelIdentifiers" if job.request.live else "precomputedInferenceSourceIdentifiers"
    return {
        "jobArn": job.arn,
        "jobName": job.request.name,
        "status": job.status,
        "creationTime": timestamp(job.created),
        "jobType": "Automated",
        "evaluationTaskTypes": ["General"],
        **({"evaluatorModelIdentifiers": [judge]} if judge else {}),
        **({"customMetricsEvaluatorModelIdentifiers": [custom]} if custom and custom_definitions(automated) else {}),
        "inferenceConfigSummary": {"modelConfigSummary": {kind: [job.request.generator]}},
        "applicationType": "ModelEvaluation",
    }
