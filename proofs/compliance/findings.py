"""What rule packs and linters say: findings, and the notes on constructs that acknowledge them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, order=True)
class Note:
    """An acknowledgement: the finding's id with its pack, the path of the construct that bears it, the reason."""

    id: str
    at: str
    reason: str

    @property
    def pack(self) -> str:
        """The pack, such as `AwsSolutions`."""
        return self.id.partition("::")[0]


@dataclass(frozen=True)
class Checked:
    """Findings that nobody acknowledged, as sentences, and how often each note was used."""

    open: tuple[str, ...]
    used: Mapping[Note, int] = field(default_factory=dict)

    def __add__(self, other: Checked) -> Checked:
        """Both together."""
        return Checked((*self.open, *other.open), dict(Counter(self.used) + Counter(other.used)))


@dataclass(frozen=True)
class Finding:
    """What a linter found at the resource of that logical id."""

    id: str
    logical_id: str
    text: str


def settle(findings: Iterable[Finding], notes: Mapping[str, Mapping[str, Note]]) -> Checked:
    """Hold findings against the notes of their resources (logical id → finding's id → note)."""
    still_open: list[str] = []
    used: Counter[Note] = Counter()
    for finding in findings:
        note = notes.get(finding.logical_id, {}).get(finding.id)
        if note is None:
            still_open.append(f"{finding.id} at {finding.logical_id}: {finding.text}")
        else:
            used[note] += 1
    return Checked(tuple(still_open), dict(used))
