"""Permissions as values: what is allowed on what, and why where a resource holds a wildcard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from infra.acknowledge import acknowledge, in_packs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_INLINE = (
    "Each policy belongs to one role, names that role's resources, and has to go with it. A managed policy could be "
    "attached to somebody else, and would be looked for in another place than the role."
)


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One statement of a role's policy; `wildcard` says why a resource with `*` cannot be named more narrowly.

    Raises ValueError for an action with a wildcard, and for a wildcard resource without a reason or the reverse.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, Any]] | None = None
    wildcard: str | None = None

    def __post_init__(self) -> None:
        if any("*" in action for action in self.actions):
            raise ValueError(f"{self.sid} allows actions by wildcard: name each")
        if any("*" in resource for resource in self.resources) != bool(self.wildcard):
            raise ValueError(f"{self.sid}: a wildcard resource needs a reason, and a reason needs a wildcard resource")


def give(role: iam.Role, grants: Iterable[Grant]) -> None:
    """Put the grants into the role's policy, and acknowledge each wildcard resource on the role with its reason."""
    reasons: dict[str, list[str]] = {}
    for grant in grants:
        role.add_to_policy(
            iam.PolicyStatement(
                sid=grant.sid,
                actions=list(grant.actions),
                resources=list(grant.resources),
                conditions=dict(grant.conditions) if grant.conditions else None,
            )
        )
        for resource in grant.resources:
            if grant.wildcard and "*" in resource:
                reasons.setdefault(_shown(role, resource), []).append(f"{grant.sid}: {grant.wildcard}")
    acknowledge(
        role,
        {
            f"AwsSolutions::AwsSolutions-IAM5[Resource::{resource}]": " ".join(dict.fromkeys(lines))
            for resource, lines in reasons.items()
        }
        | in_packs("IAMNoInlinePolicy", _INLINE),
    )


def _shown(role: iam.Role, resource: str) -> str:
    """The resource as the rule packs show it: `<LogicalId.Arn>/*` for what CloudFormation fills in."""
    resolved = cdk.Stack.of(role).resolve(resource)
    parts = resolved["Fn::Join"][1] if isinstance(resolved, dict) and "Fn::Join" in resolved else [resolved]
    return "".join(part if isinstance(part, str) else _reference(part) for part in parts)


def _reference(intrinsic: Mapping[str, Any]) -> str:
    if "Ref" in intrinsic:
        return f"<{intrinsic['Ref']}>"
    logical_id, attribute = intrinsic["Fn::GetAtt"]
    return f"<{logical_id}.{attribute}>"
