"""Builds a stack, runs the rule packs of cdk-nag over it, and keeps what the other checks need: template and notes."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from infra.placeholder import PlaceholderCode
from infra.stack import GavelStack
from proofs.compliance.findings import Checked, Note

import aws_cdk as cdk  # isort: skip - after `infra`, which finds Node for it
import cdk_nag  # isort: skip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from constructs import IConstruct

    from infra.config import EnvironmentConfig

# By the names that their reports have.
PACKS: Final[Mapping[str, Callable[[cdk.App], cdk.IPolicyValidationPlugin]]] = {
    "AwsSolutions": cdk_nag.AwsSolutionsChecks,
    "Serverless": cdk_nag.ServerlessChecks,
    "NIST.800.53.R5": cdk_nag.NIST80053R5Checks,
    "HIPAA.Security": cdk_nag.HIPAASecurityChecks,
    "PCI.DSS.321": cdk_nag.PCIDSS321Checks,
}
_NOTES: Final = "aws:cdk:acknowledged-rules"


@dataclass(frozen=True)
class Built:
    """A stack as the packs left it: the template, what they found, and the notes that hold for each resource.

    `notes` is logical id → finding's id → the note of the nearest construct; `all_notes` are those on any construct.
    """

    template: dict[str, Any]
    packs: Checked
    notes: Mapping[str, Mapping[str, Note]]
    all_notes: frozenset[Note]


def build(config: EnvironmentConfig, spoil: Callable[[cdk.Stack], None] | None = None) -> Built:
    """Synthesise the stack of `config` with all packs; `spoil` may put something wrong into it before.

    Raises RuntimeError when a pack did not run.
    """
    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=folder)
        stack = GavelStack(app, config=config, source=PlaceholderCode(config.architecture))
        if spoil:
            spoil(stack)
        cdk.Validations.of(app).add_plugins(*(pack(app) for pack in PACKS.values()))
        report = Path(folder) / "validation-report.json"
        try:
            app.synth()
        except RuntimeError:
            # A finding ends synthesis with an error that says less than the report; any other error left no report.
            if not report.is_file():
                raise
        template = json.loads((Path(folder) / f"{stack.stack_name}.template.json").read_text(encoding="utf-8"))
        packs = read_report(json.loads(report.read_text(encoding="utf-8")))
    by_resource, all_notes = _notes_of(stack)
    return Built(template, packs, by_resource, all_notes)


def read_report(report: Mapping[str, Any]) -> Checked:
    """What a validation report holds. Raises RuntimeError when it is not of all packs."""
    reports = report["pluginReports"]
    if missing := set(PACKS) - {one["pluginName"] for one in reports}:
        raise RuntimeError(f"rule packs did not run: {', '.join(sorted(missing))}")
    still_open = [
        f"{one['pluginName']}::{violation['ruleName']} at {_below_stack(construct['constructPath'])}: "
        f"{violation['description']}"
        for one in reports
        for violation in one["violations"]
        for construct in violation["violatingConstructs"]
    ]
    used = Counter(
        Note(item["acknowledgedId"], _below_stack(item["acknowledgedAt"]), item["reason"])
        for one in reports
        for item in one.get("suppressedViolations", ())
    )
    return Checked(tuple(still_open), dict(used))


def _notes_of(stack: cdk.Stack) -> tuple[dict[str, dict[str, Note]], frozenset[Note]]:
    """The notes that hold for each resource, and all: read from the constructs that bear them, the nearest first."""
    borne = {construct.node.path: dict(_borne_by(construct)) for construct in stack.node.find_all()}
    by_resource: dict[str, dict[str, Note]] = {}
    for construct in stack.node.find_all():
        if isinstance(construct, cdk.CfnResource):
            held: dict[str, Note] = {}
            for scope in construct.node.scopes:
                held |= borne.get(scope.node.path, {})
            by_resource[str(stack.resolve(construct.logical_id))] = held
    return by_resource, frozenset(note for notes in borne.values() for note in notes.values())


def _borne_by(construct: IConstruct) -> Iterator[tuple[str, Note]]:
    for entry in construct.node.metadata:
        if entry.type == _NOTES:
            for finding, reason in cast("Mapping[str, str]", entry.data).items():
                yield finding, Note(finding, _below_stack(construct.node.path), reason)


def _below_stack(path: str) -> str:
    """A construct's path without the stack's name, which is the environment's; empty for the stack itself."""
    return path.partition("/")[2]
