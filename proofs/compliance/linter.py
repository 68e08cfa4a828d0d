"""cfn-lint over a template, with warnings and hints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cfnlint.api import ManualArgs, lint  # type: ignore[import-untyped]  # cfn-lint ships no types

from proofs.compliance.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping


def cfn_lint(template: Mapping[str, Any]) -> list[Finding]:
    """All that cfn-lint finds; what is not about a resource is at `the template`."""
    settings = ManualArgs(include_checks=["I"])
    matches = lint(json.dumps(_with_plain_definition(template), indent=1), config=settings)
    return [Finding(f"CfnLint::{match.rule.id}", _resource(match.path), match.message) for match in matches]


def _resource(path: list[str | int] | None) -> str:
    return str(path[1]) if path and len(path) > 1 and path[0] == "Resources" else "the template"


def _with_plain_definition(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template with the state machine's substitutions filled in, so that a linter can read its definition."""
    copy: dict[str, Any] = json.loads(json.dumps(template))
    for resource in copy["Resources"].values():
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            properties = resource["Properties"]
            definition = properties["DefinitionString"]
            for name, value in properties.pop("DefinitionSubstitutions").items():
                plain = value if isinstance(value, str) else f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
                definition = definition.replace("${" + name + "}", "aws" if name == "Partition" else plain)
            properties["DefinitionString"] = definition
    return copy
