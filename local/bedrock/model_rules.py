"""Rules of CreateEvaluationJob beyond the service model; each raises a ValidationException of its own.

Sources stand beside the rules; where only the rule is documented, the message's wording is a guess.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from local.bedrock.errors import ApiError
from local.bedrock.job_request import custom_definitions, judge_of
from local.bedrock.models import catalogue, parse_model
from local.bedrock.scales import BUILTIN_PREFIX, BUILTIN_SCALES

if TYPE_CHECKING:
    from collections.abc import Mapping

TASK_TYPE: Final = "General"


def check_create(body: Mapping[str, Any]) -> None:
    """Refuse a request that the model accepts and the service does not; ApiError ValidationException."""
    _refuse_other_kinds(body)
    automated = body["evaluationConfig"]["automated"]
    _check_generator(body["inferenceConfig"]["models"])
    _check_custom_metrics(automated)
    _check_datasets(automated)
    _check_evaluators(automated)


def _refuse(message: str) -> ApiError:
    return ApiError("ValidationException", message)


def _refuse_other_kinds(body: Mapping[str, Any]) -> None:
    if "human" in body["evaluationConfig"]:
        raise _refuse("This emulator has no human evaluation jobs; use evaluationConfig.automated with a judge.")
    if "ragConfigs" in body["inferenceConfig"] or body.get("applicationType") == "RagEvaluation":
        raise _refuse("This emulator has no RAG evaluation jobs; use inferenceConfig.models and ModelEvaluation.")


def _check_generator(models: list[dict[str, Any]]) -> None:
    # Quota "models per automated evaluation job" is 1 (AWS general reference, Amazon Bedrock quotas).
    if len(models) != 1:
        raise _refuse(f"Automated evaluation jobs support exactly 1 model, but {len(models)} were provided.")
    params = models[0].get("bedrockModel", {}).get("inferenceParams")
    if params is not None:
        try:
            parsed = json.loads(params)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            raise _refuse("The inferenceParams of the model must be a valid JSON object.")


def _check_custom_metrics(automated: Mapping[str, Any]) -> None:
    names = set()
    for definition in custom_definitions(automated):
        name = definition["name"]
        if name in names or name in BUILTIN_SCALES:
            raise _refuse(f"The custom metric name '{name}' is already in use.")
        names.add(name)
        # User guide, "Create a prompt for a custom metric": the prediction must be among the inputs.
        if "{{prediction}}" not in definition["instructions"]:
            raise _refuse(
                f"The instructions of the custom metric '{name}' must contain the variable {{{{prediction}}}}."
            )
        kinds = {kind for item in definition.get("ratingScale") or [] for kind in item["value"]}
        if len(kinds) > 1:
            raise _refuse(
                f"The rating scale of the custom metric '{name}' must be either numerical or string, not both."
            )


def _check_datasets(automated: Mapping[str, Any]) -> None:
    known = set(BUILTIN_SCALES) | {definition["name"] for definition in custom_definitions(automated)}
    seen = set()
    for config in automated["datasetMetricConfigs"]:
        # Seen in public bug reports; the enum of the model does not even contain "General".
        if config["taskType"] != TASK_TYPE:
            raise _refuse(f"Task type '{config['taskType']}' is not allowed for automated evaluation")
        name = config["dataset"]["name"]
        if name in seen:
            raise _refuse(f"The dataset name '{name}' is used more than once.")
        seen.add(name)
        if "datasetLocation" not in config["dataset"]:
            raise _refuse("A job with an evaluator model needs a custom dataset: provide dataset.datasetLocation.")
        unknown = [metric for metric in config["metricNames"] if metric not in known]
        if unknown:
            raise _refuse(f"The metric(s) {unknown} are not supported for a job with an evaluator model.")
        if len(set(config["metricNames"])) < len(config["metricNames"]):
            raise _refuse("The metricNames of a dataset must be unique.")


def _check_evaluators(automated: Mapping[str, Any]) -> None:
    judge = judge_of(automated.get("evaluatorModelConfig"))
    names = [name for config in automated["datasetMetricConfigs"] for name in config["metricNames"]]
    if judge is None and any(name.startswith(BUILTIN_PREFIX) for name in names):
        raise _refuse("An evaluatorModelConfig with one evaluator model is required for the built-in metrics.")
    builtin = catalogue()["builtin"]
    if judge is not None:
        _check_evaluator(judge, builtin)
    custom_judge = judge_of((automated.get("customMetricConfig") or {}).get("evaluatorModelConfig"))
    if custom_judge is not None:
        _check_evaluator(custom_judge, builtin + catalogue()["custom_only"])


def _check_evaluator(identifier: str, supported: list[str]) -> None:
    model = parse_model(identifier)
    if model.base not in supported:
        raise _refuse(f"The model {identifier} is not supported as an evaluator model.")
    # Nova 2 Lite by its bare id was refused (public report); the wording is the one of InvokeModel.
    if model.base in catalogue()["profile_only"] and not model.profile:
        raise _refuse(
            f"Invocation of model ID {identifier} with on-demand throughput isn't supported. Retry your request with "
            "the ID or ARN of an inference profile that contains this model."
        )
