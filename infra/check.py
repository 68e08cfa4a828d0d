"""Checks the template against rule packs and a linter: `python -m infra.check`; exits with 1 when there is a finding.

Packs: cdk-nag's AwsSolutions and Serverless. What they find is mended, or acknowledged on its construct with a reason;
the acknowledged findings are counted, and `infra/acknowledgements.json` holds the counts, so that a new one shows in a
review.
`python -m infra.check --write` writes that file anew.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from cfnlint.api import ManualArgs, lint  # type: ignore[import-untyped]  # cfn-lint ships no types

from infra.config import EnvironmentConfig
from infra.placeholder import PlaceholderCode
from infra.stack import GavelStack

if TYPE_CHECKING:
    from collections.abc import Mapping

ACKNOWLEDGEMENTS: Final = Path(__file__).parent / "acknowledgements.json"

# Rules of cfn-lint that are wrong about this template, each with the reason.
IGNORED_RULES: Final[Mapping[str, str]] = {
    "I1022": "a matter of taste about Fn::Join, which the CDK writes everywhere",
    "W3005": "the CDK has functions wait for role and policy by name; that the role alone is implied does no harm",
    "E3601": "its schema takes no JSONata expression for MaxConcurrency; the state machine's own linter reads it",
}


@dataclass(frozen=True)
class Report:
    """What the rule packs found: open findings as text, and acknowledged ones counted by rule."""

    findings: tuple[str, ...]
    acknowledged: Mapping[str, int]
    reasons: tuple[str, ...]


def rule_packs(config: EnvironmentConfig) -> Report:
    """Run both packs over the stack of `config`."""
    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=folder)
        GavelStack(app, config=config, source=PlaceholderCode(config.architecture))
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
        report_file = Path(folder) / "validation-report.json"
        try:
            app.synth()
        except RuntimeError:
            # A finding ends synthesis with an error that says less than the report; any other error left no report.
            if not report_file.is_file():
                raise
        reports = json.loads(report_file.read_text(encoding="utf-8"))["pluginReports"]
    packs = {report["pluginName"] for report in reports}
    if packs < {"AwsSolutions", "Serverless"}:
        raise RuntimeError(f"a rule pack did not run: the report has only {sorted(packs)}")
    findings = [
        f"{violation['ruleName']} at {construct['constructPath']}: {violation['description']}"
        for report in reports
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
    ]
    suppressed = [violation for report in reports for violation in report.get("suppressedViolations", ())]
    counts = Counter(
        f"{violation['acknowledgedId']} at {violation['acknowledgedAt'].partition('/')[2]}" for violation in suppressed
    )
    return Report(tuple(findings), dict(sorted(counts.items())), tuple(item["reason"] for item in suppressed))


def template(config: EnvironmentConfig) -> dict[str, Any]:
    """The synthesised template of `config`, without bundles."""
    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=folder)
        stack = GavelStack(app, config=config, source=PlaceholderCode(config.architecture))
        content = app.synth().get_stack_by_name(stack.stack_name).template
    return dict(content)


def with_plain_definition(content: Mapping[str, Any]) -> dict[str, Any]:
    """The template with the state machine's substitutions filled in, so that a linter can read its definition."""
    copy: dict[str, Any] = json.loads(json.dumps(content))
    for resource in copy["Resources"].values():
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            properties = resource["Properties"]
            definition = properties["DefinitionString"]
            for name, value in properties.pop("DefinitionSubstitutions").items():
                plain = value if isinstance(value, str) else f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
                definition = definition.replace("${" + name + "}", "aws" if name == "Partition" else plain)
            properties["DefinitionString"] = definition
    return copy


def cfn_lint(content: Mapping[str, Any]) -> list[str]:
    """Findings of cfn-lint, warnings and hints included, but for IGNORED_RULES."""
    settings = ManualArgs(include_checks=["I"], ignore_checks=list(IGNORED_RULES))
    matches = lint(json.dumps(with_plain_definition(content), indent=1), config=settings)
    return [f"{match.rule.id} line {match.linenumber}: {match.message}" for match in matches]


def main(arguments: list[str]) -> int:
    """Run everything, print the findings, and answer the exit code."""
    config = EnvironmentConfig(name="production")
    report = rule_packs(config)
    if "--write" in arguments:
        ACKNOWLEDGEMENTS.write_text(json.dumps(report.acknowledged, indent=2) + "\n", encoding="utf-8")
    known = json.loads(ACKNOWLEDGEMENTS.read_text(encoding="utf-8")) if ACKNOWLEDGEMENTS.is_file() else {}
    findings = [*report.findings, *cfn_lint(template(config))]
    if known != report.acknowledged:
        changed = sorted(dict(set(known.items()) ^ set(report.acknowledged.items())))
        findings.append(f"{ACKNOWLEDGEMENTS.name} is not what was acknowledged; review and --write it: {changed}")
    for finding in findings:
        sys.stdout.write(finding + "\n")
    total = sum(report.acknowledged.values())
    sys.stdout.write(f"template: {len(findings)} findings, {total} acknowledged with a reason\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
