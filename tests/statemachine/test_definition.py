"""Rules for the definition that no linter checks."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from gavel.admission.rules import PATIENCE_SECONDS
from gavel.aws import slots
from gavel.metrics import BUILTIN_METRICS
from gavel.names import JobStatus
from gavel.planning.pacing import expected_seconds, wait_seconds
from gavel.planning.plan import SHARD_RECORDS
from infra.handler_table import WORKFLOW_HANDLERS
from tests.statemachine import definition, jsonata_reading
from tests.statemachine.definition import ROOT, TEXT, Transition

if TYPE_CHECKING:
    from collections.abc import Iterator

MACHINE = definition.load()
STATES = definition.all_states(MACHINE)
TASKS = definition.tasks(MACHINE)
LAMBDAS = {handler.title: handler for handler in WORKFLOW_HANDLERS}
# Fields that may call AWS or read a file: what can fail besides its own expressions.
FALLIBLE = {name: state for name, state in STATES.items() if state["Type"] in {"Task", "Map"}}
JSONPATH_FIELDS = {
    "InputPath", "Parameters", "ResultSelector", "ResultPath", "OutputPath", "ItemsPath", "MaxConcurrencyPath",
    "SecondsPath", "TimestampPath", "TimeoutSecondsPath", "HeartbeatSecondsPath", "ErrorPath", "CausePath", "Variable",
    "ToleratedFailurePercentagePath", "ToleratedFailureCountPath", "MaxItemsPath", "Iterator",
}  # fmt: skip
# The largest values that Step Functions takes (Developer Guide, "Handling errors" and "Task workflow state").
LONGEST_DELAY = 31_622_400
LARGEST_NUMBER = 99_999_999


def bedrock_statuses() -> list[str]:
    shape: Any = botocore.session.get_session().get_service_model("bedrock").shape_for("EvaluationJobStatus")
    return list(shape.enum)


def keys_of(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from keys_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from keys_of(part)


def next_of_choice(name: str, *, answer: dict[str, Any], **variables: Any) -> tuple[str, str]:
    """Way and target that a Choice takes for an input."""
    state = STATES[name]
    for index, rule in enumerate(state["Choices"]):
        condition = definition.expression(rule["Condition"])
        assert condition is not None
        if jsonata_reading.evaluate(condition, states={"input": answer}, **variables):
            return f"Choices[{index}]", rule["Next"]
    return "Default", state["Default"]


# --- The page -------------------------------------------------------------------------------------------------------


def test_the_machine_is_one_page() -> None:
    assert len(TEXT.splitlines()) < 200


def test_it_speaks_jsonata_and_has_no_field_of_jsonpath() -> None:
    assert MACHINE["QueryLanguage"] == "JSONata"
    found = set(keys_of(MACHINE))
    assert not found & JSONPATH_FIELDS
    assert not [key for key in found if key.endswith(".$")]
    assert [key for key in keys_of(MACHINE) if key == "QueryLanguage"] == ["QueryLanguage"]


def test_no_two_states_share_a_name() -> None:
    names = Counter(name for _, states in definition.scopes(MACHINE) for name in states)
    assert [name for name, count in names.items() if count > 1] == []


def test_infra_fills_every_placeholder_and_no_other() -> None:
    assert set(definition.PLACEHOLDER.findall(TEXT)) == {
        "Partition", "Bucket", *(f"{title}Arn" for title in LAMBDAS)
    }  # fmt: skip


@pytest.mark.parametrize("name", TASKS)
def test_a_task_calls_the_lambda_of_its_own_name(name: str) -> None:
    assert TASKS[name]["Arguments"]["FunctionName"] == f"${{{name}Arn}}"
    assert TASKS[name]["Resource"] == "arn:${Partition}:states:::lambda:invoke"
    file = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
    assert (ROOT / "lambdas" / "handlers" / f"{file}.py").is_file()
    assert LAMBDAS[name].name == file


def test_every_lambda_of_the_workflow_is_a_task() -> None:
    assert set(LAMBDAS) == set(TASKS)


# --- Time -----------------------------------------------------------------------------------------------------------


def test_the_machine_has_a_timeout() -> None:
    assert 0 < MACHINE["TimeoutSeconds"] <= LARGEST_NUMBER


@pytest.mark.parametrize("name", TASKS)
def test_a_task_waits_longer_than_its_lambda_may_run(name: str) -> None:
    assert LAMBDAS[name].timeout < TASKS[name]["TimeoutSeconds"] <= LARGEST_NUMBER


def longest_call(state: dict[str, Any]) -> int:
    """Seconds until a Task that always fails has used up every entry of its Retry, without the luck of jitter."""
    seconds: int = state["TimeoutSeconds"]
    for retrier in state["Retry"]:
        for number in range(retrier["MaxAttempts"]):
            delay = min(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** number, retrier["MaxDelaySeconds"])
            seconds += round(delay) + state["TimeoutSeconds"]
    return seconds


def test_a_job_that_uses_up_every_limit_ends_within_the_machine_s_time() -> None:
    expected = expected_seconds(records=SHARD_RECORDS, metrics=len(BUILTIN_METRICS))
    waits = [wait_seconds(expected=expected, looks=looks) for looks in range(200)]
    calls = {name: longest_call(state) for name, state in TASKS.items()}
    assert sum(calls.values()) + len(waits) * calls["CheckJob"] + sum(waits) < MACHINE["TimeoutSeconds"]


# --- Errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FALLIBLE)
def test_what_can_fail_is_tried_again_with_jitter_and_a_longest_delay(name: str) -> None:
    retriers = [retrier for retrier in FALLIBLE[name]["Retry"] if retrier.get("MaxAttempts") != 0]
    assert retriers
    for retrier in retriers:
        assert retrier["JitterStrategy"] == "FULL"
        assert 0 < retrier["IntervalSeconds"] < retrier["MaxDelaySeconds"] < LONGEST_DELAY
        assert 0 < retrier["MaxAttempts"] <= LARGEST_NUMBER
        assert retrier["BackoffRate"] >= 1


@pytest.mark.parametrize("name", FALLIBLE)
def test_a_rule_for_errors_has_no_misspelt_field(name: str) -> None:
    retry = {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"}
    assert all(set(rule) <= retry for rule in FALLIBLE[name]["Retry"])
    assert all(set(rule) <= {"ErrorEquals", "Assign", "Output", "Next"} for rule in FALLIBLE[name]["Catch"])


@pytest.mark.parametrize("name", FALLIBLE)
def test_every_error_that_can_be_caught_is_caught(name: str) -> None:
    assert FALLIBLE[name]["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


@pytest.mark.parametrize("name", FALLIBLE)
@pytest.mark.parametrize("rules", ["Retry", "Catch"])
def test_states_all_stands_alone_and_last(name: str, rules: str) -> None:
    *before, _ = FALLIBLE[name][rules]
    assert all("States.ALL" not in rule["ErrorEquals"] for rule in before)
    for rule in FALLIBLE[name][rules]:
        assert rule["ErrorEquals"] == ["States.ALL"] or "States.ALL" not in rule["ErrorEquals"]


@pytest.mark.parametrize("name", TASKS)
def test_a_missing_permission_is_not_tried_again(name: str) -> None:
    first = TASKS[name]["Retry"][0]
    assert "NotPermittedError" in first["ErrorEquals"]
    assert first["MaxAttempts"] == 0


@pytest.mark.parametrize("name", TASKS)
def test_errors_are_known_by_names_that_the_code_raises(name: str) -> None:
    problems = (ROOT / "lambdas" / "gavel" / "problems.py").read_text()
    named = {error for rule in TASKS[name]["Retry"] + TASKS[name]["Catch"] for error in rule["ErrorEquals"]}
    assert [error for error in named - {"States.ALL"} if f"class {error}(GavelError)" not in problems] == []


# --- Ways -----------------------------------------------------------------------------------------------------------


def reachable(start: str, states: definition.States) -> set[str]:
    found, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [way.target for way in definition.transitions({name: states[name]})]
    return found


def test_every_state_can_be_reached_and_leads_to_an_end() -> None:
    for start, states in definition.scopes(MACHINE):
        assert reachable(start, states) == set(states)
        for name in states:
            ends = [
                s for s in reachable(name, states) if states[s].get("End") or states[s]["Type"] in {"Succeed", "Fail"}
            ]
            assert ends, f"{name} leads nowhere"


def test_every_choice_has_a_default() -> None:
    assert all("Default" in state for state in STATES.values() if state["Type"] == "Choice")


def counters_of(states: definition.States) -> dict[str, set[str]]:
    """Variables that some states count up, with those states; one that is set otherwise inside a loop is not there."""
    counting: dict[str, set[str]] = {}
    for way in definition.transitions(states):
        for variable, value in definition.assigned(states[way.source], way.way).items():
            text = definition.expression(value)
            if text and jsonata_reading.increment(text) == variable:
                counting.setdefault(variable, set()).add(way.source)
    return counting


def cyclic(edges: set[Transition]) -> bool:
    left = set(edges)
    while left:
        sources = {edge.source for edge in left}
        rest = {edge for edge in left if edge.target in sources}
        if rest == left:
            return True
        left = rest
    return False


def unbounded(states: definition.States) -> bool:
    """Whether a loop remains when neither a guarded way (`$n < limit`) nor a state that counts n may be used."""
    edges = set(definition.transitions(states))
    if not cyclic(edges):
        return False
    for counter, counting in counters_of(states).items():
        guarded = {
            edge for edge in edges if edge.way.startswith("Choices") and guards(states[edge.source], edge, counter)
        }
        resets = {
            edge
            for edge in edges
            if counter in definition.assigned(states[edge.source], edge.way) and edge.source not in counting
        }
        in_loop = {edge for edge in edges if edge.source in reachable(edge.target, states)}
        if not cyclic(edges - guarded) and not cyclic({e for e in edges if e.source not in counting}):
            return bool(resets & in_loop)
    return True


def guards(state: definition.State, edge: Transition, counter: str) -> bool:
    index = int(edge.way.removesuffix("]").split("[")[1])
    condition = definition.expression(state["Choices"][index]["Condition"])
    assert condition is not None
    limits = [jsonata_reading.bound(part) for part in jsonata_reading.conjuncts(condition)]
    return any(limit is not None and limit[0] == counter for limit in limits)


def test_every_loop_has_a_bound() -> None:
    for _, states in definition.scopes(MACHINE):
        assert not unbounded(states)


@pytest.mark.parametrize("flaw", ["the guard is gone", "the count stands still", "the count starts again"])
def test_the_rule_for_loops_finds_one_without_a_bound(flaw: str) -> None:
    states = copy.deepcopy(MACHINE["States"]["RunJobs"]["ItemProcessor"]["States"])
    if flaw == "the guard is gone":
        states["JobStatus"]["Choices"][0]["Condition"] = "{% $states.input.status = 'InProgress' %}"
    elif flaw == "the count stands still":
        del states["WaitForJob"]["Assign"]
    else:
        states["CheckJob"]["Assign"] = {"looks": 0}
    assert unbounded(states)


@pytest.mark.parametrize("looks", [0, 199])
@pytest.mark.parametrize("status", bedrock_statuses())
def test_every_status_that_bedrock_has_is_named_in_the_choice(status: str, looks: int) -> None:
    way, target = next_of_choice("JobStatus", answer={"status": status}, looks=looks)
    assert way != "Default"
    assert target == {
        "InProgress": "WaitForJob", "Stopping": "WaitForJob", "Completed": "CollectScores", "Deleting": "CollectScores",
        "Failed": "JobEnded", "Stopped": "JobEnded",
    }[status]  # fmt: skip


@pytest.mark.parametrize("status", ["InProgress", "Stopping"])
def test_a_job_that_goes_on_after_200_looks_is_given_up(status: str) -> None:
    assert next_of_choice("JobStatus", answer={"status": status}, looks=200) == ("Default", "FailJob")


@pytest.mark.parametrize("answer", [{"status": "Paused"}, {"status": "completed"}, {}])
def test_a_status_that_nobody_knows_fails_the_job(answer: dict[str, Any]) -> None:
    assert next_of_choice("JobStatus", answer=answer, looks=0) == ("Default", "FailJob")


def test_the_choice_names_no_status_that_bedrock_does_not_have() -> None:
    named = {
        text for _, found in definition.expressions(STATES["JobStatus"]) for text in jsonata_reading.strings(found)
    }
    assert named == {*bedrock_statuses(), JobStatus.COLLECTED.title()}


# --- Expressions ----------------------------------------------------------------------------------------------------


def test_every_expression_parses() -> None:
    filled = json.loads(definition.plausible())
    found = [text for state in definition.all_states(filled).values() for _, text in definition.expressions(state)]
    assert len(found) > 30
    for text in found:
        assert list(jsonata_reading.nodes(text))


def test_a_brace_with_a_percent_sign_is_always_a_whole_expression() -> None:
    for text in re.findall(r'"([^"]*(?:\{%|%\})[^"]*)"', TEXT):
        assert definition.expression(text), text


@pytest.mark.parametrize("name", STATES)
def test_an_expression_reads_only_what_step_functions_knows_there(name: str) -> None:
    for place, text in definition.expressions(STATES[name]):
        text = definition.PLACEHOLDER.sub("1", text)  # noqa: PLW2901 - the number that infra puts there
        if "errorOutput" in text:
            assert place.startswith("Catch["), place
        if "$states.result" in text:
            assert place.split(".")[0] in {"Output", "Assign"}, place
            assert STATES[name]["Type"] in {"Task", "Map"}


def test_a_variable_is_assigned_on_every_way_to_its_use() -> None:
    for start, states in definition.scopes(MACHINE):
        assert unassigned(start, states) == set()


def test_the_rule_for_variables_finds_a_way_without_an_assignment() -> None:
    processor = copy.deepcopy(MACHINE["States"]["RunJobs"]["ItemProcessor"])
    del processor["States"]["StartJob"]["Catch"][0]["Assign"]
    assert unassigned("StartJob", processor["States"]) == {("FailJob", "evaluation_id"), ("FailJob", "job")}


def unassigned(start: str, states: definition.States) -> set[tuple[str, str]]:
    """States with variables that they read although some way leads there without an assignment."""
    every = {
        variable
        for way in definition.transitions(states)
        for variable in definition.assigned(states[way.source], way.way)
    }
    known = {name: set(every) for name in states} | {start: set()}
    changed = True
    while changed:
        changed = False
        for way in definition.transitions(states):
            arriving = known[way.source] | set(definition.assigned(states[way.source], way.way))
            if not known[way.target] <= arriving:
                known[way.target] &= arriving
                changed = True
    return {
        (name, variable)
        for name, state in states.items()
        for _, text in definition.expressions(state)
        for variable in jsonata_reading.variables(definition.PLACEHOLDER.sub("1", text)) - {"states"}
        if variable not in known[name]
    }


# --- Slots ----------------------------------------------------------------------------------------------------------


def test_a_job_that_waits_for_a_slot_comes_again_before_its_place_in_the_queue_is_lost() -> None:
    retrier = next(rule for rule in TASKS["StartJob"]["Retry"] if "SlotsFullError" in rule["ErrorEquals"])
    longest = retrier["MaxDelaySeconds"] + TASKS["StartJob"]["TimeoutSeconds"]
    assert longest < slots.RENEWAL_SECONDS
    assert longest < PATIENCE_SECONDS
