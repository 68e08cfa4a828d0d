"""Comparing two engines finds what differs, and the list of known differences cannot grow or rot unseen."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from proofs import engines
from proofs.engines.known import KNOWN, Known, judged
from proofs.engines.tellings import differences, spoken, telling
from tests.schedules.scripted import play_all
from tests.statemachine.histories import Retried
from tests.statemachine.scenarios import SCENARIOS

if TYPE_CHECKING:
    from tests.statemachine.performance import Performance

HAPPY = "an evaluation whose jobs go well"
ENTRY = Known(scenarios=("one", "two"), place=r"end\.\w+", twin="a+", interpreter="None", reason="")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Performance]:
    return play_all(SCENARIOS, tmp_path_factory.mktemp("plays"))


def test_a_performance_does_not_differ_from_itself(played: dict[str, Performance]) -> None:
    for performance in played.values():
        assert list(differences(telling(performance), telling(performance))) == []


def test_another_end_another_call_and_another_way_are_differences(played: dict[str, Performance]) -> None:
    performance = played[HAPPY]
    calls = {**performance.calls, "g0-j0-s0": performance.calls["g0-j0-s0"][:-1]}
    given = [{**call, "event": {**call["event"], "looks": 9}} for call in performance.calls["g0-j0-s0"]]

    for other, place in (
        (replace(performance, status="FAILED"), "end.status"),
        (replace(performance, output={}), "end.output.evaluation_id"),
        (replace(performance, cause="because"), "end.cause"),
        (replace(performance, calls=calls), "calls.g0-j0-s0"),
        (replace(performance, calls={**performance.calls, "g0-j0-s0": given}), "calls.g0-j0-s0[0].given.looks"),
        (replace(performance, fired=performance.fired[1:]), "way"),
        (replace(performance, children=performance.children[1:]), "jobs.g0-j0-s0"),
        (replace(performance, map_runs=2), "map runs"),
    ):
        assert place in [found[0] for found in differences(telling(performance), telling(other))]


def test_request_ids_and_stack_traces_are_no_differences_and_the_rest_of_an_error_is(
    played: dict[str, Performance],
) -> None:
    def caused(**fields: str) -> dict[str, object]:
        return telling(replace(played[HAPPY], cause=json.dumps({**fields, "stackTrace": []})))

    one = caused(errorType="A", requestId="1")
    assert list(differences(one, caused(errorType="A", requestId="2"))) == []
    assert [place for place, _, _ in differences(one, caused(errorType="B", requestId="1"))] == ["end.cause.errorType"]


def test_the_error_by_which_an_entry_was_met_is_compared() -> None:
    one = Retried("StartJob", 4, "States.ALL", again=True, met="RuntimeError")
    other = replace(one, met="OSError")
    assert one == other
    assert spoken(one) != spoken(other)


def test_a_difference_that_is_not_listed_is_wrong() -> None:
    listed = [("one", "end.output", "aa", None), ("two", "end.output", "a", None)]
    assert judged(listed, [ENTRY]) == ([], {0: {"one", "two"}})

    for other in (
        ("three", "end.output", "aa", None),
        ("one", "way", "aa", None),
        ("one", "end.output", "b", None),
        ("one", "end.output", "aa", "something"),
    ):
        wrong, _ = judged([*listed, other], [ENTRY])
        assert wrong == [f"{other[0]}: {other[1]} is {other[2]} on the twin and {other[3]} here"]


def test_a_listed_difference_that_is_gone_is_wrong() -> None:
    wrong, _ = judged([("one", "end.output", "aa", None)], [ENTRY])
    assert wrong == [r"two: end\.\w+ does not differ as proofs/engines/known.py says; take it out there"]


def test_every_known_difference_names_scenarios_that_there_are_and_says_why() -> None:
    names = {scenario.name for scenario in SCENARIOS}
    for entry in KNOWN:
        assert entry.scenarios
        assert set(entry.scenarios) <= names
        assert len(entry.reason) > 5


def test_the_proof_breaks_when_the_engines_are_alike_where_they_are_said_to_differ(
    played: dict[str, Performance],
) -> None:
    found = engines.compared(played, played)

    assert len(found.broken) == sum(len(entry.scenarios) for entry in KNOWN)
    assert found.figures[0].startswith(f"{len(SCENARIOS)} of {len(SCENARIOS)} scenarios come to the same end")


def test_the_proof_breaks_when_one_engine_comes_to_another_end(played: dict[str, Performance]) -> None:
    other = {**played, HAPPY: replace(played[HAPPY], status="TIMED_OUT")}

    found = engines.compared(other, played)

    assert f"{HAPPY}: end.status is TIMED_OUT on the twin and SUCCEEDED here" in found.broken
    assert found.figures[0].startswith(f"{len(SCENARIOS) - 1} of {len(SCENARIOS)}")
    assert f"| {HAPPY} | TIMED_OUT | 5 | NO |" in found.body


def test_the_proof_breaks_when_one_engine_skips_a_retry(played: dict[str, Performance]) -> None:
    def without_retries(performance: Performance) -> Performance:
        return replace(performance, fired=tuple(e for e in performance.fired if not isinstance(e, Retried)))

    found = engines.compared({name: without_retries(one) for name, one in played.items()}, played)

    assert any(sentence.startswith("twin: nobody has gone through this: Retried(") for sentence in found.broken)
