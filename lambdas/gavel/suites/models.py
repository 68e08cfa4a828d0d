"""Identifiers of Bedrock models: which kind each one is, and which may answer or judge in an evaluation job.

Source: the shapes `EvaluationBedrockModelIdentifier` and `EvaluatorModelIdentifier` of the Bedrock service model. Model
ids are read more widely than those shapes spell them (`global.` and `us-gov.` profiles, several version parts), because
the catalogue moves faster than the shapes and Bedrock itself has the last word when a job is created.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_IDENTIFIER_CHARACTERS: Final = 2048
SOURCE_PATTERN: Final = r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,255}"  # EvaluationPrecomputedInferenceSourceIdentifier


class ModelKind(StrEnum):
    """What a model identifier points at."""

    FOUNDATION_MODEL = "foundation-model"
    INFERENCE_PROFILE = "inference-profile"
    APPLICATION_INFERENCE_PROFILE = "application-inference-profile"
    PROVISIONED = "provisioned-model"
    CUSTOM = "custom-model"
    CUSTOM_DEPLOYMENT = "custom-model-deployment"
    IMPORTED = "imported-model"
    PROMPT_ROUTER = "prompt-router"
    SAGEMAKER_ENDPOINT = "sagemaker-endpoint"


@dataclass(frozen=True)
class ModelIdentifier:
    """One model as Bedrock's API takes it.

    `text` is the identifier as the user wrote it; `region` and `account` are known only for ARNs that carry them.
    `foundation_model` is the bare model id (`amazon.nova-lite-v1:0`) where the identifier names one, without the
    geography of an inference profile; None for everything that hides its model behind a name of the user's account.
    """

    text: str
    kind: ModelKind
    region: str | None = None
    account: str | None = None
    foundation_model: str | None = None

    def __str__(self) -> str:
        """The identifier as Bedrock takes it."""
        return self.text

    @property
    def judged_as(self) -> str:
        """The model whose throughput a judge takes, whichever way it was named."""
        return self.foundation_model or self.text


# Evaluators for built-in metrics that the user guide ("Evaluate model performance using another LLM as a judge") lists.
# The list moves: it serves hints and completion, and never refuses a judge.
DOCUMENTED_JUDGES: Final = (
    "amazon.nova-pro-v1:0",
    "amazon.nova-2-lite-v1:0",
    "amazon.nova-micro-v1:0",
    "amazon.nova-premier-v1:0",
    "anthropic.claude-3-haiku-20240307-v1:0",
    "anthropic.claude-3-5-haiku-20241022-v1:0",
    "anthropic.claude-3-5-sonnet-20240620-v1:0",
    "anthropic.claude-3-5-sonnet-20241022-v2:0",
    "anthropic.claude-3-7-sonnet-20250219-v1:0",
    "anthropic.claude-sonnet-4-20250514-v1:0",
    "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "anthropic.claude-haiku-4-5-20251001-v1:0",
    "anthropic.claude-opus-4-5-20251101-v1:0",
    "anthropic.claude-sonnet-4-6",
    "anthropic.claude-opus-4-6-v1",
    "anthropic.claude-opus-4-7",
    "anthropic.claude-opus-4-8",
    "openai.gpt-5.4",
    "openai.gpt-5.5",
    "meta.llama3-1-70b-instruct-v1:0",
    "mistral.mistral-large-2402-v1:0",
)

# Two letters are always a geography: no provider on Bedrock has a name that short.
_GEOGRAPHY: Final = r"(?:[a-z]{2}|apac|global|us-gov)"
_MODEL_ID: Final = r"[a-z0-9-]{1,63}\.[a-z0-9-]{1,63}(?:[.:][a-z0-9-]{1,63}){0,3}"
_TAIL: Final = r"[a-z0-9]{12}"

_BARE_MODEL = re.compile(_MODEL_ID)
_BARE_PROFILE = re.compile(rf"{_GEOGRAPHY}\.(?P<model>{_MODEL_ID})")
_ARN = re.compile(
    r"arn:aws(?:-[a-z-]+)?:(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]{1,20}):(?P<account>[0-9]{12})?:"
    r"(?P<type>[a-z-]+)/(?P<name>.+)"
)


@dataclass(frozen=True)
class _Resource:
    kind: ModelKind
    name: re.Pattern[str]
    example: str
    owned: bool = True  # whether the ARN carries an account


_RESOURCES: Final = {
    "foundation-model": _Resource(
        ModelKind.FOUNDATION_MODEL,
        re.compile(rf"(?P<model>{_MODEL_ID})"),
        "foundation-model/amazon.nova-pro-v1:0",
        owned=False,
    ),
    "inference-profile": _Resource(
        ModelKind.INFERENCE_PROFILE,
        re.compile(rf"{_GEOGRAPHY}\.(?P<model>{_MODEL_ID})"),
        "inference-profile/us.amazon.nova-pro-v1:0",
    ),
    "application-inference-profile": _Resource(
        ModelKind.APPLICATION_INFERENCE_PROFILE, re.compile(_TAIL), "application-inference-profile/abcdefghij01"
    ),
    "provisioned-model": _Resource(ModelKind.PROVISIONED, re.compile(_TAIL), "provisioned-model/abcdefghij01"),
    "custom-model": _Resource(
        ModelKind.CUSTOM,
        re.compile(rf"(?:imported|{_MODEL_ID})/{_TAIL}"),
        "custom-model/amazon.nova-lite-v1:0:300k/abcdefghij01",
    ),
    "custom-model-deployment": _Resource(
        ModelKind.CUSTOM_DEPLOYMENT, re.compile(_TAIL), "custom-model-deployment/abcdefghij01"
    ),
    "imported-model": _Resource(ModelKind.IMPORTED, re.compile(_TAIL), "imported-model/abcdefghij01"),
    "prompt-router": _Resource(
        ModelKind.PROMPT_ROUTER, re.compile(r"[a-zA-Z0-9:.-]{1,200}"), "prompt-router/abcdefghij01"
    ),
    "default-prompt-router": _Resource(
        ModelKind.PROMPT_ROUTER, re.compile(r"[a-zA-Z0-9:.-]{1,200}"), "default-prompt-router/amazon.nova:1"
    ),
}
_ENDPOINT: Final = _Resource(
    ModelKind.SAGEMAKER_ENDPOINT, re.compile(r"[a-zA-Z0-9-]{1,63}"), "endpoint/my-marketplace-model"
)


def parse_model(identifier: str) -> ModelIdentifier:
    """Read a model id, an inference profile's id, or an ARN of any model that Bedrock knows.

    Raises ValueError with the reason when the text can be none of them. It is a reading of the form only: whether
    the model exists, and may be called, is Bedrock's to say.
    """
    if not identifier:
        raise ValueError("is empty")
    if len(identifier) > MAX_IDENTIFIER_CHARACTERS:
        raise ValueError(f"is longer than {MAX_IDENTIFIER_CHARACTERS} characters")
    if any(character.isspace() or not character.isprintable() for character in identifier):
        raise ValueError("holds a blank or a control character")
    if identifier.startswith("arn:"):
        return _parse_arn(identifier)
    if profile := _BARE_PROFILE.fullmatch(identifier):
        return ModelIdentifier(identifier, ModelKind.INFERENCE_PROFILE, foundation_model=profile["model"])
    if _BARE_MODEL.fullmatch(identifier):
        return ModelIdentifier(identifier, ModelKind.FOUNDATION_MODEL, foundation_model=identifier)
    if _BARE_MODEL.fullmatch(identifier.lower()):
        raise ValueError("holds capital letters, and Bedrock's model ids have none")
    if "." not in identifier:
        raise ValueError("names no provider: a model id reads provider.model, such as amazon.nova-lite-v1:0")
    raise ValueError("is not the id or the ARN of a Bedrock model")


def _parse_arn(text: str) -> ModelIdentifier:
    arn = _ARN.fullmatch(text)
    if arn is None:
        raise ValueError("is not a whole ARN: arn:aws:bedrock:<region>:<account>:<type>/<name>")
    if arn["service"] == "sagemaker" and arn["type"] == "endpoint":
        resource = _ENDPOINT
    elif arn["service"] == "bedrock" and arn["type"] in _RESOURCES:
        resource = _RESOURCES[arn["type"]]
    else:
        raise ValueError(f"is an ARN of {arn['service']} {arn['type']}, which is no model")
    if resource.owned and arn["account"] is None:
        raise ValueError("is an ARN without the account's 12 digits")
    if not resource.owned and arn["account"] is not None:
        raise ValueError("is a foundation model's ARN with an account, and those carry none")
    name = resource.name.fullmatch(arn["name"])
    if name is None:
        raise ValueError(f"does not end like such an ARN does: …:{resource.example}")
    model = name.groupdict().get("model")
    return ModelIdentifier(text, resource.kind, arn["region"], arn["account"], model)


_JUDGING_KINDS: Final = frozenset({ModelKind.FOUNDATION_MODEL, ModelKind.INFERENCE_PROFILE})
_NOT_ANSWERING: Final = {
    ModelKind.CUSTOM: "is a custom model, which evaluation jobs reach only through its provisioned throughput",
    ModelKind.CUSTOM_DEPLOYMENT: "is an on-demand deployment of a custom model, which evaluation jobs do not take",
}


def may_judge(model: ModelIdentifier) -> str | None:
    """Why the model cannot judge, or None when Bedrock's API takes it as an evaluator.

    Only foundation models and Bedrock's own inference profiles fit `EvaluatorModelIdentifier`. A model that
    `DOCUMENTED_JUDGES` does not list is not refused.
    """
    if model.kind in _JUDGING_KINDS:
        return None
    return f"is of the kind {model.kind.value}; only foundation models and Bedrock's own inference profiles may judge"


def may_generate(model: ModelIdentifier) -> str | None:
    """Why the model cannot answer in an evaluation job, or None when `EvaluationBedrockModelIdentifier` takes it."""
    return _NOT_ANSWERING.get(model.kind)
