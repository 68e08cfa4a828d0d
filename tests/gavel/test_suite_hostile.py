"""Files that are no suite, or are made to harm whoever reads them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gavel.datasets.limits import MAX_SUITE_BYTES
from gavel.problems import InvalidInputError
from gavel.suites.suite import Suite
from tests.gavel.suite_builders import MINIMAL, load, problems_of, the_problem


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"", None, "is empty"),
        (b"# only a comment\n", None, "is empty"),
        (b"- a\n- b\n", 1, "not a mapping"),
        (b"just text", 1, "not a mapping"),
        (b"version: 1\njudges: [\n", 3, "not valid YAML"),
        (b"version: 1\n\tjudges: x\n", 2, "not valid YAML"),
        (b"version: 1\n---\nversion: 1\n", 2, "not valid YAML"),
        (b"version: 1\nname: \xff\n", 2, "not UTF-8"),
        ("version: 1".encode("utf-16"), 1, "not UTF-8"),
        (b"version: 1\nname: a\0b\n", 2, "control character"),
        (b"x" * (MAX_SUITE_BYTES + 1), None, "larger than 256 KiB"),
        (b"a: " + b"[" * 30 + b"]" * 30, 1, "20 levels"),
        (b"[" * 100_000, 1, "20 levels"),
        (b"{" * 100_000, 1, "20 levels"),
    ],
)
def test_a_file_that_is_no_suite_at_all_is_refused(data: bytes, line: int | None, reason: str) -> None:
    problem = the_problem(data)

    assert problem.line == line
    assert reason in problem.reason


def test_a_yaml_bomb_is_refused_before_it_grows() -> None:
    levels = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]

    found = problems_of("\n".join(levels))

    assert {"anchor" in problem.reason or "alias" in problem.reason for problem in found} == {True}


def test_an_alias_to_itself_is_refused() -> None:
    assert problems_of("a: &a [*a]\n")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system [true]", "!!str 5", "!local x", "!!binary aGk="])
def test_tags_are_refused_with_their_line(tag: str) -> None:
    assert (4, True) in [
        (problem.line, "tag" in problem.reason) for problem in problems_of(f"{MINIMAL}description: {tag}\n")
    ]


def test_a_merge_key_is_just_an_unknown_key() -> None:
    assert the_problem(f"{MINIMAL}<<: {{version: 1}}\n").field == "<<"


def test_a_key_that_is_no_text_is_refused() -> None:
    assert "key" in the_problem(f"{MINIMAL}? [a, b]\n: 1\n").reason


def test_an_escape_sequence_in_a_value_does_not_reach_the_problem() -> None:
    problem = the_problem(f'{MINIMAL}metrics: ["\\e[31mred"]\n')

    assert "\x1b" not in str(problem)


def assert_refused_or_loaded(data: bytes) -> None:
    try:
        suite = load(data)
    except InvalidInputError as error:
        problems = error.problems
    else:
        assert Suite.from_json(suite.to_json()) == suite
        return
    assert problems.count > 0


@given(st.binary(max_size=300))
def test_any_bytes_are_a_suite_or_problems(data: bytes) -> None:
    assert_refused_or_loaded(data)


SCALARS: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PARTS = st.sampled_from(["model", "source", "name", "parameters", "latency", "max_tokens", "additional", "top_p"])


@given(
    st.dictionaries(
        st.sampled_from(["version", "description", "generators", "judges", "metrics", "dataset", "other"]),
        VALUES
        | st.lists(st.dictionaries(PARTS, VALUES, max_size=4), max_size=3)
        | st.just([{"model": "a.b"}])
        | st.just(1),
    )
)
def test_any_values_in_any_place_are_a_suite_or_problems(data: dict[str, Any]) -> None:
    assert_refused_or_loaded(yaml.safe_dump(data).encode())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('description: "\\UFFFFFFFF"', "no character or number"),
        ('description: "\\U00110000"', "no character or number"),
        ('description: "\\ud800"', "half of a surrogate pair"),
        ('"\\udfff": 1', "half of a surrogate pair"),
        ('"\\U0000DC00": 1', "half of a surrogate pair"),
    ],
)
def test_an_escape_that_is_no_character_is_refused_with_its_line(text: str, reason: str) -> None:
    problem = the_problem(f"{MINIMAL}{text}\n")

    assert problem.line == 4
    assert reason in problem.reason


def test_a_version_of_yaml_with_thousands_of_digits_is_refused() -> None:
    problem = the_problem(f"%YAML 1.{'1' * 5000}\n---\n{MINIMAL}")

    assert problem.line == 1
    assert "no character or number" in problem.reason
