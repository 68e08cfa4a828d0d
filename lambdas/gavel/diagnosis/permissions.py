"""What Bedrock's service role has to be allowed for an evaluation, and what IAM's simulator said to it.

Source: Bedrock user guide, "Required service role permissions for creating a model evaluation job that uses a judge
model", as `infra.bedrock_role` grants it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gavel.diagnosis.finding import REVERT, Finding, ok, problem
from gavel.diagnosis.suite_models import PROFILES
from gavel.names.object_keys import EvaluationKeys
from gavel.suites.models import ModelIdentifier, ModelKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gavel.diagnosis.suite_models import Use

PERMISSIONS: Final = "role permissions"
# An evaluation that no suite can have: nothing is read or written, IAM only decides on the names of its keys.
_KEYS: Final = EvaluationKeys("doctor-0000000000000000")
_INVOKE: Final = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")


@dataclass(frozen=True)
class Need:
    """Actions on one resource that an evaluation fails without."""

    resource: str
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """What IAM decided on one action: `allowed`, `implicitDeny` or `explicitDeny`, and whose limit it was, if one's."""

    resource: str
    action: str
    decision: str
    limited_by: str | None = None


def file_needs(bucket: str, *, partition: str, key_arn: str | None = None) -> list[Need]:
    """What reading a plan and writing raw output takes, with the key of the bucket where it has one."""
    arn = f"arn:{partition}:s3:::{bucket}"
    needs = [
        Need(f"{arn}/{_KEYS.shard('live', 0)}", ("s3:GetObject",)),
        Need(arn, ("s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads")),
        Need(f"{arn}/{_KEYS.bedrock}a_output.jsonl", ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject")),
    ]
    if key_arn:
        needs.append(Need(key_arn, ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")))
    return needs


def model_arn(model: ModelIdentifier, *, partition: str, region: str, account: str) -> str:
    """The ARN of what an identifier names, seen from that account and Region."""
    if model.text.startswith("arn:"):
        return model.text
    owner = "" if model.kind is ModelKind.FOUNDATION_MODEL else account
    return f"arn:{partition}:bedrock:{region}:{owner}:{model.kind.value}/{model.text}"


def model_needs(use: Use, *, own: str, arns: Iterable[str]) -> list[Need]:
    """What calling a model takes. `own` is the ARN of what the suite names, `arns` the models behind a profile.

    A cross-Region profile needs the profile and its foundation model in every Region that it may go to (Bedrock user
    guide, "Prerequisites for inference profiles").
    """
    if use.model.kind is ModelKind.SAGEMAKER_ENDPOINT:
        return [Need(own, ("sagemaker:InvokeEndpoint",))]
    if use.model.kind is ModelKind.FOUNDATION_MODEL:
        # Bedrock may answer the prompts of an evaluation job as a batch.
        return [Need(own, (*_INVOKE, "bedrock:CreateModelInvocationJob"))]
    if use.model.kind in PROFILES:
        return [Need(own, (*_INVOKE, "bedrock:GetInferenceProfile")), *(Need(arn, _INVOKE) for arn in arns)]
    return [Need(own, _INVOKE)]


def merged(needs: Iterable[Need]) -> list[Need]:
    """The needs with each resource once: a model may be named by itself and stand behind a profile."""
    actions: dict[str, dict[str, None]] = defaultdict(dict)
    for need in needs:
        actions[need.resource] |= dict.fromkeys(need.actions)
    return [Need(resource, tuple(wanted)) for resource, wanted in actions.items()]


def permission_findings(decisions: list[Decision]) -> list[Finding]:
    """A problem for each set of actions that the role may not do where it has to, or one line that it may do all."""
    refused: dict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        if decision.decision != "allowed":
            refused[decision.resource].append(decision)
    resources = {decision.resource for decision in decisions}
    if not refused:
        return [ok(PERMISSIONS, f"IAM allows the role {len(decisions)} actions on {len(resources)} resources")]
    if all(one.decision == "implicitDeny" and not one.limited_by for one in decisions):
        text = f"IAM allows the role nothing: none of {len(decisions)} actions on {len(resources)} resources"
        return [problem(PERMISSIONS, text, REVERT)]
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for resource, found in refused.items():
        groups[(", ".join(one.action for one in found), *_cause(found))].append(resource)
    return [
        problem(PERMISSIONS, f"IAM does not allow the role {actions} on {', '.join(where)}{cause}", remedy)
        for (actions, cause, remedy), where in groups.items()
    ]


def _cause(found: list[Decision]) -> tuple[str, str]:
    limits = " and ".join(sorted({one.limited_by for one in found if one.limited_by}))
    if limits:
        return f": {limits} forbids it", f"have {limits} allow it"
    if any(one.decision == "explicitDeny" for one in found):
        return ": a policy denies it", "take the Deny out of the policies of the role"
    return "", REVERT
