"""Problems of a YAML file, collected in any order and told in the order of its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gavel.problems import Problem, Problems

if TYPE_CHECKING:
    from gavel.suites.yaml_positions import Document, Path


class Findings:
    """Problems of one file, put in the order of its lines at the end."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Problem] = []
        self.document: Document | None = None

    def add(self, line: int | None, path: Path, reason: str, remedy: str) -> None:
        """Report a problem at a path of the file."""
        column = None
        # A key that stands twice has the line of the second, and the document knows the first.
        if self.document is not None and line is not None and self.document.line_of(path) == line:
            column = self.document.column_of(path)
        self.found.append(Problem(self.file, line, field_path(path), reason, remedy, column=column))

    def problems(self) -> Problems:
        """All problems."""
        problems = Problems()
        for problem in sorted(self.found, key=lambda one: (one.line or 0, one.field or "")):
            problems.add(problem)
        return problems


def field_path(path: Path) -> str | None:
    """`("generators", 1, "model")` as `generators[1].model`; None for the file itself."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or None
