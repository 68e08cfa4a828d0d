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
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from local import twin
from tests.statemachine import actor, definition, histories
from tests.statemachine.performance import Child, Performance, evaluation_id_of
from tests.statemachine.scenarios import FIRST_ROUND, SECOND_ROUND, happy, hurried, line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.twin import State
    from tests.statemachine.scenarios import Scenario

PREFIX: Final = "statemachine-stage"
AT_ONCE: Final = 6
LONGEST_SECONDS: Final = 120.0


class Stage:
    """Lambdas and state machines in a twin."""

    def __init__(self, state: State, plays: Path) -> None:
        self._state = state
        self._plays = plays
        self._clients: list[Any] = []
        self._definition = definition.load()
        self._states = self._client("stepfunctions")
        self._s3 = self._client("s3")
        self._iam = self._client("iam")
        functions = f"arn:aws:lambda:{state.region}:{state.account}:function:{PREFIX}-"
        text = definition.filled(definition.TEXT, functions=functions, bucket=PREFIX)
        self._s3.create_bucket(Bucket=PREFIX)
        machines = f"arn:aws:states:{state.region}:{state.account}:stateMachine:{PREFIX}-*"
        tell = {"Action": ["states:SendTaskFailure", "states:SendTaskSuccess"], "Resource": machines}
        self._make_actors(self._role(f"{PREFIX}-actors", "lambda.amazonaws.com", [tell]))
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
        numbered = [(evaluation_id_of(number), scenario) for number, scenario in enumerate(scenarios)]
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
                lines = "".join(json.dumps(line(job, scenario.timeout_seconds)) + "\n" for job in jobs)
                self._s3.put_object(Bucket=PREFIX, Key=key.replace("{id}", evaluation_id), Body=lines.encode())
        execution = self._states.start_execution(
            stateMachineArn=self._hurried if scenario.hurried else self._machine,
            name=evaluation_id,
            input=json.dumps({"evaluation_id": evaluation_id}),
        )["executionArn"]
        if scenario.results_mended:
            self._mend_results(evaluation_id, folder)
        ended = self._wait(execution)
        map_runs = self._states.list_map_runs(executionArn=execution)["mapRuns"]
        children = sorted(
            (self._states.describe_execution(executionArn=arn) for run in map_runs for arn in self._children(run)),
            key=lambda child: child["startDate"],
        )
        return Performance(
            scenario=scenario,
            evaluation_id=evaluation_id,
            status=ended["status"],
            output=json.loads(ended.get("output") or "null"),
            error=ended.get("error"),
            cause=ended.get("cause"),
            calls=actor.calls(folder),
            children=[Child.described(child, self._fired(child["executionArn"])) for child in children],
            map_runs=len(map_runs),
            fired=self._fired(execution),
        )

    def _mend_results(self, evaluation_id: str, folder: Path) -> None:
        """Permit the machines to write this evaluation's results as soon as its job has started a second time."""
        calls = folder / "g0-j0-s0.jsonl"
        deadline = time.monotonic() + LONGEST_SECONDS
        while not (calls.exists() and calls.read_text().count('"state": "StartJob"') > 1):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{evaluation_id}: no job was started twice within {LONGEST_SECONDS:.0f} s")
            time.sleep(0.05)
        statement = {"Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{PREFIX}/elsewhere/{evaluation_id}/*"}
        self._allow(f"{PREFIX}-machines", evaluation_id, [statement])

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

    def _fired(self, execution: str) -> tuple[histories.Fired, ...]:
        pages = self._states.get_paginator("get_execution_history").paginate(executionArn=execution)
        return tuple(histories.fired(self._definition, (event for page in pages for event in page["events"])))

    def _role(self, name: str, service: str, statements: list[dict[str, Any]]) -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [trust]}
        arn: str = self._iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
        if statements:
            self._allow(name, "stage", statements)
        return arn

    def _allow(self, role: str, policy: str, statements: list[dict[str, Any]]) -> None:
        allowed = [{"Effect": "Allow", **statement} for statement in statements]
        document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        self._iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=document)

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
