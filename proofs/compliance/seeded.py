"""Defects put in on purpose: a check that does not find them has found nothing elsewhere either."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from infra.config import EnvironmentConfig
from proofs.compliance.checkov import checkov
from proofs.compliance.linter import cfn_lint
from proofs.compliance.stack import build

import aws_cdk as cdk  # isort: skip - after `infra`, which finds Node for it

if TYPE_CHECKING:
    from collections.abc import Mapping

_BARE: Final = "a bucket without a single property"
_HALF: Final = "a function without tracing, dead letters and network"
# The finding that has to come, and the defect.
SEEDED: Final[Mapping[str, str]] = {
    "AwsSolutions::AwsSolutions-S10": _BARE,
    "NIST.800.53.R5::NIST.800.53.R5-S3BucketVersioningEnabled": _BARE,
    "HIPAA.Security::HIPAA.Security-S3BucketVersioningEnabled": _BARE,
    "PCI.DSS.321::PCI.DSS.321-S3BucketVersioningEnabled": _BARE,
    "Serverless::Serverless-LambdaTracing": _HALF,
    "NIST.800.53.R5::NIST.800.53.R5-LambdaInsideVPC": _HALF,
    "CfnLint::E3030": "a table with a billing mode that does not exist",
    "Checkov::CKV_AWS_53": "the bucket open to public access lists",
}


def missed(template: Mapping[str, Any]) -> list[str]:
    """A sentence for each defect that its check did not find."""
    found = {
        sentence.partition(" at ")[0] for sentence in build(EnvironmentConfig(name="production"), spoil).packs.open
    }
    found |= {finding.id for finding in cfn_lint(_spoilt(template))}
    found |= {finding.id for finding in checkov(_spoilt(template)).findings}
    return [f"seeded {what} gave no {finding}" for finding, what in SEEDED.items() if finding not in found]


def spoil(stack: cdk.Stack) -> None:
    """Put in resources that every pack has something to say about."""
    cdk.aws_s3.CfnBucket(stack, "BareBucket")
    cdk.aws_lambda.CfnFunction(
        stack,
        "HalfFunction",
        code=cdk.aws_lambda.CfnFunction.CodeProperty(zip_file="pass"),
        role="arn:aws:iam::123456789012:role/some",
        handler="index.handler",
        runtime="python3.13",
    )


def _spoilt(template: Mapping[str, Any]) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(template))
    for resource in copy["Resources"].values():
        if resource["Type"] == "AWS::DynamoDB::Table":
            resource["Properties"]["BillingMode"] = "PAY_NEVER"
        if resource["Type"] == "AWS::S3::Bucket":
            del resource["Properties"]["PublicAccessBlockConfiguration"]
    return copy
