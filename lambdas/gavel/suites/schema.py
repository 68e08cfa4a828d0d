"""The shape of a suite's file: keys, types and ranges. What goes wrong is worded in `gavel.suites.reader`."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from gavel.datasets.limits import DEFAULT_MAX_PROMPT_BYTES, MAX_LINE_BYTES
from gavel.metrics import BUILTIN_METRICS
from gavel.names.object_keys import DATASET_SUFFIXES
from gavel.suites.gate_schema import MAX_GATES, GateSchema
from gavel.suites.metric_schema import CustomMetricSchema, MetricEntry, RatingSchema, api_name
from gavel.suites.models import DOCUMENTED_JUDGES, SOURCE_PATTERN, may_generate, may_judge, parse_model
from gavel.suites.parameters import MAX_INFERENCE_PARAMS, Parameters
from gavel.suites.refusal import Schema, checked_name, refuse
from gavel.suites.sample import Allocation, Sample, SampleMethod

if TYPE_CHECKING:
    from gavel.suites.custom_metrics import CustomMetric

SUITE_VERSION: Final = 1
ANSWERS_PATTERN: Final = r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,199}"
MAX_DESCRIPTION_CHARACTERS: Final = 1000
MAX_SAMPLE: Final = 10_000_000  # what the most jobs of an evaluation could hold
MAX_SEED: Final = 2**63 - 1


def _model(text: str) -> str:
    try:
        parse_model(text)
    except ValueError as error:
        raise refuse(str(error), "use an id or ARN of Bedrock, such as amazon.nova-lite-v1:0") from None
    return text


def _generator_model(text: str) -> str:
    reason = may_generate(parse_model(_model(text)))
    if reason:
        raise refuse(reason, "use the ARN of its provisioned throughput (…:provisioned-model/…)")
    return text


def _judge_model(text: str) -> str:
    reason = may_judge(parse_model(_model(text)))
    if reason:
        raise refuse(reason, f"use a judge such as {DOCUMENTED_JUDGES[0]} or us.{DOCUMENTED_JUDGES[0]}")
    return text


def _source(text: str) -> str:
    if re.fullmatch(SOURCE_PATTERN, text) is None:
        raise refuse(
            "is not a source id that Bedrock takes",
            "use 1 to 256 letters, digits, dots, underscores and hyphens, the first a letter or digit, "
            "and the same in the dataset's modelIdentifier",
        )
    return text


def _answers(text: str) -> str:
    if re.fullmatch(ANSWERS_PATTERN, text) is None or not text.endswith(DATASET_SUFFIXES):
        suffixes = ", ".join(DATASET_SUFFIXES)
        raise refuse(
            "is not the name of a file of answers",
            f"write its name without a folder: letters, digits, dots, underscores and hyphens, ending in {suffixes}",
        )
    return text


def _description(text: str) -> str:
    if any(unicodedata.category(character) == "Cc" and character not in "\n\t" for character in text):
        raise refuse("holds a control character", "remove it")
    return text


class ParametersSchema(Schema):
    """Inference parameters; the ranges are those of `InferenceConfiguration` in the service model of Converse."""

    max_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    stop_sequences: list[Annotated[str, Field(min_length=1)]] = Field(default_factory=list)
    additional: dict[str, Any] = Field(default_factory=dict)

    def checked(self) -> Parameters:
        """The parameters as the engine keeps them."""
        return Parameters(
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            stop_sequences=tuple(self.stop_sequences),
            additional=self.additional,
        )

    @model_validator(mode="after")
    def _fits_bedrock(self) -> Self:
        try:
            json.dumps(self.additional, allow_nan=False)
        except ValueError:
            raise refuse("holds a number that JSON has no word for", "use finite numbers only") from None
        text = self.checked().inference_params()
        if text is not None and len(text) > MAX_INFERENCE_PARAMS:
            raise refuse(
                f"takes {len(text)} characters as JSON, and Bedrock takes {MAX_INFERENCE_PARAMS}",
                "shorten stop_sequences or additional",
            )
        return self


class GeneratorSchema(Schema):
    """A model that answers, or a source of answers; that it is exactly one of them is checked by the reader."""

    model: Annotated[str, AfterValidator(_generator_model)] | None = None
    source: Annotated[str, AfterValidator(_source)] | None = None
    answers: Annotated[str, AfterValidator(_answers)] | None = None
    name: Annotated[str, AfterValidator(checked_name)] | None = None
    parameters: ParametersSchema = ParametersSchema()
    latency: Literal["standard", "optimized"] = "standard"

    @property
    def label(self) -> str:
        """The name, which is the id where none is given."""
        return self.name or self.model or self.source or ""


class JudgeSchema(Schema):
    """A model that scores."""

    model: Annotated[str, AfterValidator(_judge_model)]
    name: Annotated[str, AfterValidator(checked_name)] | None = None

    @property
    def label(self) -> str:
        """The name, which is the model's id where none is given."""
        return self.name or self.model


class DatasetSchema(Schema):
    """What the suite asks of a dataset."""

    responses: Literal["declared", "auto"] = "declared"
    max_prompt_bytes: Annotated[int, Field(ge=1, le=MAX_LINE_BYTES)] = DEFAULT_MAX_PROMPT_BYTES


class SampleSchema(Schema):
    """How many records are evaluated, and how they are chosen; what only one method knows is checked by the reader."""

    size: Annotated[int, Field(ge=1, le=MAX_SAMPLE)]
    method: Literal["random", "stratified"] = "random"
    allocation: Literal["proportional", "equal"] = "proportional"
    minimum_per_category: Annotated[int, Field(ge=0, le=MAX_SAMPLE)] = 0
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = 0

    def checked(self) -> Sample:
        """The sample as the engine keeps it."""
        return Sample(
            size=self.size,
            method=SampleMethod(self.method),
            allocation=Allocation(self.allocation),
            minimum_per_category=self.minimum_per_category,
            seed=self.seed,
        )


class BudgetSchema(Schema):
    """What may be spent."""

    per_evaluation_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    per_month_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    basis: Literal["expected", "high"] = "expected"


class SuiteSchema(Schema):
    """The whole file."""

    version: Annotated[int, Field(ge=SUITE_VERSION, le=SUITE_VERSION)]
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION_CHARACTERS), AfterValidator(_description)] | None = (
        None
    )
    generators: Annotated[list[GeneratorSchema], Field(min_length=1)] | None = None
    judges: Annotated[list[JudgeSchema], Field(min_length=1)]
    metrics: Annotated[list[MetricEntry], Field(min_length=1)] | None = None
    custom_judge: JudgeSchema | None = None
    dataset: DatasetSchema = DatasetSchema()
    reuse: bool = True
    sample: SampleSchema | None = None
    budget: BudgetSchema = BudgetSchema()
    gates: Annotated[list[GateSchema], Field(min_length=1, max_length=MAX_GATES)] | None = None

    @property
    def metric_names(self) -> list[str]:
        """API names of the metrics; all built-in ones where the file names none."""
        if self.metrics is None:
            return [metric.name for metric in BUILTIN_METRICS]
        return [entry.name if isinstance(entry, CustomMetricSchema) else api_name(entry) for entry in self.metrics]

    @property
    def custom_metrics(self) -> list[CustomMetric]:
        """The metrics that the file defines itself."""
        return [entry.checked() for entry in self.metrics or [] if isinstance(entry, CustomMetricSchema)]


# Which schema reads a path; positions in lists are left out of the path.
SCHEMAS: Final[dict[tuple[str, ...], type[BaseModel]]] = {
    (): SuiteSchema,
    ("generators",): GeneratorSchema,
    ("generators", "parameters"): ParametersSchema,
    ("judges",): JudgeSchema,
    ("metrics",): CustomMetricSchema,
    ("metrics", "scale"): RatingSchema,
    ("custom_judge",): JudgeSchema,
    ("dataset",): DatasetSchema,
    ("sample",): SampleSchema,
    ("budget",): BudgetSchema,
    ("gates",): GateSchema,
}
