"""Seeded mutants: our own code with one thing broken, and the check that has to notice it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SEEDED: Final = Path(__file__).parent / "seeded"


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change of one file: `old` stands in it exactly once, and `new` comes in its place.

    `breaks` says what follows for people. `check` is the command that fails with it and passes without: a pytest node,
    or a part of `make check`. `group` is the name of the file that seeds it.
    """

    group: str
    name: str
    breaks: str
    file: str
    old: str
    new: str
    check: str

    def applied(self, text: str) -> str:
        """The file's text with the change; raises ValueError when the patch is not for this text any more."""
        if text.count(self.old) != 1 or self.old == self.new:
            raise ValueError(f"{self.name}: its old text stands {text.count(self.old)} times in {self.file}, not once")
        return text.replace(self.old, self.new)


def seeded(folder: Path = SEEDED) -> tuple[Mutant, ...]:
    """All mutants, in the order of their files' names."""
    return tuple(
        Mutant(group=file.stem, **entry)
        for file in sorted(folder.glob("*.toml"))
        for entry in tomllib.loads(file.read_text(encoding="utf-8"))["mutant"]
    )
