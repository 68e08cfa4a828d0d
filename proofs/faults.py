"""Faults: seeded schedules in one process, seeded schedules on the deployed system, and kills of it."""

from __future__ import annotations

import io
import multiprocessing
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from local import deployment, twin
from local.settings import Settings
from proofs.pages import table
from proofs.proof import Result
from tests.schedules import schedule as simulated
from tests.twin.faults.__main__ import TIME_SCALE as FAULTS_SCALE
from tests.twin.faults.campaign import Campaign
from tests.twin.faults.plan import Plan
from tests.twin.faults.stage import Stage
from tests.twin.kills.__main__ import TIME_SCALE as KILLS_SCALE
from tests.twin.kills.__main__ import kills
from tests.twin.kills.place import Place
from tests.twin.kills.plan import Kind
from tests.twin.kills.plan import Plan as Kill

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.schedules.schedule import Outcome

SIMULATED: Final = 10_000
ON_TWIN: Final = 200
KILLS: Final = 20
_AT_ONCE: Final = 8
_SHOWN: Final = 50

SIMULATED_PROMISES: Final = (
    "no status goes back, and an end is the only one",
    "every evaluation ends, and the world is told of that end and of no other, by event and by message",
    "Bedrock has each planned job once, under one token",
    "no job is lost: what Bedrock did is what the table says, unless somebody gave the job up",
    "what was collected has every score that Bedrock gave",
    "a live generator answers once, and the panel scores those answers",
    "never more jobs at once than there are slots, in all and for a judge",
    "no reservation passes a budget; every sum is that of its jobs; no job under a budget starts without a reservation",
    "nothing runs on Bedrock that nobody waits for; no slot and no money is held for nothing",
    "no call is made that the Lambda's role does not allow",
    "no exception of Gavel's own",
)
TWIN_PROMISES: Final = (
    "each upload, idempotency key and scheduled run is one evaluation, however often it is told of",
    "an upload that nobody could start is a dead letter, and its evaluation ends once that is delivered again",
    "every evaluation has one end, and the events tell of that one",
    "the end is COMPLETED, or REFUSED for unusable data: unless somebody stopped it, or AWS failed for longer",
    "no evaluation and no job fails by an exception of Gavel's own",
    "no status goes back and no end changes, in every single change of the table",
    "Bedrock was asked for each planned job once, and for no other",
    "what a summary calls scored and missing is all that was expected, and its scores are those of its jobs",
    "report, summary, JUnit file and comment have the bytes of a run that nobody disturbed, but for names and times",
    "no slot is held and no job waits; every sum of money is that of its jobs",
)
KILL_PROMISES: Final = (
    "one run of the reconciler leaves nothing hanging: neither evaluations, jobs on Bedrock, slots nor money",
    "what was finished before the kill is as it was, to the byte",
    "nothing was started twice",
    "a process of a Lambda that dies costs a repetition, and no result",
)


def prove(say: Callable[[str], None]) -> Result:
    """Run all of them."""
    broken, trouble, counts = _simulate(say)
    broken += _on_twin(say)
    for kind in Kind:
        broken += _kill(kind, say)
    figures = (
        f"{SIMULATED:,} schedules in one process, {len(SIMULATED_PROMISES)} promises, {len(broken)} broken",
        f"{ON_TWIN} schedules on the deployed system, {len(TWIN_PROMISES)} promises more",
        f"{KILLS} kills of Lambdas' processes and {KILLS} of the whole twin, {len(KILL_PROMISES)} promises more",
    )
    return Result(figures=figures, body=_body(trouble, counts), broken=tuple(broken))


def _simulate(say: Callable[[str], None]) -> tuple[list[str], Counter[str], Counter[str]]:
    say(f"{SIMULATED:,} schedules in one process")
    trouble: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    broken: list[Outcome] = []
    with multiprocessing.Pool() as pool:
        for outcome in pool.imap_unordered(simulated.run, range(SIMULATED), chunksize=10):
            trouble.update(outcome.trouble)
            counts.update(outcome.counts)
            broken += [outcome] if outcome.broken else []
    sentences = [
        f"schedule {outcome.seed}: {sentence} (again: python -m tests.schedules --seed {outcome.seed})"
        for outcome in sorted(broken, key=lambda one: one.seed)[:_SHOWN]
        for sentence in outcome.broken
    ]
    return sentences, trouble, counts


def _on_twin(say: Callable[[str], None]) -> list[str]:
    say(f"{ON_TWIN} schedules on the deployed system")
    begun = time.monotonic()
    broken = []
    with tempfile.TemporaryDirectory(prefix="gavel-faults-") as folder:
        settings = Settings(state_dir=Path(folder), time_scale=FAULTS_SCALE)
        try:
            place = Place.deployed(settings, deployment.progress)
            campaign = Campaign(Stage.on(settings, place.state, place.outputs), "faults", at_once=_AT_ONCE)
            for outcome in campaign.outcomes(_seeds()):
                broken += [f"seed {outcome.seed} on the twin: {sentence}" for sentence in outcome.broken]
            broken += [f"on the twin, in the end: {sentence}" for sentence in campaign.closing()]
        finally:
            twin.down(settings)
    say(f"{time.monotonic() - begun:.0f} s")
    return broken


def _kill(kind: Kind, say: Callable[[str], None]) -> list[str]:
    say(f"{KILLS} kills: {kind}")
    out = io.StringIO()
    with tempfile.TemporaryDirectory(prefix="gavel-kills-") as folder:
        settings = Settings(state_dir=Path(folder), time_scale=KILLS_SCALE, durable=True)
        try:
            failed = kills(Place.deployed(settings, deployment.progress), range(1, KILLS + 1), kind, out)
        finally:
            twin.down(settings)
    lines = out.getvalue().splitlines()
    say(lines[-1])
    return [f"kills of {kind}: {line.strip()}" for line in lines] if failed else []


def _seeds() -> Sequence[int]:
    return range(1, ON_TWIN + 1)


def _body(trouble: Mapping[str, int], counts: Mapping[str, int]) -> str:
    plans = [Plan.of(seed, "faults") for seed in _seeds()]
    rules = Counter((rule["kind"].replace("_", " "), rule["service"] or "any") for plan in plans for rule in plan.calls)
    acts: Counter[str] = Counter(act.value for plan in plans for _, act, _ in plan.acts)
    acts.update(plan.spoiling.value for plan in plans if plan.spoiling)
    phases = {kind: Counter(Kill.of(seed, kind).phase for seed in range(1, KILLS + 1)) for kind in Kind}
    return "\n\n".join(
        (
            _simulated_part(trouble, counts),
            _twin_part(plans, rules, acts),
            "## Kills of the deployed system\n\nProcesses of Lambdas, or the whole twin with all of them, are killed "
            "when an evaluation has come to a phase; `python -m tests.twin.kills` kills more.\n\n"
            + table(
                ("killed when it was", *Kind),
                [
                    (phase, *(phases[kind][phase] for kind in Kind))
                    for phase in sorted(set().union(*phases.values()), key=str)
                ],
            )
            + "\n"
            + _promises(KILL_PROMISES),
        )
    )


def _simulated_part(trouble: Mapping[str, int], counts: Mapping[str, int]) -> str:
    ended = [name for name in sorted(counts) if name.isupper()]
    return (
        "## In one process\n\nThe real handlers in the state machine's order, on an AWS in memory that an adversary "
        "runs by a seed; a seed gives the same run every time (`python -m tests.schedules --seed N` shows it).\n\n"
        + table(
            ("there were", "times"),
            [(name, f"{counts[name]:,}") for name in ("evaluations", "jobs", "calls")]
            + [(f"evaluations that ended {name}", f"{counts[name]:,}") for name in ended],
        )
        + "\n"
        + table(("what went wrong", "times"), [(name, f"{trouble[name]:,}") for name in sorted(trouble)])
        + "\n"
        + _promises(SIMULATED_PROMISES)
    )


def _twin_part(plans: Sequence[Plan], rules: Mapping[tuple[str, str], int], acts: Mapping[str, int]) -> str:
    services = sorted({service for _, service in rules})
    kinds = sorted({kind for kind, _ in rules})
    return (
        "## On the deployed system\n\nThe template as `cdk deploy` deploys it, on the embedded AWS, eight schedules at "
        "a time. The seeds decide what is listed here; what of it meets a call depends on the machine's pace, and is "
        "printed by `python -m tests.twin.faults`. A rule disturbs up to twelve calls.\n\n"
        + table(
            ("rules for calls", *services),
            [(kind, *(rules.get((kind, service), 0) for service in services)) for kind in kinds],
        )
        + "\n"
        + table(("what else happens", "times"), sorted(acts.items()))
        + "\n"
        + f"{sum(not plan.calls and not plan.acts for plan in plans)} of the schedules have no trouble of their own, "
        "and run amid that of the others.\n\n" + _promises(TWIN_PROMISES)
    )


def _promises(sentences: Sequence[str]) -> str:
    return "What held in each:\n\n" + "".join(f"- {sentence}\n" for sentence in sentences)
