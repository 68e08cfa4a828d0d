"""The shape of a suite's file: keys, types and ranges. What goes wrong is worded in `gavel.suites.reader`."""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from gavel.datasets.limits import DEFAULT_MAX_PROMPT_BYTES, MAX_LINE_BYTES
from gavel.metrics import BUILTIN_METRICS, builtin_metric
from gavel.suites.models import DOCUMENTED_JUDGES, SOURCE_PATTERN, may_generate, may_judge, parse_model
from gavel.suites.parameters import MAX_INFERENCE_PARAMS, Parameters
from gavel.suites.sample import Allocation, Sample, SampleMethod

SUITE_VERSION: Final = 1
MAX_NAME_CHARACTERS: Final = 100
MAX_DESCRIPTION_CHARACTERS: Final = 1000
MAX_SAMPLE: Final = 10_000_000  # what the most jobs of an evaluation could hold
MAX_SEED: Final = 2**63 - 1
REFUSED: Final = "refused"


def refuse(reason: str, remedy: str) -> PydanticCustomError:
    """An error of a field that brings its own words; braces in them are shown as they are."""
    return PydanticCustomError(REFUSED, "{reason}; {remedy}", {"reason": reason, "remedy": remedy})


def shown(text: str, limit: int = 60) -> str:
    """A short, printable form of a value of the suite, in back-quotes."""
    visible = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return f"`{visible if len(visible) <= limit else visible[: limit - 1] + '…'}`"


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


def _name(text: str) -> str:
    remedy = f"use 1 to {MAX_NAME_CHARACTERS} printable characters without `#`, with no blank at either end"
    if not text.strip() or text != text.strip():
        raise refuse("is blank, or starts or ends with a blank", remedy)
    if len(text) > MAX_NAME_CHARACTERS:
        raise refuse(f"is longer than {MAX_NAME_CHARACTERS} characters", remedy)
    if "#" in text or not text.isprintable():
        raise refuse("holds `#` or a character that cannot be seen", remedy)
    return text


def _metric(text: str) -> str:
    if builtin_metric(text) is None:
        titles = {metric.title.casefold(): metric.title for metric in BUILTIN_METRICS}
        near = difflib.get_close_matches(text.removeprefix("Builtin.").casefold(), titles, n=1)
        hint = f"did you mean {titles[near[0]]}? " if near else ""
        raise refuse(f"{shown(text)} is no metric", f"{hint}the metrics are {', '.join(titles.values())}")
    return text


def _description(text: str) -> str:
    if any(unicodedata.category(character) == "Cc" and character not in "\n\t" for character in text):
        raise refuse("holds a control character", "remove it")
    return text


class _Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class ParametersSchema(_Schema):
    """Inference parameters; the ranges are those of `InferenceConfiguration` in the service model of Converse."""

    max_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    stop_sequences: list[Annotated[str, Field(min_length=1)]] = []
    additional: dict[str, Any] = {}

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


class GeneratorSchema(_Schema):
    """A model that answers, or a source of answers; that it is exactly one of them is checked by the reader."""

    model: Annotated[str, AfterValidator(_generator_model)] | None = None
    source: Annotated[str, AfterValidator(_source)] | None = None
    name: Annotated[str, AfterValidator(_name)] | None = None
    parameters: ParametersSchema = ParametersSchema()
    latency: Literal["standard", "optimized"] = "standard"

    @property
    def label(self) -> str:
        """The name, which is the id where none is given."""
        return self.name or self.model or self.source or ""


class JudgeSchema(_Schema):
    """A model that scores."""

    model: Annotated[str, AfterValidator(_judge_model)]
    name: Annotated[str, AfterValidator(_name)] | None = None

    @property
    def label(self) -> str:
        """The name, which is the model's id where none is given."""
        return self.name or self.model


class DatasetSchema(_Schema):
    """What the suite asks of a dataset."""

    responses: Literal["declared", "auto"] = "declared"
    max_prompt_bytes: Annotated[int, Field(ge=1, le=MAX_LINE_BYTES)] = DEFAULT_MAX_PROMPT_BYTES


class SampleSchema(_Schema):
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


class BudgetSchema(_Schema):
    """What may be spent."""

    per_evaluation_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    per_month_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    basis: Literal["expected", "high"] = "expected"


class SuiteSchema(_Schema):
    """The whole file."""

    version: Annotated[int, Field(ge=SUITE_VERSION, le=SUITE_VERSION)]
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION_CHARACTERS), AfterValidator(_description)] | None = (
        None
    )
    generators: Annotated[list[GeneratorSchema], Field(min_length=1)] | None = None
    judges: Annotated[list[JudgeSchema], Field(min_length=1)]
    metrics: Annotated[list[Annotated[str, AfterValidator(_metric)]], Field(min_length=1)] | None = None
    dataset: DatasetSchema = DatasetSchema()
    reuse: bool = True
    sample: SampleSchema | None = None
    budget: BudgetSchema = BudgetSchema()

    @property
    def metric_names(self) -> list[str]:
        """API names of the metrics; all built-in ones where the file names none."""
        if self.metrics is None:
            return [metric.name for metric in BUILTIN_METRICS]
        return [metric.name for text in self.metrics if (metric := builtin_metric(text))]


# Which schema reads a path; positions in lists are left out of the path.
SCHEMAS: Final[dict[tuple[str, ...], type[BaseModel]]] = {
    (): SuiteSchema,
    ("generators",): GeneratorSchema,
    ("generators", "parameters"): ParametersSchema,
    ("judges",): JudgeSchema,
    ("dataset",): DatasetSchema,
    ("sample",): SampleSchema,
    ("budget",): BudgetSchema,
}
