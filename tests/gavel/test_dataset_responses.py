"""Answers that a dataset brings: which the suite asks for, and in which records."""

from __future__ import annotations

from typing import Any

import pytest

from gavel.datasets.reader import LENIENT_RULES, DatasetRules, rules_for
from gavel.suites.suite import default_suite, load_suite
from tests.gavel.dataset_builders import GOOD, answered, places, read_objects, the_problem


def test_without_a_suite_answers_of_one_source_are_taken() -> None:
    records, problems = read_objects(answered("app"), answered("app"))

    assert not problems
    assert [record.responses[0].model for record in records] == ["app", "app"]


def test_an_answer_missing_after_records_with_answers_is_refused_with_the_first_line() -> None:
    problem = the_problem(answered("app"), GOOD, answered("app"))

    assert (problem.line, problem.field) == (2, "modelResponses")
    assert "line 1" in problem.reason


def test_an_answer_after_records_without_answers_is_refused_with_the_first_line() -> None:
    problem = the_problem(GOOD, GOOD, answered("app"))

    assert (problem.line, problem.field) == (3, "modelResponses")
    assert "line 1" in problem.reason


def test_a_second_source_is_refused_with_the_line_of_the_first() -> None:
    problem = the_problem(answered("app"), answered("app"), answered("other"))

    assert (problem.line, problem.field) == (3, "modelResponses[0].modelIdentifier")
    assert "line 1 has `app`" in problem.reason


def test_two_answers_in_a_record_are_refused_without_a_suite() -> None:
    problem = the_problem(answered("app", "app"))

    assert problem.field == "modelResponses"
    assert "2 answers" in problem.reason


@pytest.mark.parametrize("source", ["", "-app", "has blank", "a/b", "x" * 257, 5, None, "app\n"])
def test_a_source_id_that_bedrock_refuses_is_refused(source: object) -> None:
    problem = the_problem({"prompt": "p", "modelResponses": [{"response": "r", "modelIdentifier": source}]})

    assert problem.field == "modelResponses[0].modelIdentifier"


@pytest.mark.parametrize("source", ["a", "my-app", "v1.2_final", "0", "x" * 256])
def test_a_source_id_that_bedrock_takes_is_taken(source: str) -> None:
    assert read_objects(answered(source))[0]


def test_other_keys_inside_an_answer_are_tolerated() -> None:
    answer = {"response": "r", "modelIdentifier": "app", "stopReason": "END_TURN"}

    assert read_objects({"prompt": "p", "modelResponses": [answer]})[0]


def suite_rules(yaml: str) -> DatasetRules:
    text = f"version: 1\njudges: [{{model: amazon.nova-pro-v1:0}}]\n{yaml}\n"
    return rules_for(load_suite(text.encode(), name="s", file="s.yaml"))


MODEL_ONLY = "generators: [{model: amazon.nova-lite-v1:0}]"
TWO_SOURCES = "generators: [{source: a}, {source: b}, {model: amazon.nova-lite-v1:0}]"


def test_a_suite_of_models_refuses_answers_that_bedrock_would_ignore() -> None:
    problem = the_problem(GOOD, answered("app"), rules=suite_rules(MODEL_ONLY))

    assert (problem.line, problem.field) == (2, "modelResponses")
    assert "responses: auto" in problem.remedy


def test_a_suite_of_models_takes_a_dataset_without_answers() -> None:
    assert len(read_objects(GOOD, GOOD, rules=suite_rules(MODEL_ONLY))[0]) == 2


def test_a_suite_without_generators_needs_answers_in_every_record() -> None:
    records, problems = read_objects(answered("app"), GOOD, rules=suite_rules(""))

    assert len(records) == 1
    assert places(problems) == [(2, "modelResponses")]


def test_a_suite_without_generators_takes_one_source_only() -> None:
    assert the_problem(answered("app"), answered("b"), rules=suite_rules("")).line == 2


def test_declared_sources_are_brought_by_every_record_in_any_order() -> None:
    records, problems = read_objects(answered("a", "b"), answered("b", "a"), rules=suite_rules(TWO_SOURCES))

    assert not problems
    assert [[response.model for response in record.responses] for record in records] == [["a", "b"], ["b", "a"]]


@pytest.mark.parametrize(
    ("record", "field", "reason"),
    [
        (answered("a"), "modelResponses", "no answer of the source `b`"),
        (answered("a", "b", "c"), "modelResponses[2].modelIdentifier", "`c` is no source of the suite"),
        (answered("a", "b", "a"), "modelResponses[2].modelIdentifier", "`a` stands twice"),
        (GOOD, "modelResponses", "is missing"),
    ],
)
def test_a_record_that_does_not_bring_what_the_suite_declares_is_refused(
    record: dict[str, Any], field: str, reason: str
) -> None:
    problem = the_problem(answered("a", "b"), record, rules=suite_rules(TWO_SOURCES))

    assert (problem.line, problem.field) == (2, field)
    assert reason in problem.reason


@pytest.mark.parametrize("records", [(GOOD, GOOD), (answered("any"), answered("any"))])
def test_auto_takes_a_dataset_with_and_without_answers(records: tuple[dict[str, Any], ...]) -> None:
    assert len(read_objects(*records, rules=rules_for(default_suite()))[0]) == 2


def test_auto_does_not_take_a_mixture() -> None:
    assert the_problem(GOOD, answered("any"), rules=rules_for(default_suite())).line == 2


def test_a_suites_limit_for_prompts_holds() -> None:
    assert suite_rules(f"{MODEL_ONLY}\ndataset: {{max_prompt_bytes: 9}}").max_prompt_bytes == 9


def test_while_a_suite_is_broken_only_what_holds_in_any_case_is_told() -> None:
    long_prompt = {"prompt": "x" * 5000}

    records, problems = read_objects(GOOD, answered("a", "b"), long_prompt, {"prompt": ""}, rules=LENIENT_RULES)

    assert len(records) == 3
    assert places(problems) == [(4, "prompt")]
