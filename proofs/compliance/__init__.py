"""Rule packs and linters over the template: nothing is found that is not acknowledged where it stands, with a reason.

`python -m proofs.compliance` writes the list of acknowledged findings anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofs.compliance import acknowledged
from proofs.compliance.page import body, figures
from proofs.compliance.seeded import missed
from proofs.compliance.settings import DEFAULTS, SETTINGS
from proofs.compliance.trial import try_all
from proofs.proof import Result

if TYPE_CHECKING:
    from collections.abc import Callable


def prove(say: Callable[[str], None]) -> Result:
    """Run everything over the defaults and over every option at once, and hold it against the list."""
    trials = {}
    for name, config in SETTINGS.items():
        trials[name] = try_all(config)
        counted = trials[name].checked
        say(f"{name}: {len(counted.open)} findings open, {sum(counted.used.values())} acknowledged")
    broken = [
        f"{name}: {sentence}"
        for name, trial in trials.items()
        for sentence in (
            *(f"{finding}; mend it, or acknowledge it on its construct" for finding in trial.checked.open),
            *trial.unused,
        )
    ]
    broken += missed(trials[DEFAULTS].built.template)
    say("seeded defects looked for")
    changed = acknowledged.differences(
        acknowledged.read(), {name: trial.checked.used for name, trial in trials.items()}
    )
    broken += [f"{sentence}; review it and run `python -m proofs.compliance`" for sentence in changed]
    return Result(figures=figures(trials), body=body(trials), broken=tuple(broken))
