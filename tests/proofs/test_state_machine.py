"""The proof of the state machine holds for the definition, and each of its rules finds a flaw that is put in."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from gavel.names.object_keys import EvaluationKeys
from proofs import state_machine
from proofs.state_machine import coverage, rules, sizes
from proofs.state_machine.jsonata import Evaluations
from tests.schedules.scripted import play_all
from tests.schedules.world import World
from tests.statemachine import definition
from tests.statemachine.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Machine = dict[str, Any]

MACHINE = definition.load()


def states(machine: Machine) -> definition.States:
    return definition.all_states(machine)


def test_the_proof_holds() -> None:
    found = state_machine.prove(lambda text: None)

    assert found.broken == ()
    assert "15 of 15 states" in found.figures[1]


def test_the_proof_s_page_is_the_same_every_time() -> None:
    assert state_machine.prove(lambda text: None) == state_machine.prove(lambda text: None)


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.check.__name__)
def test_the_definition_keeps_the_rule(rule: rules.Rule) -> None:
    assert rule.check(MACHINE) == []


def no_machine_timeout(machine: Machine) -> None:
    del machine["TimeoutSeconds"]


def no_task_timeout(machine: Machine) -> None:
    del states(machine)["CheckJob"]["TimeoutSeconds"]


def no_retry(machine: Machine) -> None:
    del states(machine)["CollectScores"]["Retry"]


def no_catch(machine: Machine) -> None:
    states(machine)["RunJobs"]["Catch"] = []


def not_all_caught(machine: Machine) -> None:
    states(machine)["StartJob"]["Catch"][-1]["ErrorEquals"] = ["States.TaskFailed"]


def not_all_tried_again(machine: Machine) -> None:
    states(machine)["FailJob"]["Retry"].pop()


def all_before_others(machine: Machine) -> None:
    states(machine)["StartJob"]["Retry"].insert(0, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 0})


def all_beside_others(machine: Machine) -> None:
    states(machine)["PublishVerdict"]["Catch"][-1]["ErrorEquals"] = ["TryLaterError", "States.ALL"]


def named_twice(machine: Machine) -> None:
    states(machine)["StartJob"]["Retry"][2]["ErrorEquals"].append("SlotsFullError")


def no_longest_delay(machine: Machine) -> None:
    del states(machine)["StartJob"]["Retry"][1]["MaxDelaySeconds"]


def no_jitter(machine: Machine) -> None:
    states(machine)["RunJobs"]["Retry"][0]["JitterStrategy"] = "NONE"


def no_guard(machine: Machine) -> None:
    states(machine)["JobStatus"]["Choices"][0]["Condition"] = "{% $states.input.status = 'InProgress' %}"


def no_count(machine: Machine) -> None:
    del states(machine)["WaitForJob"]["Assign"]


def count_starts_again(machine: Machine) -> None:
    states(machine)["CheckJob"]["Assign"] = {"looks": 0}


def rounds_without_end(machine: Machine) -> None:
    machine["States"]["NextRound"]["Choices"][0]["Condition"] = "{% $exists($rounds[$round]) %}"


def dead_state(machine: Machine) -> None:
    machine["States"]["Nowhere"] = {"Type": "Succeed"}


def no_end(machine: Machine) -> None:
    machine["States"]["EvaluationFailed"] = {"Type": "Pass", "Next": "EvaluationFailed"}


def no_default(machine: Machine) -> None:
    del states(machine)["JobStatus"]["Default"]


def not_assigned(machine: Machine) -> None:
    del states(machine)["StartJob"]["Catch"][0]["Assign"]


def hands_on_the_whole_answer(machine: Machine) -> None:
    del states(machine)["CheckJob"]["Output"]


def joins_texts(machine: Machine) -> None:
    states(machine)["CheckJob"]["Output"] = "{% $states.input.status & $states.result.Payload.status %}"


def keeps_every_error(machine: Machine) -> None:
    state = states(machine)["FailJob"]
    state["Catch"][0]["Output"] = {"error": "{% $states.errorOutput %}", "before": "{% $states.input %}"}


FLAWS: list[tuple[Callable[[Machine], None], Callable[..., Any], str]] = [
    (no_machine_timeout, rules.time_is_bounded, "the machine: TimeoutSeconds"),
    (no_task_timeout, rules.time_is_bounded, "CheckJob: TimeoutSeconds"),
    (no_retry, rules.failures_are_tried_again_and_caught, "CollectScores: no Retry"),
    (no_catch, rules.failures_are_tried_again_and_caught, "RunJobs: no Catch"),
    (not_all_caught, rules.every_error_is_caught, "StartJob: the last entry of Catch"),
    (not_all_tried_again, rules.every_error_is_caught, "FailJob: the last entry of Retry"),
    (all_before_others, rules.states_all_stands_alone_and_last, "StartJob: Retry[0]"),
    (all_beside_others, rules.states_all_stands_alone_and_last, "PublishVerdict: Catch[0]"),
    (named_twice, rules.no_error_is_named_twice, "StartJob: Retry names SlotsFullError twice"),
    (no_longest_delay, rules.retries_are_patient, "StartJob: Retry[1]"),
    (no_jitter, rules.retries_are_patient, "RunJobs: Retry[0]"),
    (no_guard, rules.loops_are_bounded, "the states from StartJob"),
    (no_count, rules.loops_are_bounded, "the states from StartJob"),
    (count_starts_again, rules.loops_are_bounded, "the states from StartJob"),
    (rounds_without_end, rules.loops_are_bounded, "the states from PlanEvaluation"),
    (dead_state, rules.every_state_is_reached_and_ends, "Nowhere: no way leads there"),
    (no_end, rules.every_state_is_reached_and_ends, "EvaluationFailed: leads to no end"),
    (no_default, rules.every_state_is_reached_and_ends, "JobStatus: a Choice without a Default"),
    (not_assigned, rules.variables_are_assigned_on_every_way, "FailJob: some way leads there on which $job"),
    (hands_on_the_whole_answer, sizes.findings, "CheckJob: hands on all"),
    (joins_texts, sizes.findings, "CheckJob: nobody can tell how large"),
    (keeps_every_error, sizes.findings, "JobLost: up to "),
]


@pytest.mark.parametrize(("flaw", "rule", "finding"), FLAWS, ids=[flaw.__name__ for flaw, _, _ in FLAWS])
def test_a_rule_finds_the_flaw(flaw: Callable[[Machine], None], rule: Callable[..., Any], finding: str) -> None:
    machine = copy.deepcopy(MACHINE)
    flaw(machine)

    found = rule(machine)

    assert [sentence for sentence in found if sentence.startswith(finding)], found


def test_every_rule_has_a_flaw_that_it_finds() -> None:
    assert {rule.check for rule in rules.RULES} == {rule for _, rule, _ in FLAWS}


def test_what_no_scenario_goes_through_is_named(tmp_path: Path) -> None:
    left = [scenario for scenario in SCENARIOS if "JobLost" not in scenario.name and not scenario.lost]
    played = play_all(left, tmp_path).values()

    missed = coverage.missed(MACHINE, played)

    assert "nobody has gone through this: Entered(state='JobLost')" in missed
    assert any("Caught(state='FailJob'" in sentence for sentence in missed)
    assert "14 of 15 states" in coverage.figures(MACHINE, played)


def test_a_way_that_the_definition_does_not_have_is_named(tmp_path: Path) -> None:
    played = play_all(SCENARIOS, tmp_path).values()
    changed = copy.deepcopy(MACHINE)
    states(changed)["CheckJob"]["Next"] = "FailJob"

    assert any(
        sentence.startswith("this is not in the definition: Transition(source='CheckJob', way='Next'")
        for sentence in coverage.missed(changed, played)
    )


def test_a_value_that_jsonata_disputes_is_told() -> None:
    evaluations = Evaluations()
    evaluations.witness("$states.input.n + 1", {"states": {"input": {"n": 1}}}, 2)
    evaluations.witness("$states.input.nothing", {"states": {"input": {"n": 1}}}, None)
    assert evaluations.disputed() == []

    evaluations.witness("$states.input.n + 1", {"states": {"input": {"n": 2}}}, 4)

    (sentence,) = evaluations.disputed()
    assert 'is 4, and by JSONata\'s own implementation {"value": 3}' in sentence


def test_handlers_answer_what_the_bound_of_payloads_takes_for_their_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[tuple[str, dict[str, Any]]] = []
    invoke = World.invoke

    def watched(world: World, state: str, event: dict[str, Any], **how: Any) -> Any:
        answer = invoke(world, state, event, **how)
        if state != "StartJob":  # what it answers is nobody's; its token brings what it promises
            answers.append((state, answer))
        return answer

    monkeypatch.setattr(World, "invoke", watched)
    for seed in range(12):
        World(seed).run()

    assert {state for state, _ in answers} >= {"PlanEvaluation", "CheckJob", "CollectScores", "FailJob"}
    for state, answer in answers:
        assert set(answer) <= set(sizes.promised(state)), state
        assert sizes.size(answer) <= sizes.size(sizes.promised(state))


def test_the_longest_id_is_as_long_as_the_pattern_lets_it_be() -> None:
    suite, _, digest = sizes.LONGEST_ID.rpartition("-")
    assert (len(suite), len(digest)) == (40, 16)
    assert sizes.LONGEST["map_results"] == EvaluationKeys(sizes.LONGEST_ID).map_results()
