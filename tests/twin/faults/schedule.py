"""One schedule from its seed to its verdict; many run at the same time on one stage."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from gavel.names import object_keys, table_keys
from gavel.names.statuses import EvaluationStatus
from local.disturbances.rules import Kind as Trouble
from tests.twin.faults.acts import Actor
from tests.twin.faults.inputs import INPUTS
from tests.twin.faults.plan import Plan
from tests.twin.faults.promises import Ended, broken_promises, evaluations_asked_for
from tests.twin.faults.sameness import told
from tests.twin.kills import promises as after_kills
from tests.twin.kills.kill import GRACE_SECONDS, found_now
from tests.twin.kills.plan import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.twin.faults.stage import Stage

PATIENCE_SECONDS: Final = 240.0
# How long nothing runs before the reconciler comes; its quarter of an hour is about as long at the twin's time scale.
_IDLE_SECONDS: Final = 2.0
_DATASET: Final = "questions.jsonl"

type Item = dict[str, Any]


@dataclass
class Outcome:
    """What came of a schedule. `met` counts the disturbed calls by kind, `acts` what else happened.

    `weight` is how many disturbed attempts that is: one for each call, three where the SDK makes no second one.
    """

    seed: int
    ends: list[str] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    weight: int = 0
    acts: Counter[str] = field(default_factory=Counter)
    letters: int = 0
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        """The outcome on one line."""
        met = ", ".join(f"{count} {kind}" for kind, count in sorted(self.met.items())) or "no disturbed call"
        acts = "; ".join(self.acts) or "nothing else"
        letters = f"; {self.letters} dead letter(s) delivered again" if self.letters else ""
        verdict = "BROKEN" if self.broken else "kept"
        return f"seed {self.seed:<4} {self.seconds:5.1f} s  {met}; {acts}{letters}; {', '.join(self.ends)}: {verdict}"


def undisturbed(stage: Stage, prefix: str, name: str) -> Mapping[str, str]:
    """What an evaluation of an input tells people when nothing goes wrong."""
    suite = f"{prefix}-calm-{name}"
    plan = Plan(seed=-1, suite=suite, input=name, calls=(), acts=(), spoiling=None)
    _begin(stage, plan)
    if not stage.wait(lambda: _over(stage, suite, 1), pause=0.25):
        raise RuntimeError(f"the evaluation of {suite}, which nobody disturbs, does not end")
    (head,) = stage.heads_of(suite)
    wanted = EvaluationStatus.REFUSED if INPUTS[name].refused else EvaluationStatus.COMPLETED
    if head["status"] != wanted:
        raise RuntimeError(f"the evaluation of {suite}, which nobody disturbs, is {head['status']}")
    return told(stage, head)


def run(stage: Stage, plan: Plan, calm: Mapping[str, Mapping[str, str]]) -> Outcome:
    """Disturb as the plan says, wait for the end, and look."""
    begun = time.monotonic()
    outcome = Outcome(plan.seed, acts=Counter(act.value for _, act, _ in plan.acts))
    if plan.spoiling:
        outcome.acts[plan.spoiling.value] += 1
    stage.disturb(plan)
    try:
        actor = _act(stage, plan)
        _await_end(stage, plan, actor, outcome)
    finally:
        _calm(stage, plan, outcome)
    _judge(stage, plan, actor, outcome, calm)
    outcome.seconds = time.monotonic() - begun
    return outcome


def _calm(stage: Stage, plan: Plan, outcome: Outcome) -> None:
    """End the trouble, and count what it met."""
    for rule in stage.met(plan):
        if not rule["met"]:
            continue
        outcome.met[rule["kind"]] += rule["met"]
        broken_off = rule["kind"] in {Trouble.LOST_ANSWER, Trouble.LOST_REQUEST}
        outcome.weight += rule["met"] * (3 if broken_off and rule["operation"] in {"", "GetObject"} else 1)
    stage.calm(plan)


def _begin(stage: Stage, plan: Plan) -> tuple[str, str]:
    given = INPUTS[plan.input]
    stage.put(object_keys.suite_key(plan.suite), given.suite.encode())
    key = object_keys.dataset_key(plan.suite, _DATASET)
    return key, stage.put(key, given.dataset)


def _act(stage: Stage, plan: Plan) -> Actor:
    key, version = _begin(stage, plan)
    actor = Actor(stage, plan, key, [version])
    begun = time.monotonic()
    for after, act, number in plan.acts:
        time.sleep(max(0.0, begun + after - time.monotonic()))
        actor.act(act, number)
    return actor


def _await_end(stage: Stage, plan: Plan, actor: Actor, outcome: Outcome) -> None:
    """Wait for the ends; meanwhile the reconciler comes when nothing moves, and a person looks for dead letters."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    idle_since = time.monotonic()
    while not _over(stage, plan.suite, len(set(actor.versions))):
        if time.monotonic() > deadline:
            outcome.broken.append(f"{plan.suite}: something runs on for ever, or never began")
            return
        time.sleep(0.25)
        heads = stage.heads_of(plan.suite)
        if any(stage.execution(head["evaluation_id"]) == "RUNNING" for head in heads):
            idle_since = time.monotonic()
        if time.monotonic() - idle_since < _IDLE_SECONDS:
            continue
        for event in stage.dead_letters(actor.key):
            outcome.letters += 1
            _calm(stage, plan, outcome)  # whoever sends it again waits until AWS is well
            stage.delivered("start-evaluation", event)
        for head in heads:
            if head["status"] == EvaluationStatus.STARTING:
                stage.age(head, GRACE_SECONDS)
        stage.reconcile()
        idle_since = time.monotonic()


def _over(stage: Stage, suite: str, evaluations: int) -> bool:
    """Whether there are so many evaluations, and each has come to its end and has nothing left that works for it."""
    heads = stage.heads_of(suite)
    return len(heads) >= evaluations and all(
        EvaluationStatus(head["status"]).final
        and head.get(table_keys.UNFINISHED_PARTITION_KEY) != table_keys.Unfinished.OPEN
        and stage.execution(head["evaluation_id"]) != "RUNNING"
        and not any(job["status"] in after_kills.ACTIVE for job in stage.bedrock_jobs(head["evaluation_id"]))
        for head in heads
    )


def _judge(stage: Stage, plan: Plan, actor: Actor, outcome: Outcome, calm: Mapping[str, Mapping[str, str]]) -> None:
    stage.receive_events()
    heads, slots, starts = stage.heads_of(plan.suite), stage.slots(), stage.starts()
    outcome.broken += evaluations_asked_for(heads, uploads=len(set(actor.versions)), more=actor.more, asked=actor.asked)
    reserved: list[Item] = []
    sums: dict[tuple[str, str], int] = {}
    for head in heads:
        evaluation = head["evaluation_id"]
        outcome.ends.append(head["status"])
        partition = table_keys.evaluation_partition(evaluation)
        reserved += stage.items(partition, table_keys.RESERVATION_SORT_PREFIX)
        sums |= {
            (partition, item["sk"]): int(item["micro_usd"]) for item in stage.items(partition, table_keys.SPENDING)
        }
        found = replace(
            found_now(stage, head, Kind.TWIN),
            starts=starts,
            events=[event["detail-type"] for event in stage.events.get(evaluation, {}).values()],
            leases={name: entry for name, entry in slots["leases"].items() if entry["evaluation"] == evaluation},
            wishes={name: entry for name, entry in slots["wishes"].items() if entry["evaluation"] == evaluation},
            spoiled=plan.spoiling is not None,
        )
        outcome.broken += after_kills.broken_promises(found)
        outcome.broken += broken_promises(_ended(stage, plan, found, outcome, len(heads) == 1, calm))
    months = table_keys.spending_partition(plan.suite)
    sums |= {(months, item["sk"]): int(item["micro_usd"]) for item in stage.items(months)}
    outcome.broken += after_kills.broken_sums(reserved, sums)


def _ended(
    stage: Stage,
    plan: Plan,
    found: after_kills.Found,
    outcome: Outcome,
    alone: bool,
    calm: Mapping[str, Mapping[str, str]],
) -> Ended:
    keys = object_keys.EvaluationKeys(found.evaluation)
    summary = stage.read_json(f"{keys.prefix}summary.json")
    return Ended(
        plan=plan,
        found=found,
        met=outcome.weight,
        planned=stage.planned(found.evaluation),
        summary=summary,
        alone=alone,
        told=told(stage, found.seen.head),
        undisturbed=calm[plan.input],
    )
