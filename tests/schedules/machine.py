"""Step Functions, as far as the definition needs it: the states, Retry, Catch and Distributed Maps of Amazon States
Language with JSONata, read from `statemachine/evaluation.asl.json` itself.

A field or a type of state that is not known here raises NotImplementedError. `test_machine.py` plays every scenario of
the state machine's own tests on it, which Step Functions' emulator plays on the twin.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from jsonata import Jsonata
from jsonata.jexception import JException

from tests.schedules.callbacks import Callbacks
from tests.statemachine.definition import Transition, expression
from tests.statemachine.histories import Caught, Entered, Fired, Retried, matching

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from random import Random

    from tests.schedules.callbacks import Callback
    from tests.schedules.kernel import Kernel, Process

State = dict[str, Any]
Witness = Callable[[str, dict[str, Any], Any], None]
_FIELDS: Final = {
    "Task": {"Resource", "Arguments", "Output", "Assign", "TimeoutSeconds", "Retry", "Catch", "Next", "End"},
    "Choice": {"Choices", "Default"},
    "Wait": {"Seconds", "Assign", "Output", "Next", "End"},
    "Pass": {"Output", "Assign", "Next", "End"},
    "Succeed": set[str](),
    "Fail": {"Error", "Cause"},
    "Map": {
        *("Label", "Items", "ItemReader", "ItemSelector", "MaxConcurrency", "ToleratedFailurePercentage"),
        *("ItemProcessor", "ResultWriter", "Output", "Assign", "Retry", "Catch", "Next", "End"),
    },
}
QUERY_FAILED: Final = "States.QueryEvaluationError"
# What a state may hand on, in bytes of UTF-8 (Developer Guide, "Service quotas").
MOST_BYTES: Final = 262_144
_IN_ALL_STATES: Final = {"Type", "Comment", "QueryLanguage"}


class StateError(Exception):
    """An error that a Retry or a Catch may meet: its name and its cause, as Step Functions hands them on."""

    def __init__(self, name: str, cause: str = "") -> None:
        self.name = name
        self.cause = cause
        super().__init__(name, cause)


@dataclass
class Record:
    """What an execution did: states, ways, Retry and Catch in their order (`fired`), and the errors that a Catch took,
    each with the state's name. `runs` counts each Map's, `failure` is what it failed with.
    """

    fired: list[Fired] = field(default_factory=list)
    caught: list[tuple[str, str]] = field(default_factory=list)
    children: dict[str, list[Record]] = field(default_factory=dict)
    runs: Counter[str] = field(default_factory=Counter)
    failure: StateError | None = None
    output: Any = None
    item: dict[str, Any] = field(default_factory=dict)

    @property
    def states(self) -> list[str]:
        """The states that it entered."""
        return [event.state for event in self.fired if isinstance(event, Entered)]

    @property
    def failed(self) -> str:
        """Name of the error that it failed with, empty where it did not."""
        return self.failure.name if self.failure else ""

    def all(self) -> Iterator[Record]:
        """This execution and those of its Maps."""
        yield self
        for children in self.children.values():
            for child in children:
                yield from child.all()


class Surroundings(Protocol):
    """What a machine needs of the world; each may raise StateError."""

    def invoke(self, state: str, event: dict[str, Any], *, timeout: float, given_up: str = "States.Timeout") -> Any:
        """The answer of the Lambda of that state; `given_up` is what it fails with when nobody waits for it longer."""

    def read_items(self, key: str) -> list[Any]:
        """The lines of a JSONL file in S3."""

    def write_results(self, prefix: str) -> None:
        """Write the outcome of a Map to S3."""


@dataclass
class Machine:
    """The state machine. `machine` is the parsed definition, its placeholders filled; `witness` is told of every
    expression that is evaluated, with its variables and its value (None for nothing, too).
    """

    machine: State
    kernel: Kernel
    random: Random
    around: Surroundings
    processes: list[Process] = field(default_factory=list)
    witness: Witness | None = None
    callbacks: Callbacks = field(default_factory=Callbacks)

    def run(self, given: dict[str, Any], record: Record) -> Any:
        """Run an execution inside the calling process; raises StateError when it fails."""
        context = {"Execution": {"Input": given, "Id": given.get("evaluation_id", "")}}
        return self._run(self.machine, given, context, record)

    def _run(self, scope: State, given: Any, context: dict[str, Any], record: Record) -> Any:
        variables: dict[str, Any] = {}
        name = scope["StartAt"]
        try:
            while True:
                state = scope["States"][name]
                unknown = set(state) - _FIELDS[state["Type"]] - _IN_ALL_STATES
                if unknown:
                    raise NotImplementedError(f"{name}: {unknown}")
                record.fired.append(Entered(name))
                following, given = getattr(self, "_" + state["Type"].lower())(
                    name, state, _Scope(given, context, variables, self.witness), record
                )
                if following is None:
                    record.output = given
                    return given
                name = following
        except StateError as error:
            record.failure = error
            raise

    # --- each type of state: the next state (None at the end) and its input

    def _succeed(self, name: str, state: State, scope: _Scope, record: Record) -> tuple[str | None, Any]:
        return None, scope.given

    def _fail(self, name: str, state: State, scope: _Scope, record: Record) -> tuple[str | None, Any]:
        raise StateError(state["Error"], state.get("Cause", ""))

    def _pass(self, name: str, state: State, scope: _Scope, record: Record) -> tuple[str | None, Any]:
        return _left(name, "Next", state, scope, record, scope.given)

    def _wait(self, name: str, state: State, scope: _Scope, record: Record) -> tuple[str | None, Any]:
        seconds = scope.value(state["Seconds"])
        if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 0:
            raise StateError(QUERY_FAILED, f"Seconds must be a whole number of at least 0, and is {seconds!r}")
        self.kernel.sleep(seconds)
        return _left(name, "Next", state, scope, record, scope.given)

    def _choice(self, name: str, state: State, scope: _Scope, record: Record) -> tuple[str | None, Any]:
        for place, rule in enumerate(state["Choices"]):
            holds = scope.value(rule["Condition"])
            if not isinstance(holds, bool):
                raise StateError(QUERY_FAILED, f"a Condition must be true or false, and is {holds!r}")
            if holds:
                return _left(name, f"Choices[{place}]", rule, scope, record, scope.given)
        record.fired.append(Transition(name, "Default", state["Default"]))
        return state["Default"], scope.given

    def _task(self, name: str, state: State, scope: _Scope, record: Record) -> tuple[str | None, Any]:
        def attempt() -> Any:
            if state["Resource"].endswith(".waitForTaskToken"):
                return self._told(name, state, scope)
            arguments = scope.value(state["Arguments"])
            answer = self.around.invoke(name, _plain(arguments["Payload"]), timeout=state["TimeoutSeconds"])
            return {"Payload": _plain(answer), "StatusCode": 200}

        return self._tried(name, state, scope, record, attempt)

    def _told(self, name: str, state: State, scope: _Scope) -> Any:
        """What somebody ends the wait with; each attempt has a token of its own.

        The Lambda's answer is nobody's, its error fails the attempt. The wait may be ended while it still runs.
        """
        callback = self.callbacks.new()
        inner = _Scope(scope.given, {**scope.context, "Task": {"Token": callback.token}}, scope.variables, self.witness)
        try:
            return _plain(self._waited(name, state, inner, callback))
        finally:
            callback.over = callback.over or "TaskDoesNotExist"

    def _waited(self, name: str, state: State, scope: _Scope, callback: Callback) -> Any:
        timeout = scope.value(state["TimeoutSeconds"])
        if isinstance(timeout, bool) or not isinstance(timeout, int) or timeout <= 0:
            raise StateError(QUERY_FAILED, f"TimeoutSeconds must be a positive whole number, and is {timeout!r}")
        payload = _plain(scope.value(state["Arguments"])["Payload"])
        until = self.kernel.time + timeout
        call = self.kernel.spawn(
            lambda: self.around.invoke(name, payload, timeout=timeout, given_up="Lambda.SdkClientException")
        )
        self.processes.append(call)
        self.kernel.wait(call, callback, at_most=timeout)
        if call.ended and call.error is not None and not callback.ended:
            raise call.error
        if not callback.ended:
            self.kernel.wait(callback, at_most=until - self.kernel.time)
        if not callback.ended:
            callback.over = "TaskTimedOut"
            raise StateError("States.Timeout")
        if callback.failure:
            raise StateError(*callback.failure)
        return callback.output

    def _map(self, name: str, state: State, scope: _Scope, record: Record) -> tuple[str | None, Any]:
        if (
            state["ToleratedFailurePercentage"] != 100
            or state["ItemProcessor"]["ProcessorConfig"]["Mode"] != "DISTRIBUTED"
        ):
            raise NotImplementedError(name)

        def attempt() -> Any:
            reader = scope.value(state["ItemReader"]["Arguments"])
            record.runs[name] += 1
            items = self.around.read_items(reader["Key"])
            self._children(name, state, scope, record, items)
            self.around.write_results(scope.value(state["ResultWriter"]["Arguments"])["Prefix"])
            return None

        return self._tried(name, state, scope, record, attempt)

    def _children(self, name: str, state: State, scope: _Scope, record: Record, items: list[Any]) -> None:
        """Run every item, so many at a time, whatever becomes of the others."""
        at_once = int(scope.value(state["MaxConcurrency"]))
        running: list[Process] = []
        for index, item in enumerate(items):
            inner = {**scope.context, "Map": {"Item": {"Index": index, "Value": item}}}
            given = _plain(_Scope(scope.given, inner, scope.variables, self.witness).value(state["ItemSelector"]))
            child = Record(item=item)
            record.children.setdefault(name, []).append(child)
            while len(running) == at_once:
                self.kernel.wait(*running)
                running = [process for process in running if not process.ended]
            context = {"Execution": {"Input": given}}
            run = lambda given=given, context=context, child=child: self._run(  # noqa: E731 - each with its own values
                state["ItemProcessor"], given, context, child
            )
            running.append(self.kernel.spawn(run, after=self.random.random()))
            self.processes.append(running[-1])
        for process in running:
            self.kernel.wait(process)

    def _tried(self, name: str, state: State, scope: _Scope, record: Record, attempt: Any) -> tuple[str | None, Any]:
        retries: Counter[int] = Counter()
        while True:
            try:
                return _left(name, "Next", state, scope, record, attempt(), has_result=True)
            except StateError as error:
                if found := matching(state.get("Retry", []), error.name):
                    place, listed = found
                    rule = state["Retry"][place]
                    again = retries[place] < rule["MaxAttempts"]
                    record.fired.append(Retried(name, place, listed, again=again, met=error.name))
                    if again:
                        retries[place] += 1
                        self.kernel.sleep(self._delay(rule, retries[place] - 1))
                        continue
                found = matching(state.get("Catch", []), error.name)
                if not found:
                    raise
                place, listed = found
                record.caught.append((name, error.name))
                record.fired.append(Caught(name, place, listed, met=error.name))
                scope.error = {"Error": error.name, "Cause": error.cause}
                return _left(name, f"Catch[{place}]", state["Catch"][place], scope, record, scope.error)

    def _delay(self, rule: State, made: int) -> float:
        longest = min(rule["IntervalSeconds"] * rule["BackoffRate"] ** min(made, 50), rule["MaxDelaySeconds"])
        if rule["JitterStrategy"] != "FULL":
            raise NotImplementedError(rule["JitterStrategy"])
        return self.random.random() * float(longest)


@dataclass
class _Scope:
    """What an expression of a state may read."""

    given: Any
    context: dict[str, Any]
    variables: dict[str, Any]
    witness: Witness | None = None
    result: Any = None
    error: dict[str, str] | None = None

    def value(self, template: Any) -> Any:
        """The template with its expressions evaluated."""
        found = expression(template)
        if found is not None:
            states = {"input": self.given, "context": self.context}
            states |= {"result": self.result} if self.result is not None else {}
            states |= {"errorOutput": self.error} if self.error is not None else {}
            return _evaluated(found, {"states": states, **self.variables}, self.witness)
        if isinstance(template, dict):
            return {key: self.value(part) for key, part in template.items()}
        if isinstance(template, list):
            return [self.value(part) for part in template]
        return template


def _left(
    name: str,
    label: str,
    way: Mapping[str, Any],
    scope: _Scope,
    record: Record,
    result: Any,
    *,
    has_result: bool = False,
) -> tuple[str | None, Any]:
    """Leave a state by this way: its Output and its Assign are made of the same values."""
    if has_result:
        scope.result = result
    output = scope.value(way["Output"]) if "Output" in way else result
    assigned = scope.value(way.get("Assign", {}))
    _measure(output)
    scope.variables.update(assigned)
    if "Next" in way:
        record.fired.append(Transition(name, label, way["Next"]))
    return way.get("Next"), _plain(output)


def _measure(value: Any) -> None:
    """Raise States.DataLimitExceeded when a state hands on too much."""
    if len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise StateError("States.DataLimitExceeded", f"a state hands on more than {MOST_BYTES} bytes")


def _evaluated(text: str, bindings: dict[str, Any], witness: Witness | None) -> Any:
    """The expression's value; a fault in it, and no value at all, are the one error that Step Functions has for it
    (Developer Guide, "Transforming data with JSONata", errors involving JSONata expressions).
    """
    try:
        value = _compiled(text).evaluate(None, bindings)
        if witness:
            witness(text, bindings, value)
        # The library answers None for null and for nothing.
        if value is None and not _compiled(f"$exists(({text}))").evaluate(None, bindings):
            raise StateError(QUERY_FAILED, f"The JSONata expression '{text}' returned nothing (undefined).")
    except JException as error:
        raise StateError(QUERY_FAILED, str(error)) from error
    return value


def _plain(value: Any) -> Any:
    """The value after its way through JSON: nobody shares it."""
    return json.loads(json.dumps(value))


@lru_cache(maxsize=256)
def _compiled(text: str) -> Any:
    return Jsonata(text)
