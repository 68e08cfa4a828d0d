"""Builds the request of a Bedrock evaluation job.

Source of every rule: the service model of CreateEvaluationJob and the Bedrock user guide on model evaluation with a
judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gavel.names.identities import job_description
from gavel.names.object_keys import EvaluationKeys
from gavel.planning.panel import source_id
from gavel.suites.models import parse_model
from gavel.suites.suite import Generator, Latency

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.planning.manifest import Manifest
    from gavel.planning.plan import Job
    from gavel.suites.suite import Suite

# The API's enumeration of task types does not list it, but judge jobs take no other: "Task type 'Custom' is not
# allowed".
JUDGE_TASK_TYPE: Final = "General"


def inference_config(generator: Generator, *, source: str | None = None) -> dict[str, Any]:
    """The `inferenceConfig` of a job: one model that answers, or one source whose answers the job's dataset brings."""
    if source is not None:
        return {"models": [{"precomputedInferenceSource": {"inferenceSourceIdentifier": source}}]}
    model: dict[str, Any] = {"modelIdentifier": generator.identifier}
    params = generator.parameters.inference_params()
    if params is not None:
        model["inferenceParams"] = params
    if generator.latency is not Latency.STANDARD:
        model["performanceConfig"] = {"latency": generator.latency.value}
    return {"models": [{"bedrockModel": model}]}


def judge_models(request: Mapping[str, Any]) -> tuple[str, ...]:
    """The models that score in a job's request: foundation models by id, whichever way each was named, in order."""
    automated = request["evaluationConfig"]["automated"]
    configs = [automated, automated.get("customMetricConfig", {})]
    named = [
        model["modelIdentifier"]
        for config in configs
        for model in config.get("evaluatorModelConfig", {}).get("bedrockEvaluatorModels", [])
    ]
    return tuple(sorted({parse_model(text).judged_as for text in named}))


def _judges(suite: Suite, scored: Mapping[str, int]) -> dict[str, Any]:
    """The evaluators of a job: one for its built-in metrics, and one for its custom ones, each where there are such."""

    def evaluator(places: set[int]) -> dict[str, Any]:
        models = [suite.all_judges[place].model.text for place in places]
        return {"bedrockEvaluatorModels": [{"modelIdentifier": model} for model in models]}

    custom = [metric for metric in suite.custom_metrics if metric.name in scored]
    built_in = scored.keys() - {metric.name for metric in custom}
    config: dict[str, Any] = {}
    if built_in:
        config["evaluatorModelConfig"] = evaluator({scored[name] for name in built_in})
    if custom:
        config["customMetricConfig"] = {
            "customMetrics": [metric.to_request() for metric in custom],
            "evaluatorModelConfig": evaluator({scored[metric.name] for metric in custom}),
        }
    return config


def evaluation_job_request(
    manifest: Manifest, job: Job, *, bucket: str, role_arn: str, key_arn: str = ""
) -> dict[str, Any]:
    """The arguments of CreateEvaluationJob for one job of a plan; the same plan gives the same request."""
    suite = manifest.suite
    keys = EvaluationKeys(manifest.evaluation_id)
    generator = suite.generators[job.generator]
    brought = generator.is_source or job.lead is not None
    scored = suite.scored_in(job.judge)
    request: dict[str, Any] = {
        "jobName": job.job_name,
        "clientRequestToken": job.token,
        "jobDescription": job_description(manifest.evaluation_id, job.job_id),
        "roleArn": role_arn,
        "applicationType": "ModelEvaluation",
        "jobTags": [
            {"key": "gavel:evaluation", "value": manifest.evaluation_id},
            {"key": "gavel:suite", "value": suite.name},
        ],
        "evaluationConfig": {
            "automated": {
                "datasetMetricConfigs": [
                    {
                        "taskType": JUDGE_TASK_TYPE,
                        "dataset": {
                            "name": f"shard-{job.shard:05d}",
                            "datasetLocation": {"s3Uri": f"s3://{bucket}/{job.shard_key}"},
                        },
                        # Custom ones too: Bedrock defines a metric that is not listed and does not score it.
                        "metricNames": list(scored),
                    }
                ],
                **_judges(suite, scored),
            }
        },
        "inferenceConfig": inference_config(generator, source=source_id(generator, job.generator) if brought else None),
        "outputDataConfig": {"s3Uri": f"s3://{bucket}/{keys.bedrock}"},
    }
    if key_arn:
        request["customerEncryptionKeyId"] = key_arn
    return request
