"""The role that Bedrock takes on: who may assume it, and what it may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gavel.aws import clients
from gavel.aws.diagnosis.asking import answered
from gavel.aws.failures import ClientError, code_of
from gavel.diagnosis.finding import REVERT, Finding, problem
from gavel.diagnosis.permissions import PERMISSIONS, Decision, Need, permission_findings
from gavel.diagnosis.trust import TRUST, trust

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOUNDARY: Final = ("PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary", "a permissions boundary")
_ORGANIZATION: Final = ("OrganizationsDecisionDetail", "AllowedByOrganizations", "a policy of the organization")


def look_at_trust(role_arn: str, region: str) -> Iterator[Finding]:
    """Whether Bedrock may assume the role for this account's jobs in that Region."""

    def check() -> Iterator[Finding]:
        partition, account = (role_arn.split(":")[index] for index in (1, 4))
        try:
            # The policy comes parsed: botocore decodes every policy document of IAM.
            role = clients.iam().get_role(RoleName=role_arn.rpartition("/")[2])["Role"]
        except ClientError as error:
            if code_of(error) != "NoSuchEntity":
                raise
            yield problem(TRUST, f"the role {role_arn} does not exist", REVERT)
            return
        yield trust(role["AssumeRolePolicyDocument"], account=account, region=region, partition=partition)

    return answered(TRUST, "iam:GetRole", check)


def look_at_permissions(role_arn: str, needs: list[Need]) -> Iterator[Finding]:
    """What IAM decides on everything that an evaluation needs, from the role's policies and the limits on them.

    Policies of buckets and keys are no part of it, nor service control policies with conditions (IAM API reference,
    SimulatePrincipalPolicy).
    """

    def check() -> Iterator[Finding]:
        try:
            decisions = [decision for need in needs for decision in _decisions(role_arn, need)]
        except ClientError as error:
            if code_of(error) != "NoSuchEntity":
                raise
            yield problem(PERMISSIONS, f"the role {role_arn} does not exist", REVERT)
            return
        yield from permission_findings(decisions)

    return answered(PERMISSIONS, "iam:SimulatePrincipalPolicy", check)


def _decisions(role_arn: str, need: Need) -> Iterator[Decision]:
    """One call for each resource: the simulator would try every action on every resource of a call."""
    pages = (
        clients.iam()
        .get_paginator("simulate_principal_policy")
        .paginate(PolicySourceArn=role_arn, ActionNames=list(need.actions), ResourceArns=[need.resource])
    )
    for page in pages:
        for result in page["EvaluationResults"]:
            yield Decision(need.resource, result["EvalActionName"], result["EvalDecision"], _limit(result))


def _limit(result: dict[str, Any]) -> str | None:
    for detail, allowed, limit in (_ORGANIZATION, _BOUNDARY):
        if result.get(detail, {}).get(allowed) is False:
            return limit
    return None
