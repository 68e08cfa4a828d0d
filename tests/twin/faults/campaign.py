"""Many schedules on one stage, some at the same time, and what is left when all are over."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gavel.aws.jobs import LISTED_AFTER_SECONDS
from gavel.aws.slots import STRAGGLER_SECONDS
from tests.twin.faults import schedule
from tests.twin.faults.plan import Plan
from tests.twin.faults.schedule import Outcome
from tests.twin.faults.status_log import records, regressions
from tests.twin.kills.kill import found_now
from tests.twin.kills.plan import Kind
from tests.twin.kills.promises import hanging_money

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.twin.faults.stage import Stage


@dataclass
class Campaign:
    """Schedules whose suites' names begin with `prefix`; `at_once` of them run at the same time."""

    stage: Stage
    prefix: str
    at_once: int
    plans: list[Plan] = field(default_factory=list)

    def outcomes(self, seeds: Sequence[int]) -> Iterator[Outcome]:
        """Run the schedules of these seeds; their outcomes as they come."""
        plans = [Plan.of(seed, self.prefix) for seed in seeds]
        self.plans += plans
        with ThreadPoolExecutor(self.at_once) as pool:
            inputs = sorted({plan.input for plan in plans})
            told = pool.map(lambda name: schedule.undisturbed(self.stage, self.prefix, name), inputs)
            calm = dict(zip(inputs, told, strict=True))
            running = [pool.submit(self._run, plan, calm) for plan in plans]
            for one in as_completed(running):
                yield one.result()

    def _run(self, plan: Plan, calm: Mapping[str, Mapping[str, str]]) -> Outcome:
        begun = time.monotonic()
        try:
            return schedule.run(self.stage, plan, calm)
        except Exception as error:  # noqa: BLE001 - a schedule that cannot be judged has kept no promise
            sentence = f"{plan.suite}: could not be judged: {type(error).__name__}: {error}"
            return Outcome(plan.seed, seconds=time.monotonic() - begun, broken=[sentence])

    def closing(self) -> list[str]:
        """When every doubt has ended, no slot is held and no money hangs; no status has gone back. Broken promises."""
        left = []
        self.stage.faults("DELETE")
        for plan in self.plans:
            self.stage.move_clock(plan.suite, STRAGGLER_SECONDS + LISTED_AFTER_SECONDS + 1)
        self.stage.reconcile()
        for kind, entries in self.stage.slots().items():
            own = sorted(name for name in entries if name.startswith(f"{self.prefix}-"))
            left += [f"{kind} are left in the end: {own}"] if own else []
        for plan in self.plans:
            for head in self.stage.heads_of(plan.suite):
                found = found_now(self.stage, head, Kind.TWIN)
                left += [f"{found.evaluation}: {sentence}" for sentence in hanging_money(found)]
        for evaluation, sentences in regressions(records(self.stage)).items():
            left += [f"{evaluation}: {sentence}" for sentence in sentences]
        return left
