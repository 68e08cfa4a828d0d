"""The definition keeps its rules, and scenarios go through all of it; no emulator is needed for that."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofs import pages
from proofs.proof import Result
from proofs.state_machine import coverage, sizes
from proofs.state_machine.jsonata import Evaluations
from proofs.state_machine.rules import RULES
from tests.schedules.scripted import play_all
from tests.statemachine import definition
from tests.statemachine.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.statemachine.performance import Performance

ENGINE = "the second engine"


def prove(say: Callable[[str], None]) -> Result:
    """Hold the definition to its rules, and play every scenario on the machine of the simulation."""
    machine = definition.load()
    broken = [f"{rule.claim}: {finding}" for rule in RULES for finding in rule.check(machine)]
    say(f"playing {len(SCENARIOS)} scenarios")
    evaluations = Evaluations()
    with tempfile.TemporaryDirectory() as folder:
        performances = list(play_all(SCENARIOS, Path(folder), evaluations.witness).values())
    broken += coverage.missed(machine, performances)
    disputed = evaluations.disputed()
    broken += disputed
    return Result(
        figures=(
            f"{len(RULES)} rules about the definition, {sum(bool(rule.check(machine)) for rule in RULES)} broken",
            f"{len(SCENARIOS)} scenarios go through {coverage.figures(machine, performances)}",
            f"{sizes.largest(machine):,} bytes are the most that a state can be given, of {sizes.LIMIT:,}",
            f"{len(evaluations.values):,} evaluated expressions, {len(disputed)} disputed by JSONata's own engine",
        ),
        body=_body(machine, performances),
        broken=tuple(broken),
    )


def _body(machine: dict[str, Any], performances: list[Performance]) -> str:
    rules = pages.table(("rule", "holds"), [(rule.claim, "no" if rule.check(machine) else "yes") for rule in RULES])
    covered = pages.table(coverage.HEAD, coverage.rows(machine, {ENGINE: performances}))
    return f"""\
The definition is `statemachine/evaluation.asl.json`, and its README says in words what stands in it. What is not in
this table is looked at by `tests/statemachine/test_definition.py` and by asl-validator (`test_linter.py` beside it).

## Rules

{rules}
The bound of what is handed on follows from the definition: the longest answers that handlers promise, the longest line
of a plan, and errors as long as Step Functions' API lets them be ({sizes.LONGEST_ERROR:,} bytes), through expressions
that pick and never join. So neither the number of jobs nor anything in a suite or dataset makes a payload grow.

The time limits of the machine and of its Tasks are real time on the twin, where waiting is short.

## What was gone through

Scenarios (`tests/statemachine/scenarios.py`) on an interpreter of the definition that refuses every field which it does
not know (`tests/schedules/machine.py`). Each entry of a Retry counts once for every error that it names: that another
attempt followed, and that the attempts were spent. `RuntimeError` stands for an error that nobody names.

{covered}"""
