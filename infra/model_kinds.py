"""The kinds of models that an evaluation may name, with the ARNs and actions that each kind needs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    import aws_cdk as cdk


class ModelKind(StrEnum):
    """A kind of model, named as in the settings of an environment."""

    FOUNDATION_MODEL = "foundation-model"
    INFERENCE_PROFILE = "inference-profile"
    APPLICATION_INFERENCE_PROFILE = "application-inference-profile"
    PROVISIONED_MODEL = "provisioned-model"
    CUSTOM_MODEL = "custom-model"
    IMPORTED_MODEL = "imported-model"
    PROMPT_ROUTER = "prompt-router"
    SAGEMAKER_ENDPOINT = "sagemaker-endpoint"


class Use(StrEnum):
    """What is done with a model. Not every resource of a kind knows every use."""

    JOB = "named in an evaluation job"
    INVOKE = "invoked"
    BATCH = "invoked as a batch"
    DESCRIBE = "described"


@dataclass(frozen=True)
class Access:
    """ARN patterns of a kind, with partition, Region and account left open, and the action that describes it.

    `invoked` are the patterns that are invoked, where these are others than those that everything else is done with.
    """

    arns: tuple[str, ...]
    describe: str | None = None
    invoked: tuple[str, ...] | None = None

    def of(self, use: Use) -> tuple[str, ...]:
        """The patterns that this use needs."""
        if self.invoked is None:
            return self.arns
        return {Use.INVOKE: self.invoked, Use.JOB: (*self.arns, *self.invoked)}.get(use, self.arns)


_OWN: Final = "arn:{partition}:bedrock:{region}:{account}:"

# Source: Service Authorization Reference, Amazon Bedrock (resource types of InvokeModel and of the Get actions), and
# the user guide's pages on service roles of judge and automatic evaluation jobs.
ACCESS: Final = {
    # Any Region, and none: a cross-Region profile invokes the model where it has room, and a global profile's model ARN
    # has an empty Region. Foundation models belong to no account.
    ModelKind.FOUNDATION_MODEL: Access(("arn:{partition}:bedrock:*::foundation-model/*",)),
    ModelKind.INFERENCE_PROFILE: Access((_OWN + "inference-profile/*",), "bedrock:GetInferenceProfile"),
    ModelKind.APPLICATION_INFERENCE_PROFILE: Access(
        (_OWN + "application-inference-profile/*",), "bedrock:GetInferenceProfile"
    ),
    ModelKind.PROVISIONED_MODEL: Access((_OWN + "provisioned-model/*",), "bedrock:GetProvisionedModelThroughput"),
    # A custom model answers through its deployment; the job itself may be created on the model.
    ModelKind.CUSTOM_MODEL: Access(
        (_OWN + "custom-model/*",), "bedrock:GetCustomModel", invoked=(_OWN + "custom-model-deployment/*",)
    ),
    ModelKind.IMPORTED_MODEL: Access((_OWN + "imported-model/*",), "bedrock:GetImportedModel"),
    ModelKind.PROMPT_ROUTER: Access(
        (_OWN + "default-prompt-router/*", _OWN + "prompt-router/*"), "bedrock:GetPromptRouter"
    ),
    ModelKind.SAGEMAKER_ENDPOINT: Access(("arn:{partition}:sagemaker:{region}:{account}:endpoint/*",)),
}


def arns(stack: cdk.Stack, kinds: Iterable[ModelKind], use: Use = Use.JOB) -> list[str]:
    """The ARN patterns that this use of those kinds needs, in the stack's partition, Region and account."""
    return [
        pattern.format(partition=stack.partition, region=stack.region, account=stack.account)
        for kind in kinds
        for pattern in ACCESS[kind].of(use)
    ]
