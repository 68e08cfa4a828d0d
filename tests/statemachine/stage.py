"""Where scenarios are played: the definition as it is, on a twin, with an actor for each of its Lambdas.

The twin's seconds are short, so that 200 looks and most retries are really made. Scenarios that hang (a task's timeout
is real time) or that use up 400 attempts run on a copy with smaller numbers, and nothing else changed.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from local import twin
from tests.statemachine import actor, definition
from tests.statemachine.scenarios import FIRST_ROUND, SECOND_ROUND, happy, hurried

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.twin import State
    from tests.statemachine.scenarios import Scenario

PREFIX: Final = "statemachine-stage"
AT_ONCE: Final = 6
LONGEST_SECONDS: Final = 120.0


@dataclass(frozen=True)
class Performance:
    """How a scenario went: calls and children by job id ("evaluation" for the rest), histories of all executions."""

    scenario: Scenario
    evaluation_id: str
    status: str
    output: Any
    error: str | None
    calls: dict[str, list[dict[str, Any]]]
    children: dict[str, dict[str, Any]]
    map_runs: int
    histories: list[list[dict[str, Any]]]

    def way_of(self, job: str = actor.EVALUATION) -> tuple[str, ...]:
        """The states that called their Lambda, in order."""
        return tuple(call["state"] for call in self.calls.get(job, []))

    def events(self, state: str) -> list[dict[str, Any]]:
        """What the Lambda of that state was given, each time."""
        return [call["event"] for calls in self.calls.values() for call in calls if call["state"] == state]


class Stage:
    """Lambdas and state machines in a twin."""

    def __init__(self, state: State, plays: Path) -> None:
        self._state = state
        self._plays = plays
        self._clients: list[Any] = []
        self._states = self._client("stepfunctions")
        self._s3 = self._client("s3")
        functions = f"arn:aws:lambda:{state.region}:{state.account}:function:{PREFIX}-"
        text = definition.filled(definition.TEXT, functions=functions, bucket=PREFIX)
        self._s3.create_bucket(Bucket=PREFIX)
        self._make_actors(self._role(f"{PREFIX}-actors", "lambda.amazonaws.com", []))
        statements = [
            {"Action": "lambda:InvokeFunction", "Resource": f"{functions}*"},
            {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{PREFIX}/evaluations/*/plan/*.jsonl"},
            {"Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{PREFIX}/evaluations/*/plan/runs/*"},
            {"Action": "states:StartExecution", "Resource": "*"},
        ]
        role = self._role(f"{PREFIX}-machines", "states.amazonaws.com", statements)
        self._machine = self._make_machine("as-written", text, role)
        self._hurried = self._make_machine("hurried", hurried(text), role)

    def play_all(self, scenarios: Iterable[Scenario]) -> dict[str, Performance]:
        """Every scenario by its name, several at a time."""
        numbered = [(f"play-{number:016x}", scenario) for number, scenario in enumerate(scenarios)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return {played.scenario.name: played for played in pool.map(lambda pair: self._play(*pair), numbered)}

    def close(self) -> None:
        """Close every connection; the twin's server waits for them when it ends."""
        for client in self._clients:
            client.close()

    def _client(self, service: str) -> Any:
        client = twin.client(service, self._state, max_pool_connections=AT_ONCE + 2)
        self._clients.append(client)
        return client

    def _play(self, evaluation_id: str, scenario: Scenario) -> Performance:
        folder = self._plays / evaluation_id
        folder.mkdir()
        script = json.dumps(happy(scenario.map_results) | scenario.script)
        (folder / "script.json").write_text(script.replace("{id}", evaluation_id))
        if scenario.planned:
            first = [job for job in scenario.job_ids if job not in scenario.panel_ids]
            for key, jobs in ((FIRST_ROUND, first), (SECOND_ROUND, scenario.panel_ids)):
                lines = "".join(json.dumps({"job_id": job, "shard": 0}) + "\n" for job in jobs)
                self._s3.put_object(Bucket=PREFIX, Key=key.replace("{id}", evaluation_id), Body=lines.encode())
        execution = self._states.start_execution(
            stateMachineArn=self._hurried if scenario.hurried else self._machine,
            name=evaluation_id,
            input=json.dumps({"evaluation_id": evaluation_id}),
        )["executionArn"]
        ended = self._wait(execution)
        map_runs = self._states.list_map_runs(executionArn=execution)["mapRuns"]
        children = [
            self._states.describe_execution(executionArn=arn) for run in map_runs for arn in self._children(run)
        ]
        return Performance(
            scenario=scenario,
            evaluation_id=evaluation_id,
            status=ended["status"],
            output=json.loads(ended.get("output") or "null"),
            error=ended.get("error"),
            calls={
                file.stem: [json.loads(line) for line in file.read_text().splitlines()]
                for file in folder.glob("*.jsonl")
            },
            children={json.loads(child["input"])["job"]["job_id"]: child for child in children},
            map_runs=len(map_runs),
            histories=[self._history(arn) for arn in (execution, *(child["executionArn"] for child in children))],
        )

    def _wait(self, execution: str) -> dict[str, Any]:
        deadline = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < deadline:
            described: dict[str, Any] = self._states.describe_execution(executionArn=execution)
            if described["status"] != "RUNNING":
                return described
            time.sleep(0.1)
        raise TimeoutError(f"{execution} still runs after {LONGEST_SECONDS:.0f} s")

    def _children(self, run: dict[str, Any]) -> list[str]:
        pages = self._states.get_paginator("list_executions").paginate(mapRunArn=run["mapRunArn"])
        return [child["executionArn"] for page in pages for child in page["executions"]]

    def _history(self, execution: str) -> list[dict[str, Any]]:
        pages = self._states.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [event for page in pages for event in page["events"]]

    def _role(self, name: str, service: str, statements: list[dict[str, str]]) -> str:
        iam = self._client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [trust]}
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
        if statements:
            allowed = [{"Effect": "Allow", **statement} for statement in statements]
            policy = json.dumps({"Version": "2012-10-17", "Statement": allowed})
            iam.put_role_policy(RoleName=name, PolicyName="stage", PolicyDocument=policy)
        return arn

    def _make_actors(self, role: str) -> None:
        bundle = io.BytesIO()
        with zipfile.ZipFile(bundle, "w") as archive:
            archive.write(Path(actor.__file__), "actor.py")
        lambdas = self._client("lambda")
        for name in definition.tasks(definition.load()):
            lambdas.create_function(
                FunctionName=f"{PREFIX}-{name}",
                Runtime="python3.13",
                Handler="actor.handler",
                Role=role,
                Code={"ZipFile": bundle.getvalue()},
                Timeout=30,
                Environment={"Variables": {"PLAYS": str(self._plays), "PART": name}},
            )

    def _make_machine(self, name: str, text: str, role: str) -> str:
        arn: str = self._states.create_state_machine(name=f"{PREFIX}-{name}", definition=text, roleArn=role)[
            "stateMachineArn"
        ]
        return arn
