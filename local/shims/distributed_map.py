"""The Distributed Map.

AWS: ItemReader, ItemSelector, MaxConcurrency, the tolerated failures and ResultWriter may hold JSONata, evaluated in
the scope of the Map state; each item runs as a child execution with a context and variables of its own; ResultWriter
exports the children's results to S3 and becomes the state's result; more failures than tolerated end the Map with
States.ExceedToleratedFailureThreshold (Developer Guide, "Using Map state in Distributed mode"); the history tells how
each run ended, with MapRunSucceeded or MapRunFailed (GetExecutionHistory). ministack evaluates JSONPath only, ignores
Output, Assign and ResultWriter, shows the children the parent's context and variables, and tells of no end.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for_all
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ministack.core.responses import new_uuid, now_iso
from ministack.services import stepfunctions as sfn

from local.shims import machine_role
from local.shims.current import StoppedError, stop_if_ended
from local.shims.expected import replace
from local.shims.map_items import read_items
from local.shims.map_results import Child, formatted, write_results

if TYPE_CHECKING:
    from collections.abc import Iterator

THREADS: Final = 64
COUNTERS: Final = ("pending", "running", "succeeded", "failed", "timedOut", "aborted", "total", "resultsWritten")
UNSUPPORTED: Final = (
    "ItemBatcher",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
    "MaxConcurrencyPath",
)


def apply() -> None:
    """Run Distributed Maps as AWS does."""
    replace(sfn, "_run_distributed_map", lambda _original: run_distributed_map)


@dataclass
class Scope:
    """A Map state, its input and the context in which its own expressions are evaluated."""

    state: dict[str, Any]
    raw_input: Any
    effective: Any
    ctx: dict[str, Any]

    @property
    def jsonata(self) -> bool:
        """Whether the state's query language is JSONata."""
        return bool(sfn._state_query_language(self.state, self.ctx) == "JSONata")

    def value(self, template: Any, item: dict[str, Any] | None = None) -> Any:
        """`template` with its expressions evaluated; `item` is the context object's Map.Item."""
        ctx = self.ctx if item is None else {**self.ctx, "Map": {"Item": item}}
        if self.jsonata:
            return sfn._apply_jsonata_template(template, self.raw_input, ctx)
        return sfn._resolve_params_obj(template, self.effective, ctx)

    def number(self, name: str, default: float) -> float:
        """A field that is a number or an expression for one."""
        if name not in self.state:
            return default
        value = self.value({"value": self.state[name]})["value"]
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise sfn._ExecutionError("States.QueryEvaluationError", f"{name} must be a number of at least 0")
        return value

    def arguments(self, field_name: str) -> dict[str, Any]:
        """The evaluated Arguments (JSONata) or Parameters (JSONPath) of ItemReader or ResultWriter."""
        holder = self.state.get(field_name, {})
        return dict(self.value(holder.get("Arguments" if self.jsonata else "Parameters") or {}))


@dataclass
class MapRun:
    """A run of the Map with the counts that DescribeMapRun reports."""

    record: dict[str, Any]
    tolerated_count: float | None
    tolerated_percentage: float | None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def load(self, total: int) -> None:
        """Say how many items there are."""
        for counts in (self.record["itemCounts"], self.record["executionCounts"]):
            counts.update(total=total, pending=total)

    def move(self, before: str, after: str) -> None:
        """Count one child in another state."""
        with self.lock:
            for counts in (self.record["itemCounts"], self.record["executionCounts"]):
                counts[before] -= 1
                counts[after] += 1

    @property
    def exceeded(self) -> bool:
        """Whether more children failed than is tolerated; without a threshold a single one is too many."""
        counts = self.record["itemCounts"]
        failed, total = counts["failed"], counts["total"]
        if not failed:
            return False
        if self.tolerated_count is None and self.tolerated_percentage is None:
            return True
        too_many = self.tolerated_count is not None and failed > self.tolerated_count
        too_large = self.tolerated_percentage is not None and failed * 100 > self.tolerated_percentage * total
        return too_many or too_large


def run_distributed_map(
    state_def: dict[str, Any],
    raw_input: Any,
    effective: Any,
    iterator: dict[str, Any],
    execution: dict[str, Any],
    ctx: dict[str, Any],
) -> tuple[Any, str | None]:
    """Output of the Map state and the name of the next; raises ministack's _ExecutionError."""
    for name in UNSUPPORTED:
        if name in state_def:
            raise sfn._ExecutionError("States.Runtime", f"the twin does not know {name} of a Distributed Map")
    scope = Scope(state_def, raw_input, effective, ctx)
    machine_role.require("states:StartExecution", execution["stateMachineArn"])
    run = _start_run(scope, execution)
    with _told(run, execution):
        items = read_items(scope)
        run.load(len(items))
        children = _run_children(scope, iterator, execution, run, items)
        return _finish(scope, run, children)


@contextlib.contextmanager
def _told(run: MapRun, execution: dict[str, Any]) -> Iterator[None]:
    """Write into the history how the run ends; one whose items cannot be read has begun, too."""
    try:
        yield
    except sfn._ExecutionError as error:
        run.record.update(status="FAILED", stopDate=now_iso())
        details = {"mapRunFailedEventDetails": {"error": error.error, "cause": error.cause}}
        sfn._add_event(execution, "MapRunFailed", details)
        raise
    sfn._add_event(execution, "MapRunSucceeded", {})


def _start_run(scope: Scope, execution: dict[str, Any]) -> MapRun:
    _, _, _, region, account, _, machine, *_ = execution["stateMachineArn"].split(":")
    label = scope.state.get("Label") or new_uuid()
    count = scope.number("ToleratedFailureCount", 0) if "ToleratedFailureCount" in scope.state else None
    share = scope.number("ToleratedFailurePercentage", 0) if "ToleratedFailurePercentage" in scope.state else None
    arn = f"arn:aws:states:{region}:{account}:mapRun:{machine}/{label}:{new_uuid()}"
    counts = dict.fromkeys((*COUNTERS, "failuresNotRedrivable", "pendingRedrive"), 0)
    record = {
        "mapRunArn": arn,
        "executionArn": execution["executionArn"],
        "status": "RUNNING",
        "startDate": now_iso(),
        "maxConcurrency": int(scope.number("MaxConcurrency", 0)),
        "toleratedFailurePercentage": float(share or 0),
        "toleratedFailureCount": int(count or 0),
        "itemCounts": dict(counts),
        "executionCounts": dict(counts),
        "redriveCount": 0,
        "_stateMachineArn": f"arn:aws:states:{region}:{account}:stateMachine:{machine}/{label}",
    }
    sfn._map_runs[arn] = record
    started = {"mapRunStartedEventDetails": {"mapRunArn": arn}}
    sfn._add_event(execution, "MapRunStarted", started)
    return MapRun(record, count, share)


def _run_children(
    scope: Scope, iterator: dict[str, Any], execution: dict[str, Any], run: MapRun, items: list[Any]
) -> list[Child]:
    def run_one(index: int, item: Any) -> Child | None:
        if run.exceeded:
            return None
        stop_if_ended()
        child = _new_child(scope, execution, run, index, item)
        run.move("pending", "running")
        run.move("running", _run_child(scope, iterator, child))
        return Child(child)

    limit = run.record["maxConcurrency"]
    with ThreadPoolExecutor(max_workers=min(limit or THREADS, THREADS, max(len(items), 1))) as pool:
        futures = [
            pool.submit(contextvars.copy_context().run, run_one, index, item) for index, item in enumerate(items)
        ]
        wait_for_all(futures)
    return [child for future in futures if (child := future.result()) is not None]


def _new_child(scope: Scope, execution: dict[str, Any], run: MapRun, index: int, item: Any) -> dict[str, Any]:
    selector = scope.state.get("ItemSelector")
    child_input = item if selector is None else scope.value(selector, {"Index": index, "Value": item})
    machine: str = run.record["_stateMachineArn"]
    name = new_uuid()
    text = json.dumps(child_input)
    record = {
        "executionArn": f"{machine.replace(':stateMachine:', ':execution:')}:{name}",
        "stateMachineArn": machine,
        "name": name,
        "status": "RUNNING",
        "startDate": now_iso(),
        "stopDate": None,
        "input": text,
        "inputDetails": {"included": True},
        "output": None,
        "outputDetails": {"included": True},
        "mapRunArn": run.record["mapRunArn"],
        "events": [],
        "testCase": execution.get("testCase"),
        "mockAttempts": {},
    }
    sfn._executions[record["executionArn"]] = record
    sfn._add_event(record, "ExecutionStarted", {"executionStartedEventDetails": {"input": text}})
    return record


def _run_child(scope: Scope, iterator: dict[str, Any], child: dict[str, Any]) -> str:
    """Run a child to its end and return the counter it ends in."""
    child_input = json.loads(child["input"])
    ctx = {
        "QueryLanguage": iterator.get("QueryLanguage") or scope.ctx.get("QueryLanguage", "JSONPath"),
        "Execution": {
            "Id": child["executionArn"],
            "Input": child_input,
            "Name": child["name"],
            "StartTime": child["startDate"],
        },
        "StateMachine": {"Id": child["stateMachineArn"], "Name": child["stateMachineArn"].rsplit(":", 1)[-1]},
        "variables": {},
    }
    try:
        output = json.dumps(sfn._run_sub_machine(iterator["States"], iterator["StartAt"], child_input, child, ctx))
    except sfn._ExecutionError as error:
        child.update(status="FAILED", error=error.error, cause=error.cause)
        details = {"executionFailedEventDetails": {"error": error.error, "cause": error.cause}}
        sfn._add_event(child, "ExecutionFailed", details)
    except StoppedError:
        child.update(status="ABORTED")
        sfn._add_event(child, "ExecutionAborted", {"executionAbortedEventDetails": {}})
    else:
        child.update(status="SUCCEEDED", output=output)
        sfn._add_event(child, "ExecutionSucceeded", {"executionSucceededEventDetails": {"output": output}})
    child["stopDate"] = now_iso()
    return str(child["status"]).lower()


def _finish(scope: Scope, run: MapRun, children: list[Child]) -> tuple[Any, str | None]:
    stop_if_ended()
    run.record["stopDate"] = now_iso()
    run.record["status"] = "FAILED" if run.exceeded else "SUCCEEDED"
    writer = scope.state.get("ResultWriter") or {}
    if "Resource" in writer:
        result: Any = write_results(scope, run.record["mapRunArn"], children)
        for counts in (run.record["itemCounts"], run.record["executionCounts"]):
            counts["resultsWritten"] = len(children)
    else:
        result = formatted(children, writer.get("WriterConfig", {}).get("Transformation", "COMPACT"))
    if run.exceeded:
        raise sfn._ExecutionError(
            "States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"
        )
    return _output(scope, result), sfn._next_or_end(scope.state)


def _output(scope: Scope, result: Any) -> Any:
    state, raw_input, ctx = scope.state, scope.raw_input, scope.ctx
    if scope.jsonata:
        output = sfn._apply_jsonata_output(state, raw_input, ctx, result=result, default=result)
        sfn._apply_state_assign(state, raw_input, ctx, result=result)
        return output
    selected = sfn._apply_result_selector(state, result)
    return sfn._apply_output_path(state, sfn._apply_result_path(state, raw_input, selected), ctx)
