"""What makes two jobs the same work, so that the results of one may stand for the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from gavel.names.identities import fingerprint
from gavel.suites.models import parse_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.planning.plan import Job
    from gavel.suites.suite import Suite

# Counted up when the same request comes to mean something else, so that older results are not taken for it.
_RULES: Final = "1"
# A job that delivered less is worth another try.
_REUSABLE_COVERAGE: Final = 0.95


def content_hash(request: Mapping[str, Any], *, shard_sha256: str, repeat: int) -> str:
    """Hash (hex) of everything that decides a job's results: data, generator, judge, metrics with their texts.

    `request` is the one of CreateEvaluationJob; names, places, tags and roles in it are left out, and a model counts as
    the same by its id, its ARN in any Region and an inference profile. `repeat` is `repeat_of` the job.
    """
    automated = request["evaluationConfig"]["automated"]
    configs = [
        {"taskType": config["taskType"], "metricNames": sorted(config["metricNames"])}
        for config in automated["datasetMetricConfigs"]
    ]
    work = {
        **automated,
        "datasetMetricConfigs": configs,
        "inferenceConfig": request["inferenceConfig"],
        "repeat": repeat,
    }
    return fingerprint("job", _RULES, shard_sha256, json.dumps(_plain(work), sort_keys=True))


def repeat_of(suite: Suite, job: Job) -> int:
    """How many earlier generators and judges of the suite are the same but for their names.

    Who names a model twice wants two samples of it, and not the results of the first one again.
    """

    def same(item: Any, earlier: Any) -> int:
        own = item.to_json() | {"name": ""}
        return sum(other.to_json() | {"name": ""} == own for other in earlier)

    generators, judges = suite.generators, suite.judges
    return same(generators[job.generator], generators[: job.generator]) + len(generators) * same(
        judges[job.judge], judges[: job.judge]
    )


def is_reusable(*, scored: int, missing: int, missing_rows: int, unreadable_rows: int) -> bool:
    """Whether a collected job's results may stand for the same work: every row is there, and nearly every score."""
    complete = not missing_rows and not unreadable_rows
    return complete and scored > 0 and scored / (scored + missing) >= _REUSABLE_COVERAGE


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _model(item) if key == "modelIdentifier" else _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _model(identifier: str) -> str:
    return parse_model(identifier).foundation_model or identifier
