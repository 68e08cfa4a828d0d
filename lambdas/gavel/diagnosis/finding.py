"""What a check found: one line for a person, one object for a program."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


# A deployment changes nothing that only somebody's hand has changed, unless it is told to look (CloudFormation user
# guide, drift-aware change sets).
REVERT: Final = "`npx cdk deploy --revert-drift`, which brings the resource back to what the template says"


class Level(StrEnum):
    """How bad a finding is; SKIPPED says nothing about the thing itself, only that it could not be looked at."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """What one check found. `name` says what was looked at, `remedy` the command or setting that mends it."""

    name: str
    level: Level
    text: str
    remedy: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The finding as `gavel doctor --json` shows it."""
        return asdict(self)


def ok(name: str, text: str) -> Finding:
    """Nothing to do."""
    return Finding(name, Level.OK, text)


def warning(name: str, text: str, remedy: str) -> Finding:
    """An evaluation runs, but not as it should."""
    return Finding(name, Level.WARNING, text, remedy)


def problem(name: str, text: str, remedy: str) -> Finding:
    """An evaluation would fail, or its results could not be relied on."""
    return Finding(name, Level.PROBLEM, text, remedy)


def skipped(name: str, text: str, remedy: str | None = None) -> Finding:
    """It could not be looked at."""
    return Finding(name, Level.SKIPPED, text, remedy)


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings there are of each level, in the order of `Level`."""
    found = Counter(finding.level for finding in findings)
    return {level.value: found[level] for level in Level}
