"""Every scenario of the state machine on two engines: the twin's Step Functions, and an interpreter of our own."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from local import twin
from local.settings import Settings
from proofs import pages
from proofs.engines.known import KNOWN, judged
from proofs.engines.tellings import differences, telling
from proofs.proof import Result
from proofs.state_machine import coverage
from tests.conftest import TIME_SCALE
from tests.schedules.scripted import play_all
from tests.statemachine import definition
from tests.statemachine.performance import Performance
from tests.statemachine.scenarios import SCENARIOS
from tests.statemachine.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Played = dict[str, Performance]
TWIN: Final = "twin"
INTERPRETER: Final = "interpreter"


def prove(say: Callable[[str], None]) -> Result:
    """Play every scenario on both engines, and compare all that can be seen of it."""
    with tempfile.TemporaryDirectory(prefix="gavel-engines-") as name:
        folder = Path(name)
        say(f"playing {len(SCENARIOS)} scenarios on a twin")
        there = _on_twin(folder)
        say("playing them here")
        (folder / "here").mkdir()
        return compared(there, play_all(SCENARIOS, folder / "here"))


def compared(there: Played, here: Played) -> Result:
    """What the performances on the twin (`there`) and those of the interpreter (`here`) have and lack in common."""
    machine = definition.load()
    found = [
        (scenario.name, *difference)
        for scenario in SCENARIOS
        for difference in differences(telling(there[scenario.name]), telling(here[scenario.name]))
    ]
    wrong, shown = judged(found)
    broken = [
        *wrong,
        *(f"{TWIN}: {missing}" for missing in coverage.missed(machine, there.values())),
        *(f"{INTERPRETER}: {missing}" for missing in coverage.missed(machine, here.values())),
    ]
    ends = sum(_end(there[scenario.name]) == _end(here[scenario.name]) for scenario in SCENARIOS)
    calls = sum(len(made) for played in there.values() for made in played.calls.values())
    return Result(
        figures=(
            f"{ends} of {len(SCENARIOS)} scenarios come to the same end on both engines, in {calls:,} calls of Lambdas",
            f"{len(found)} differences in what else can be seen, of {len(KNOWN)} known kinds",
            *(
                f"{name}: {coverage.figures(machine, played.values())}"
                for name, played in _engines(there, here).items()
            ),
        ),
        body=_body(there, here, shown),
        broken=tuple(broken),
    )


def _on_twin(folder: Path) -> Played:
    settings = Settings(state_dir=folder / "twin", time_scale=TIME_SCALE, idle_minutes=30)
    (folder / "there").mkdir()
    state = twin.up(settings)
    try:
        with contextlib.closing(Stage(state, folder / "there")) as stage:
            return stage.play_all(SCENARIOS)
    finally:
        twin.down(settings)


def _engines(there: Played, here: Played) -> dict[str, Played]:
    return {TWIN: there, INTERPRETER: here}


def _end(played: Performance) -> tuple[object, ...]:
    """What the evaluation and its jobs came to, and what was called on the way."""
    jobs = [(child.job, child.status, child.error) for child in sorted(played.children, key=lambda child: child.job)]
    ways = {job: played.way_of(job) for job in played.calls}
    return played.status, played.error, jobs, ways, played.map_runs


def _body(there: Played, here: Played, shown: Mapping[int, set[str]]) -> str:
    machine = definition.load()
    scenarios = [
        (
            scenario.name,
            _ending(there[scenario.name]),
            _calls(there[scenario.name]),
            "yes" if _end(there[scenario.name]) == _end(here[scenario.name]) else "NO",
        )
        for scenario in SCENARIOS
    ]
    known = [
        (f"`{entry.place}`", f"`{entry.twin}`", f"`{entry.interpreter or '(empty)'}`", entry.reason, len(shown[number]))
        for number, entry in enumerate(KNOWN)
    ]
    engines = {name: list(played.values()) for name, played in _engines(there, here).items()}
    return f"""\
The twin runs the definition as it is deployed, with real calls of Lambdas, on ministack's Step Functions with the
corrections in `local/shims`; among them the names of errors, which ministack does not tell apart
(`local/shims/lambda_errors.py`). The interpreter is `tests/schedules/machine.py`, which refuses every field that it
does not know. Both evaluate JSONata by the same library, whose values [the state machine](state-machine.md) holds
against JSONata's own implementation. Neither is Step Functions itself.

Compared is all that can be seen: status, output, error and cause of the evaluation's execution and of every job's, each
call of a Lambda in its order with what it was given, and the whole way of every execution through states, Choice, Retry
and Catch. Left out are times, the turns that different jobs take, and request ids and stack traces of failed calls.

## Scenarios

{pages.table(("scenario", "end", "calls of Lambdas", "same on both"), scenarios)}
## Coverage

{pages.table(coverage.HEAD, coverage.rows(machine, engines))}
## Known differences

Kept in `proofs/engines/known.py`. One that is not there breaks the proof, and so does one there that is gone.

{pages.table(("where", "twin", "interpreter", "why that is so", "scenarios"), known)}"""


def _ending(played: Performance) -> str:
    lost = sorted({child.error for child in played.children if child.error})
    return (
        played.status
        + (f" ({played.error})" if played.error else "")
        + (f", jobs lost: {', '.join(lost)}" if lost else "")
    )


def _calls(played: Performance) -> str:
    return str(sum(len(made) for made in played.calls.values()))
