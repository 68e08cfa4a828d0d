"""Acknowledges findings of the rule packs on the construct that they are about, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import IConstruct


def acknowledge(construct: IConstruct, findings: Mapping[str, str]) -> None:
    """Acknowledge findings (`Pack::Rule` or `Pack::Rule[Detail]` → reason) on `construct` and all below it.

    Trap: an id without its pack (`AwsSolutions-S1`) silences the rule and leaves no trace in the validation report.
    """
    for finding, reason in findings.items():
        if "::" not in finding.partition("[")[0]:
            raise ValueError(f'acknowledge "{finding}" with its pack in front, as in "AwsSolutions::{finding}"')
        cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=finding, reason=reason))
