"""A copy of the sources in which mutants are tried: the sources themselves are never touched."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proofs.mutants.mutant import Mutant

ROOT: Final = Path(__file__).resolve().parents[2]
LIMIT_SECONDS: Final = 120.0
_ALL_SECONDS: Final = 1200.0
_PYTEST: Final = "pytest "
_TOOLS: Final = (".venv", "node_modules")
_FAILED: Final = 1  # pytest, import-linter and our own commands say so; anything else is no verdict


class Fate(StrEnum):
    """What became of a mutant."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    NO_VERDICT = "no verdict"  # the check itself could not run


@dataclass
class Trial:
    """One copy, for one mutant at a time; `sound` are checks that were seen to pass without any."""

    folder: Path
    sound: set[str] = field(default_factory=set)

    @classmethod
    def copied(cls, folder: Path, root: Path = ROOT) -> Trial:
        """Copy all files that are the repository's; the tools are those of the original."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the caller's git
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout
        for name in filter(None, listed.decode().split("\0")):
            source, target = root / name, folder / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
        for tool in _TOOLS:
            (folder / tool).symlink_to(root / tool)
        return cls(folder)

    def of(self, mutant: Mutant) -> tuple[Fate, str]:
        """Apply a mutant, run its check, and take the mutant out again; the fate, and the end of what was said."""
        if mutant.check not in self.sound:
            code, said = self.run(mutant.check)
            if code != 0:
                return Fate.NO_VERDICT, f"without the mutant it ends with {code}: {said}"
            self.sound.add(mutant.check)
        file = self.folder / mutant.file
        before = file.read_text(encoding="utf-8")
        file.write_text(mutant.applied(before), encoding="utf-8")
        try:
            code, said = self.run(mutant.check)
        finally:
            file.write_text(before, encoding="utf-8")
        fate = {0: Fate.SURVIVED, _FAILED: Fate.CAUGHT}.get(code, Fate.NO_VERDICT)
        return fate, said

    def find_sound(self, checks: Iterable[str]) -> None:
        """See that pytest's checks pass without any mutant, all at once: starting pytest is what takes long."""
        ours = sorted({check for check in checks if check.startswith(_PYTEST)})
        nodes = " ".join(shlex.quote(check.removeprefix(_PYTEST)) for check in ours)
        if ours and self.run(_PYTEST + nodes, _ALL_SECONDS)[0] == 0:
            self.sound.update(ours)

    def run(self, check: str, limit: float = LIMIT_SECONDS) -> tuple[int, str]:
        """Exit code of a check in this copy, and the end of what it said; 124 for one that took too long."""
        words = shlex.split(check)
        if words[0] == "pytest":
            words = ["python", "-m", *words, "-q", "-x", "-p", "no:cacheprovider"]
        if words[0] == "python":
            words[0] = sys.executable
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "PYTHONPATH": os.pathsep.join((".", "lambdas", "cli")),
            # A mutant may have the size and the second of what it replaces: byte code would hide it.
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        try:
            done = subprocess.run(
                words,
                cwd=self.folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return 124, f"took more than {limit:.0f} s"
        return done.returncode, done.stdout[-2000:]
