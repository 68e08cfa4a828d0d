"""A bucket that is a folder, and a table that holds one evaluation's head: what PlanEvaluation uses of AWS, on disk."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from gavel.aws.storage import Bucket
from gavel.aws.table import EvaluationTable


@dataclass(frozen=True)
class FolderBucket(Bucket):
    """Objects as files below the folder that the bucket's name is."""

    def open(self, key: str, version: str | None = None) -> BinaryIO | None:  # noqa: ARG002 - has one version of each
        """The object as a stream, or None when there is no such object."""
        path = Path(self.name, key)
        return path.open("rb") if path.is_file() else None

    def version(self, key: str, version: str | None = None) -> str | None:  # noqa: ARG002 - has one version of each
        """`null`, or None when there is no such object."""
        return "null" if Path(self.name, key).is_file() else None

    def metadata(self, key: str, version: str | None = None) -> dict[str, str]:  # noqa: ARG002 - a file has none
        """No metadata."""
        return {}

    def put(self, key: str, data: bytes, *, content_type: str) -> str:  # noqa: ARG002 - a file has none
        """Write an object, whose version is `null`."""
        path = Path(self.name, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return "null"

    def fetch(self, key: str, path: Path) -> None:
        """Copy an object into a file."""
        shutil.copyfile(Path(self.name, key), path)


@dataclass(frozen=True)
class HeadTable(EvaluationTable):
    """One evaluation's head; what is noted about it goes into `notes`."""

    name: str = "head"
    heads: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)

    def head(self, evaluation: str) -> dict[str, Any] | None:
        """The head, or None."""
        return self.heads.get(evaluation)

    def note(self, evaluation: str, facts: Any) -> None:
        """Add facts."""
        self.notes.append({"evaluation": evaluation, **facts})

    def advance(self, evaluation: str, status: Any, *, now: str, facts: Any = None) -> bool:
        """Set the status."""
        self.notes.append(
            {"evaluation": evaluation, "status": status, "at": now, **json.loads(json.dumps(facts or {}))}
        )
        return True

    def note_before_end(self, evaluation: str, facts: Any) -> bool:
        """Add facts."""
        self.note(evaluation, facts)
        return True
