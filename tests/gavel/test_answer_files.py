"""Answers in files of their own find their records by what these say, never by where they stand."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.datasets.answer_files import AnswerFile, with_answers
from gavel.datasets.reader import read_dataset, rules_for
from gavel.problems import InvalidInputError, Problems
from gavel.suites.suite import Suite, load_suite

if TYPE_CHECKING:
    import random

    from gavel.problems import Problem

SUITE = """
version: 1
generators: [{source: here}, {source: there, answers: there.jsonl}]
judges: [{model: "amazon.nova-pro-v1:0"}]
metrics: [Correctness]
"""
APART = SUITE.replace("{source: here}, ", "")


def lines(*rows: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def row(prompt: str, answer: str | None, source: str = "there", **more: str) -> dict[str, Any]:
    answers = {} if answer is None else {"modelResponses": [{"response": answer, "modelIdentifier": source}]}
    return {"prompt": prompt, **more, **answers}


def joined(
    dataset: bytes, answers: bytes, *, suite: str = SUITE
) -> tuple[list[tuple[str, dict[str, str]]], list[Problem]]:
    """Each record's prompt with its answers by source, and all problems."""
    problems = Problems()
    checked = load_suite(suite.encode(), name="mine", file="mine.yaml")
    with AnswerFile("there", file="there.jsonl") as file:
        file.read(io.BytesIO(answers), problems)
        reader = read_dataset(io.BytesIO(dataset), file="data.jsonl", rules=rules_for(checked), problems=problems)
        records = [
            (record.prompt, {answer.model: answer.text for answer in record.responses})
            for record in with_answers(reader, [file], file="data.jsonl", problems=problems)
        ]
    return records, problems.listed


def test_answers_of_two_files_stand_side_by_side_in_whatever_order() -> None:
    records, problems = joined(
        lines(row("a", "A here", "here"), row("b", "B here", "here")), lines(row("b", "B there"), row("a", "A there"))
    )

    assert not problems
    assert records == [
        ("a", {"here": "A here", "there": "A there"}),
        ("b", {"here": "B here", "there": "B there"}),
    ]


def test_equal_prompts_are_told_apart_by_reference_and_category_and_then_by_their_order() -> None:
    dataset = lines(
        row("same", None, referenceResponse="1"),
        row("same", None, referenceResponse="2"),
        row("same", None, category="x"),
        row("same", None, category="x"),
    )
    answers = lines(
        row("same", "first x", category="x"),
        row("same", "two", referenceResponse="2"),
        row("same", "second x", category="x"),
        row("same", "one", referenceResponse="1"),
    )

    records, problems = joined(dataset, answers, suite=APART)

    assert not problems
    assert [answer["there"] for _, answer in records] == ["one", "two", "first x", "second x"]


def test_a_file_that_echoes_prompts_alone_is_joined_by_them() -> None:
    records, problems = joined(
        lines(row("a", None, referenceResponse="r", category="c"), row("b", None)),
        lines(row("b", "B"), row("a", "A")),
        suite=APART,
    )

    assert not problems
    assert [answer["there"] for _, answer in records] == ["A", "B"]


def test_a_record_without_an_answer_is_told_with_its_line_and_no_answer_is_given_twice() -> None:
    records, problems = joined(
        lines(row("a", None), row("a", None), row("b", None)), lines(row("a", "A"), row("unasked", "U")), suite=APART
    )

    assert records == [("a", {"there": "A"})]
    assert [(one.file, one.line, one.field) for one in problems] == [
        ("data.jsonl", 2, "modelResponses"),
        ("data.jsonl", 3, "modelResponses"),
    ]
    assert problems[0].reason == "has no answer of the source `there` in there.jsonl"


def test_what_is_wrong_with_a_file_of_answers_is_told_in_its_own_name() -> None:
    _, problems = joined(lines(row("a", None)), lines(row("a", "A", "elsewhere"), row("b", None)), suite=APART)

    own = [one for one in problems if one.file == "there.jsonl"]
    assert {(one.line, one.field) for one in own} == {
        (1, "modelResponses[0].modelIdentifier"),
        (1, "modelResponses"),
        (2, "modelResponses"),
    }


def test_a_dataset_brings_no_answers_where_every_source_has_a_file() -> None:
    _, problems = joined(lines(row("a", "A")), lines(row("a", "A")), suite=APART)

    assert problems[0].reason == "is given, while every source of the suite has its `answers` in a file of its own"


@given(
    texts=st.lists(st.sampled_from(["p", "q", "r", "\u00e9\U0001f600", "p "]), min_size=1, max_size=30),
    dice=st.randoms(use_true_random=False),
)
def test_whatever_the_order_each_answer_goes_to_a_record_with_its_texts(texts: list[str], dice: random.Random) -> None:
    keyed = [(text, dice.choice(["", "x", "y"])) for text in texts]
    dataset = lines(*(row(text, None, **({"category": category} if category else {})) for text, category in keyed))
    answers = [
        row(text, f"{text}|{category}", **({"category": category} if category else {})) for text, category in keyed
    ]
    dice.shuffle(answers)

    records, problems = joined(dataset, lines(*answers), suite=APART)

    assert not problems
    assert [answer["there"] for _, answer in records] == [f"{text}|{category}" for text, category in keyed]


# --- In the suite ---------------------------------------------------------------------------------------------------


def load(text: str) -> Suite:
    return load_suite(text.encode(), name="mine", file="mine.yaml")


def test_a_suite_names_files_of_answers_and_keeps_them() -> None:
    suite = load(SUITE)

    assert suite.answer_files == {"there": "there.jsonl"}
    assert suite.sources == ("here",)
    assert Suite.from_json(suite.to_json()) == suite


@pytest.mark.parametrize(
    ("generators", "field", "reason"),
    [
        ("[{source: a, answers: ../a.jsonl}]", "generators[0].answers", "is not the name of a file of answers"),
        ("[{source: a, answers: a.txt}]", "generators[0].answers", "is not the name of a file of answers"),
        (
            "[{model: 'amazon.nova-lite-v1:0', answers: a.csv}]",
            "generators[0].answers",
            "is given without a source",
        ),
        (
            "[{source: a, answers: x.csv}, {source: b, answers: x.csv}]",
            "generators[1].answers",
            "`x.csv` is taken, first on line 2",
        ),
    ],
)
def test_a_file_of_answers_belongs_to_one_source(generators: str, field: str, reason: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        load(f"version: 1\ngenerators: {generators}\njudges: [{{model: 'amazon.nova-pro-v1:0'}}]\n")

    (problem,) = refused.value.problems.listed
    assert (problem.field, problem.reason) == (field, reason)
