"""Rules for this definition that no linter checks; `proofs/state_machine/rules.py` has those for any."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from gavel.admission.rules import PATIENCE_SECONDS
from gavel.aws import slots
from gavel.metrics import BUILTIN_METRICS
from gavel.names.statuses import JobStatus
from gavel.planning.pacing import LONGEST_TIMEOUT, SHORTEST_TIMEOUT, expected_seconds, wait_seconds
from gavel.planning.plan import SHARD_RECORDS
from infra.functions import JOBS_LABEL
from infra.handler_table import WORKFLOW_HANDLERS
from tests.statemachine import definition, jsonata_reading
from tests.statemachine.definition import ROOT, TEXT

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
    waits = ".waitForTaskToken" if name == "StartJob" else ""
    assert TASKS[name]["Resource"] == f"arn:${{Partition}}:states:::lambda:invoke{waits}"
    file = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
    assert (ROOT / "lambdas" / "handlers" / f"{file}.py").is_file()
    assert LAMBDAS[name].name == file


def test_every_lambda_of_the_workflow_is_a_task() -> None:
    assert set(LAMBDAS) == set(TASKS)


# --- Time -----------------------------------------------------------------------------------------------------------


def timeouts(name: str) -> tuple[int, int]:
    """The shortest and the longest time of a Task."""
    seconds = TASKS[name]["TimeoutSeconds"]
    return (SHORTEST_TIMEOUT, LONGEST_TIMEOUT) if definition.waits_for_token(TASKS[name]) else (seconds, seconds)


@pytest.mark.parametrize("name", TASKS)
def test_a_task_waits_longer_than_its_lambda_may_run(name: str) -> None:
    shortest, longest = timeouts(name)
    assert LAMBDAS[name].timeout < shortest <= longest <= LARGEST_NUMBER


def longest_call(name: str) -> int:
    """Seconds until a Task that always fails has used up every entry of its Retry, without the luck of jitter.

    A wait that times out is not tried again, so an attempt that is takes no longer than its Lambda may.
    """
    state, (_, seconds) = TASKS[name], timeouts(name)
    attempt = LAMBDAS[name].timeout if definition.waits_for_token(state) else seconds
    for retrier in state["Retry"]:
        for number in range(retrier["MaxAttempts"]):
            delay = min(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** number, retrier["MaxDelaySeconds"])
            seconds += round(delay) + attempt
    return seconds


def test_a_job_that_uses_up_every_limit_ends_within_the_machine_s_time() -> None:
    expected = expected_seconds(records=SHARD_RECORDS, metrics=len(BUILTIN_METRICS))
    waits = [wait_seconds(expected=expected, looks=looks) for looks in range(200)]
    calls = {name: longest_call(name) for name in TASKS}
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


@pytest.mark.parametrize("name", TASKS)
def test_a_missing_permission_is_not_tried_again(name: str) -> None:
    first = TASKS[name]["Retry"][0]
    assert "NotPermittedError" in first["ErrorEquals"]
    assert first["MaxAttempts"] == 0


@pytest.mark.parametrize("name", TASKS)
def test_errors_are_known_by_names_that_the_code_raises(name: str) -> None:
    problems = (ROOT / "lambdas" / "gavel" / "problems.py").read_text()
    named = {error for rule in TASKS[name]["Retry"] + TASKS[name]["Catch"] for error in rule["ErrorEquals"]}
    known = set(re.findall(r"class (\w+)\((?:GavelError|WayError)\)", problems))
    assert named - known - {"States.ALL", "States.Timeout"} == set()


# --- Ways ---------------------------------------------------------------------------------------------------


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


def test_only_a_wait_for_a_token_may_time_out_without_another_attempt() -> None:
    refused = {
        name for name, state in TASKS.items() for rule in state["Retry"]
        if "States.Timeout" in rule["ErrorEquals"] and not rule["MaxAttempts"]
    }  # fmt: skip
    assert refused == {name for name, state in TASKS.items() if definition.waits_for_token(state)}


def test_the_map_has_the_label_by_which_the_grants_know_its_executions() -> None:
    assert STATES["RunJobs"]["Label"] == JOBS_LABEL


# --- Slots ----------------------------------------------------------------------------------------------------------


def test_a_job_that_waits_for_a_slot_comes_again_before_its_place_in_the_queue_is_lost() -> None:
    retrier = next(rule for rule in TASKS["StartJob"]["Retry"] if "SlotsFullError" in rule["ErrorEquals"])
    longest = retrier["MaxDelaySeconds"] + LAMBDAS["StartJob"].timeout
    assert longest < slots.RENEWAL_SECONDS
    assert longest < PATIENCE_SECONDS
