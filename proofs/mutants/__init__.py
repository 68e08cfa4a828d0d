"""Breaks our own code in one place at a time, and looks whether the named check notices."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

from proofs.mutants.mutant import seeded
from proofs.mutants.trial import Fate, Trial
from proofs.pages import table
from proofs.proof import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from proofs.mutants.mutant import Mutant

# Each has a copy of the sources to itself.
AT_ONCE: Final = 2
GROUPS: Final = {
    "data": "Data of strangers",
    "failures": "Failures",
    "figures": "Figures",
    "identity": "What happens once",
    "order": "The state machine",
    "permissions": "Permissions and resources",
}


def prove(say: Callable[[str], None]) -> Result:
    """Try all mutants."""
    mutants = seeded()
    with tempfile.TemporaryDirectory(prefix="gavel-mutants-") as folder:
        fates = tried(mutants, Path(folder), say)
    caught = sum(fate is Fate.CAUGHT for fate, _ in fates)
    broken = [
        f"the mutant `{mutant.name}` of {mutant.file} gets {fate} by `{mutant.check}`: {' '.join(said.split())[-300:]}"
        for mutant, (fate, said) in zip(mutants, fates, strict=True)
        if fate is not Fate.CAUGHT
    ]
    checks = len({mutant.check for mutant in mutants})
    figures = (f"{len(mutants)} mutants, {caught} caught", f"{checks} checks, each passing without its mutants")
    return Result(figures=figures, body=_body(mutants, fates), broken=tuple(broken))


def tried(mutants: Sequence[Mutant], folder: Path, say: Callable[[str], None]) -> list[tuple[Fate, str]]:
    """The fate of each mutant, and what its check said, in their order."""
    trials = [Trial.copied(folder / str(number)) for number in range(AT_ONCE)]
    trials[0].find_sound(mutant.check for mutant in mutants)
    free: SimpleQueue[Trial] = SimpleQueue()
    for trial in trials:
        trial.sound |= trials[0].sound
        free.put(trial)

    def one(mutant: Mutant) -> tuple[Fate, str]:
        trial = free.get()
        try:
            fate, said = trial.of(mutant)
        finally:
            free.put(trial)
        say(f"{fate}: {mutant.name} ({mutant.file})")
        return fate, said

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, mutants))


def _body(mutants: Sequence[Mutant], fates: Sequence[tuple[Fate, str]]) -> str:
    meaning = (
        "A mutant is our own code with one thing broken, in a copy of the sources. The check that is named beside it "
        "passes without the mutant and has to fail with it: by a failed assertion, not by code that cannot be read. "
        "`proofs/mutants/seeded` holds the patches; a test of the gate's sees that each still fits."
    )
    parts = [meaning]
    for group, title in GROUPS.items():
        rows = [
            (mutant.name, mutant.breaks, f"`{mutant.file}`", f"`{mutant.check}`", fate)
            for mutant, (fate, _) in zip(mutants, fates, strict=True)
            if mutant.group == group
        ]
        parts.append(f"## {title}\n\n{table(('mutant', 'what it breaks', 'file', 'check', 'fate'), rows)}")
    return "\n\n".join(parts)
