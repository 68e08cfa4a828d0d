"""What happens from outside, done."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

from gavel.names import table_keys
from gavel.names.statuses import JobStatus
from tests.twin.faults.plan import Act

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.twin.faults.plan import Plan
    from tests.twin.faults.stage import Stage

type Item = dict[str, Any]

_REDRIVE_SECONDS = 10.0


@dataclass
class Actor:
    """Acts for one schedule, whose dataset was uploaded in these `versions`.

    `more` counts evaluations that others than the uploads have asked for, and `asked` those ids that they were told.
    """

    stage: Stage
    plan: Plan
    key: str
    versions: list[str]
    more: int = 0
    asked: set[str] = field(default_factory=set)

    def act(self, act: Act, number: int) -> None:
        """Let it happen; an act whose time has not come, or is over, does nothing."""
        dice = Random(number)  # noqa: S311 - a seeded choice
        deeds: dict[Act, Callable[[Random], None]] = {
            Act.REPEATED_UPLOAD: lambda dice: self._uploaded(self.versions),
            Act.REORDERED_UPLOADS: self._reordered,
            Act.REPEATED_REQUEST: lambda dice: self._requested(None),
            Act.KEYED_REQUEST: lambda dice: self._requested(f"key-{self.plan.suite}-{number}"),
            Act.REPEATED_RUN: self._run,
            Act.REPEATED_TASK: self._repeat_task,
            Act.REPEATED_END: self._end_told,
            Act.STOP: self._stop,
            Act.ABORT: self._abort,
            Act.REDRIVE: self._redrive,
            Act.KILLED_WORKERS: self._kill,
            Act.EXPIRED_LEASES: lambda dice: self.stage.move_clock(self.plan.suite, 100_000),
            Act.CLOCK_BACK: lambda dice: self.stage.move_clock(self.plan.suite, -3600),
            Act.CLOCK_FORTH: lambda dice: self.stage.move_clock(self.plan.suite, 3600),
            Act.RECONCILER: lambda dice: self.stage.invoke("reconcile", {}),
        }
        deeds[act](dice)

    # --- deliveries

    def upload_event(self, version: str) -> Item:
        """What EventBridge tells of an upload."""
        return {"detail": {"object": {"key": self.key, "version-id": version}}}

    def _uploaded(self, versions: list[str]) -> None:
        for version in versions:
            self.stage.invoke("start-evaluation", self.upload_event(version))

    def _reordered(self, dice: Random) -> None:
        content = self.stage.read(self.key)
        if content is not None:
            self.versions.append(self.stage.put(self.key, content))
        self._uploaded(self.versions[::-1])

    def _requested(self, key: str | None) -> None:
        self.more += key is not None
        for _ in range(2):
            body = {"dataset": self.key, "suite": self.plan.suite, "version_id": self.versions[0]}
            answer = self.stage.ask("POST", "/evaluations", body, key)
            if answer is not None:
                self.asked.add(answer["evaluation_id"])

    def _run(self, dice: Random) -> None:
        path = f"/suites/{self.plan.suite}/schedule"
        schedule = {"expression": "rate(1 day)", "dataset": self.key, "timezone": "UTC", "overlap": "start"}
        if self.stage.ask("PUT", path, schedule) is None:
            return
        self.more += 1
        event = {
            "suite": self.plan.suite,
            "scheduled_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        for _ in range(2):
            run = self.stage.delivered("start-scheduled", event)
            if run and "evaluation_id" in run:
                self.asked.add(run["evaluation_id"])
        self.stage.ask("DELETE", path)

    def _repeat_task(self, dice: Random) -> None:
        """Step Functions delivers at least once: a call that was made already is made again."""
        calls: list[tuple[str, Item]] = []
        for head in self._heads():
            evaluation = head["evaluation_id"]
            calls += [(name, event) for name, event in self.stage.entered(evaluation) if name in _OF_EVALUATIONS]
            items = self.stage.items(table_keys.evaluation_partition(evaluation), table_keys.JOB_SORT_PREFIX)
            known = {item["job_id"]: item for item in items}
            for line in self.stage.planned(evaluation):
                item = known.get(line["job_id"])
                if item is None:
                    continue
                event = {"evaluation_id": evaluation, "job": line}
                calls.append(("StartJob", event))
                if item.get("job_arn"):
                    calls.append(("CheckJob", {**event, "job_arn": item["job_arn"], "looks": 1}))
                if item["status"] == JobStatus.COLLECTED:
                    calls.append(("CollectScores", event))
        if calls:
            name, event = dice.choice(calls)
            self.stage.invoke(_function(name), event)

    def _end_told(self, dice: Random) -> None:
        for head in self._heads():
            self.stage.invoke("reconcile", {"detail": {"name": head["evaluation_id"], "status": "FAILED"}})

    # --- interference

    def _stop(self, dice: Random) -> None:
        for head in self._heads():
            for _ in range(dice.randint(1, 2)):
                self.stage.ask("POST", f"/evaluations/{head['evaluation_id']}/stop")

    def _abort(self, dice: Random) -> None:
        states = self.stage.aws("stepfunctions")
        for head in self._heads():
            with suppress(states.exceptions.ExecutionDoesNotExist, states.exceptions.ClientError):
                states.stop_execution(executionArn=self.stage.execution_arn(head["evaluation_id"]))

    def _redrive(self, dice: Random) -> None:
        self._abort(dice)
        time.sleep(dice.choice((0.0, 0.2, 1.5)))  # before, amid and after what the reconciler does
        states = self.stage.aws("stepfunctions")
        for head in self._heads():
            deadline = time.monotonic() + _REDRIVE_SECONDS
            while time.monotonic() < deadline:
                try:
                    states.redrive_execution(executionArn=self.stage.execution_arn(head["evaluation_id"]))
                except states.exceptions.ExecutionNotRedrivable:
                    if self.stage.execution(head["evaluation_id"]) in {"RUNNING", "SUCCEEDED"}:
                        break
                    time.sleep(0.1)
                except states.exceptions.ExecutionDoesNotExist:
                    break
                else:
                    break

    def _kill(self, dice: Random) -> None:
        self.stage.kill_workers(dice, every=False)

    def _heads(self) -> list[Item]:
        return self.stage.heads_of(self.plan.suite)


_OF_EVALUATIONS = frozenset({"PlanEvaluation", "SummarizeEvaluation", "PublishVerdict"})


def _function(state: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in state).lstrip("-")
