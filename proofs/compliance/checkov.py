"""checkov over a template; it has an environment of its own, and fetches nothing."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from proofs.compliance.findings import Finding
from proofs.scanners import ScannerError, scan

if TYPE_CHECKING:
    from collections.abc import Mapping

_ARGUMENTS: Final = ("--framework", "cloudformation", "--skip-download", "--quiet", "--compact", "--output", "json")


@dataclass(frozen=True)
class Answer:
    """What checkov found, and how many checks passed."""

    findings: tuple[Finding, ...]
    passed: int


def checkov(template: Mapping[str, Any]) -> Answer:
    """Run checkov. Raises ScannerError when it could not read the template, or not all of its resources."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.json"
        file.write_text(json.dumps(template), encoding="utf-8")
        # 1 says that a check failed; what of that is acknowledged is decided here.
        printed = scan("checkov", ["--file", str(file), *_ARGUMENTS], answers=frozenset({0, 1}))
    return read_answer(json.loads(printed), resources=len(template["Resources"]))


def read_answer(answer: Mapping[str, Any], *, resources: int) -> Answer:
    """The findings in checkov's JSON about a template of so many resources."""
    summary = answer["summary"]
    if summary["parsing_errors"] or summary["resource_count"] < resources:
        raise ScannerError(f"checkov read {summary['resource_count']} of {resources} resources: {summary}")
    findings = tuple(
        Finding(f"Checkov::{one['check_id']}", one["resource"].partition(".")[2], one["check_name"])
        for one in answer["results"]["failed_checks"]
    )
    return Answer(findings, summary["passed"])
