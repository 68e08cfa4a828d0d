"""The checked-in list of acknowledged findings: `acknowledgements.json`, a line for each finding and reason.

The proof writes it, and the fast tests compare it with what is on the constructs, so that a new one shows in a review.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from proofs.compliance.findings import Note

if TYPE_CHECKING:
    from collections.abc import Mapping

type Lists = Mapping[str, Mapping[Note, int]]  # by the name of the settings

FILE: Final = Path(__file__).parent / "acknowledgements.json"


def as_text(lists: Lists) -> str:
    """The file's text: settings → one line for each finding and reason, with path → count."""
    parts = []
    for name, used in lists.items():
        places: dict[tuple[str, str], dict[str, int]] = {}
        for note, count in sorted(used.items()):
            places.setdefault((note.id, note.reason), {})[note.at] = count
        lines = [
            json.dumps({"finding": finding, "reason": reason, "at": at}, ensure_ascii=False)
            for (finding, reason), at in places.items()
        ]
        parts.append(f"{json.dumps(name)}: [\n" + ",\n".join(lines) + "\n]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def read(file: Path = FILE) -> dict[str, dict[Note, int]]:
    """What the file holds; nothing where there is none yet."""
    if not file.is_file():
        return {}
    return {
        name: {Note(line["finding"], at, line["reason"]): count for line in lines for at, count in line["at"].items()}
        for name, lines in json.loads(file.read_text(encoding="utf-8")).items()
    }


def differences(kept: Lists, found: Lists, *, packs: frozenset[str] | None = None) -> list[str]:
    """A sentence for each finding that is acknowledged in one list only, or elsewhere more often; only of `packs`."""
    sentences = []
    for name in sorted({*kept, *found}):
        sides = [
            {(note, count) for note, count in lists.get(name, {}).items() if packs is None or note.pack in packs}
            for lists in (kept, found)
        ]
        for words, changed in (
            ("is listed and not found", sides[0] - sides[1]),
            ("is not listed", sides[1] - sides[0]),
        ):
            sentences += [f"{name}: {note.id} at {note.at} ({count}) {words}" for note, count in sorted(changed)]
    return sentences
