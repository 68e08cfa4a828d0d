"""Every field that cannot be used is told with its line, its reason and its remedy, and no text of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.datasets.reader import DatasetRules
from tests.gavel.dataset_builders import GOOD, answered, line, places, read, read_objects, the_problem


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({}, "prompt", "is missing"),
        ({"prompt": None}, "prompt", "is null"),
        ({"prompt": 5}, "prompt", "is a number"),
        ({"prompt": True}, "prompt", "is true or false"),
        ({"prompt": ["p"]}, "prompt", "is a list"),
        ({"prompt": ""}, "prompt", "is blank"),
        ({"prompt": " \n\u3000"}, "prompt", "is blank"),
        ({"prompt": "a\0b"}, "prompt", "U+0000"),
        ({"prompt": "p", "referenceResponse": None}, "referenceResponse", "is null"),
        ({"prompt": "p", "referenceResponse": ""}, "referenceResponse", "is blank"),
        ({"prompt": "p", "referenceResponse": {}}, "referenceResponse", "is an object"),
        ({"prompt": "p", "category": ""}, "category", "is blank"),
        ({"prompt": "p", "category": 1.5}, "category", "is a number"),
        ({"prompt": "p", "category": "a\nb"}, "category", "line break"),
        ({"prompt": "p", "category": "a\x1b[31m"}, "category", "control character"),
        ({"prompt": "p", "category": "a\u202eb"}, "category", "control character"),
        ({"prompt": "p", "category": "ä" * 129}, "category", "longer than 256 bytes"),
        ({"prompt": "p", "modelResponses": None}, "modelResponses", "is null"),
        ({"prompt": "p", "modelResponses": {}}, "modelResponses", "is an object"),
        ({"prompt": "p", "modelResponses": []}, "modelResponses", "is empty"),
        ({"prompt": "p", "modelResponses": ["r"] * 1}, "modelResponses[0]", "is text, not an object"),
    ],
)
def test_a_field_that_cannot_be_used_is_refused_with_its_line(fields: dict[str, Any], field: str, reason: str) -> None:
    problem = the_problem({"prompt": "first", **answered("app")} if "modelResponses" in fields else GOOD, fields)

    assert (problem.file, problem.line, problem.field) == ("data.jsonl", 2, field)
    assert reason in problem.reason
    assert problem.remedy


@pytest.mark.parametrize("category", ["Shopping Math", "ä" * 128, "数学 😀", "a\u200db", "C#"])
def test_a_category_may_be_any_short_label(category: str) -> None:
    assert read_objects({"prompt": "p", "category": category})[0][0].category == category


@pytest.mark.parametrize(
    ("prompt", "accepted"), [("x" * 10, True), ("x" * 11, False), ("é" * 5, True), ("é" * 6, False)]
)
def test_a_prompts_length_counts_utf8_bytes(prompt: str, accepted: bool) -> None:
    records, problems = read_objects({"prompt": prompt}, rules=DatasetRules(max_prompt_bytes=10))

    assert bool(records) is accepted
    assert accepted or "`dataset.max_prompt_bytes`" in problems[0].remedy


def test_without_a_suite_bedrocks_quota_of_4_kb_holds() -> None:
    assert read_objects({"prompt": "x" * 4096})[0]
    assert "4,096" in the_problem({"prompt": "x" * 4097}).reason


def test_every_problem_of_a_line_is_told() -> None:
    _, problems = read_objects(
        {
            "prompt": " ",
            "referenceResponse": 1,
            "category": "",
            "modelResponses": [{"response": "", "modelIdentifier": "-"}],
        }
    )

    assert places(problems) == [
        (1, "prompt"),
        (1, "referenceResponse"),
        (1, "category"),
        (1, "modelResponses[0].response"),
        (1, "modelResponses[0].modelIdentifier"),
    ]


def test_every_bad_line_is_told_and_every_good_one_comes_out() -> None:
    data = b"\n".join([line(prompt="a"), b"{", line(prompt=""), line(prompt="b"), b"[]", b'"text"', line(prompt="c")])

    records, problems, reader = read(data)

    assert [record.prompt for record in records] == ["a", "b", "c"]
    assert [record.number for record in records] == [1, 4, 7]
    assert [problem.line for problem in problems] == [2, 3, 5, 6]
    assert (reader.facts.records, reader.facts.valid) == (7, 3)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Prompt", "prompt"),
        ("PROMPT", "prompt"),
        ("prompts", "prompt"),
        ("promt", "prompt"),
        (" prompt", "prompt"),
        ("reference_response", "referenceResponse"),
        ("referenceResponses", "referenceResponse"),
        ("refrenceResponse", "referenceResponse"),
        ("reference-response", "referenceResponse"),
        ("Category", "category"),
        ("categories", "category"),
        ("modelResponse", "modelResponses"),
        ("model_responses", "modelResponses"),
        ("modelresponses", "modelResponses"),
    ],
)
def test_a_slip_in_a_key_is_refused_because_its_value_would_be_lost(wrong: str, right: str) -> None:
    record = {wrong: "x"} if right == "prompt" else {"prompt": "p", wrong: "x"}

    problem = the_problem(record)

    assert problem.field == right
    assert problem.remedy == f"rename it to `{right}`"


def test_a_slip_beside_the_right_key_is_refused_too() -> None:
    assert the_problem({"prompt": "p", "Prompt": "q"}).field == "prompt"


@pytest.mark.parametrize(
    "key", ["promptId", "prompt_id", "id", "response", "reference", "categoryCode", "model", "promt", "prompts"]
)
def test_a_users_own_key_is_not_taken_for_a_slip(key: str) -> None:
    assert read_objects({"prompt": "p", key: "x"})[0]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("ModelIdentifier", "modelIdentifier"), ("model_identifier", "modelIdentifier"), ("Response", "response")],
)
def test_a_slip_inside_an_answer_is_told_once(wrong: str, right: str) -> None:
    answer = {"response": "r", "modelIdentifier": "app"}
    answer[wrong] = answer.pop(right)

    assert the_problem({"prompt": "p", "modelResponses": [answer]}).field == f"modelResponses[0].{right}"


def test_a_key_that_may_be_private_text_is_not_repeated() -> None:
    problem = the_problem({"prompt": "p", "Category ": "x"})

    assert "Category " not in str(problem)


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1))
def test_no_problem_repeats_the_text_of_a_prompt_or_an_answer(noise: str) -> None:
    private = f"CANARY-{noise}"
    objects: list[dict[str, Any]] = [
        {"prompt": private * 500},
        {"Prompt": private, "category": private + "\n"},
        {"prompt": {"text": private}, "referenceResponse": [private], "category": private * 300},
        {"prompt": private + "\0", "modelResponses": [{"response": [private], "modelIdentifier": private + "!"}]},
        {"prompt": " ", private: private, "modelResponses": private},
    ]
    broken = [b'{"prompt": "' + private.encode() + b'" x}', b'"' + private.encode(), private.encode() + b"\xff"]

    _, problems, _ = read(b"\n".join([line(**item) for item in objects] + broken))

    assert problems
    assert not [problem for problem in problems if "CANARY" in str(problem)]
