"""Everything over one stack: rule packs, cfn-lint and, where it is installed, checkov."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofs.compliance.checkov import checkov
from proofs.compliance.findings import Checked, settle
from proofs.compliance.linter import cfn_lint
from proofs.compliance.stack import PACKS, Built, build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.config import EnvironmentConfig
    from proofs.compliance.findings import Note

WITHOUT_CHECKOV = frozenset({*PACKS, "CfnLint"})
CHECKS = (*PACKS, "CfnLint", "Checkov")


@dataclass(frozen=True)
class Trial:
    """What all checks say of one stack; `passed` counts checkov's checks that held."""

    built: Built
    checked: Checked
    passed: int

    @property
    def unused(self) -> list[str]:
        """A sentence for each note that acknowledges nothing: what it was about is mended, or it never was right."""
        return unused(self.built.all_notes, self.checked.used)


def try_all(config: EnvironmentConfig) -> Trial:
    """Run everything."""
    built = build(config)
    answer = checkov(built.template)
    return Trial(built, without_checkov(built) + settle(answer.findings, built.notes), answer.passed)


def without_checkov(built: Built) -> Checked:
    """What the packs and cfn-lint say: all that needs no environment besides the developer's."""
    return built.packs + settle(cfn_lint(built.template), built.notes)


def unused(notes: frozenset[Note], used: Mapping[Note, int]) -> list[str]:
    """A sentence for each note that is not used."""
    return [
        f"{note.id} at {note.at or 'the stack'} acknowledges nothing; take it away"
        for note in sorted(notes - set(used))
    ]
