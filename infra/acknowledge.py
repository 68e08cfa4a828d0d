"""Acknowledges findings of rule packs and linters on the construct that they are about, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aws_cdk as cdk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import IConstruct

NIST: Final = "NIST.800.53.R5"
HIPAA: Final = "HIPAA.Security"
PCI: Final = "PCI.DSS.321"


def acknowledge(construct: IConstruct, findings: Mapping[str, str]) -> None:
    """Acknowledge findings (`Pack::Rule` or `Pack::Rule[Detail]` → reason) on `construct` and all below it.

    Packs are those of cdk-nag, and `Checkov` and `CfnLint` (`Checkov::CKV_AWS_117`), whose findings `proofs.compliance`
    holds against the same notes. Trap: an id without its pack (`AwsSolutions-S1`) silences the rule and leaves no trace
    in the validation report.
    """
    for finding, reason in findings.items():
        if "::" not in finding.partition("[")[0]:
            raise ValueError(f'acknowledge "{finding}" with its pack in front, as in "AwsSolutions::{finding}"')
        cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=finding, reason=reason))


def in_packs(rule: str, reason: str, *packs: str) -> dict[str, str]:
    """One reason for a rule that several packs have under the same name; without `packs` NIST's, HIPAA's and PCI's."""
    return {f"{pack}::{pack}-{rule}": reason for pack in packs or (NIST, HIPAA, PCI)}
