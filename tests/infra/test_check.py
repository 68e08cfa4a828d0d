"""The rule packs and the linter over the whole template."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import infra.check
from infra.config import EnvironmentConfig, Removal

if TYPE_CHECKING:
    from tests.infra.template import Synthesised


@pytest.fixture(scope="module")
def report() -> infra.check.Report:
    return infra.check.rule_packs(EnvironmentConfig(name="production"))


def test_no_finding_of_the_rule_packs_is_open(report: infra.check.Report) -> None:
    assert report.findings == ()


def test_acknowledged_findings_are_the_checked_in_ones(report: infra.check.Report) -> None:
    known = json.loads(infra.check.ACKNOWLEDGEMENTS.read_text(encoding="utf-8"))
    assert dict(report.acknowledged) == known


def test_every_acknowledged_finding_has_a_reason(report: infra.check.Report) -> None:
    assert report.reasons
    assert [reason for reason in report.reasons if len(reason) < 40] == []


def test_a_customers_key_and_other_settings_open_no_finding() -> None:
    config = EnvironmentConfig(name="production", customer_key="create", removal=Removal.DESTROY, cors_origins=())
    assert infra.check.rule_packs(config).findings == ()


def test_the_linter_finds_nothing(production: Synthesised) -> None:
    assert infra.check.cfn_lint(production.content) == []


def test_the_linter_would_find_a_wrong_property(production: Synthesised) -> None:
    broken = json.loads(json.dumps(production.content))
    for resource in broken["Resources"].values():
        if resource["Type"] == "AWS::DynamoDB::Table":
            resource["Properties"]["BillingMode"] = "PAY_NEVER"
    assert any("PAY_NEVER" in finding for finding in infra.check.cfn_lint(broken))
