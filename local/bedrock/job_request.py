"""A create request as the job needs it: typed, after validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.bedrock.scales import BUILTIN_SCALES, Scale, custom_scale

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class S3Place:
    """A bucket and a key or prefix without slashes around it."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> S3Place:
        """From an s3:// URI."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return cls(bucket, key.strip("/"))

    @property
    def arn(self) -> str:
        """ARN of the object."""
        return f"arn:aws:s3:::{self.bucket}/{self.key}"

    def below(self, *parts: str) -> S3Place:
        """A key under this prefix."""
        return S3Place(self.bucket, "/".join(part for part in (self.key, *parts) if part))


@dataclass(frozen=True)
class Metric:
    """A metric to score: `instructions` is empty for a built-in; `judge` the evaluator's identifier."""

    scale: Scale
    judge: str
    instructions: str = ""

    @property
    def name(self) -> str:
        """As listed in metricNames."""
        return self.scale.metric


@dataclass(frozen=True)
class Dataset:
    """A dataset with the metrics to score on it, in the order of metricNames."""

    name: str
    place: S3Place
    metrics: tuple[Metric, ...]


@dataclass(frozen=True)
class JobRequest:
    """What to run. `generator` is a model identifier, or the inference source's when `live` is false."""

    name: str
    role_arn: str
    generator: str
    live: bool
    inference_params: str
    datasets: tuple[Dataset, ...]
    output: S3Place
    custom_definitions: tuple[Mapping[str, Any], ...] = ()

    @property
    def judges(self) -> list[str]:
        """The evaluators in use, each once."""
        return list(dict.fromkeys(metric.judge for dataset in self.datasets for metric in dataset.metrics))

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> JobRequest:
        """Read a request that validation.py and model_rules.py have accepted."""
        automated = body["evaluationConfig"]["automated"]
        definitions = custom_definitions(automated)
        metrics = _metrics(automated, definitions)
        model = body["inferenceConfig"]["models"][0]
        bedrock = model.get("bedrockModel")
        return cls(
            name=body["jobName"],
            role_arn=body["roleArn"],
            generator=bedrock["modelIdentifier"]
            if bedrock
            else model["precomputedInferenceSource"]["inferenceSourceIdentifier"],
            live=bedrock is not None,
            inference_params=(bedrock or {}).get("inferenceParams", "{}"),
            datasets=tuple(
                Dataset(
                    name=config["dataset"]["name"],
                    place=S3Place.parse(config["dataset"]["datasetLocation"]["s3Uri"]),
                    metrics=tuple(metrics[name] for name in config["metricNames"]),
                )
                for config in automated["datasetMetricConfigs"]
            ),
            output=S3Place.parse(body["outputDataConfig"]["s3Uri"]),
            custom_definitions=tuple(definitions),
        )


def judge_of(config: Mapping[str, Any] | None) -> str | None:
    """Identifier of the evaluator in an evaluatorModelConfig, if there is one."""
    models = (config or {}).get("bedrockEvaluatorModels") or []
    return models[0]["modelIdentifier"] if models else None


def custom_definitions(automated: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The customMetricDefinition objects of a request."""
    config = automated.get("customMetricConfig") or {}
    return [item["customMetricDefinition"] for item in config.get("customMetrics", [])]


def _metrics(automated: Mapping[str, Any], definitions: list[Mapping[str, Any]]) -> dict[str, Metric]:
    builtin_judge = judge_of(automated.get("evaluatorModelConfig")) or ""
    custom_judge = judge_of((automated.get("customMetricConfig") or {}).get("evaluatorModelConfig")) or ""
    metrics = {name: Metric(scale, builtin_judge) for name, scale in BUILTIN_SCALES.items()}
    for definition in definitions:
        scale = custom_scale(definition["name"], definition.get("ratingScale"))
        metrics[definition["name"]] = Metric(scale, custom_judge, definition["instructions"])
    return metrics
