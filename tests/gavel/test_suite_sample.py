"""The sample that a suite asks for."""

from __future__ import annotations

import json

import pytest

from gavel.suites.sample import Allocation, Sample, SampleMethod
from gavel.suites.suite import Suite
from tests.gavel.suite_builders import MINIMAL, load, the_problem


def with_sample(text: str) -> str:
    """The sample is line 4 of the file."""
    return f"{MINIMAL}sample: {{{text}}}\n"


def test_a_sample_is_random_unless_the_suite_says_more() -> None:
    assert load(with_sample("size: 100")).sample == Sample(size=100)
    assert load(MINIMAL).sample is None


def test_a_sample_is_read_whole_and_comes_back_from_json() -> None:
    suite = load(
        with_sample(
            "size: 100, method: stratified, allocation: equal, minimum_per_category: 5, seed: 9223372036854775807"
        )
    )

    assert suite.sample == Sample(100, SampleMethod.STRATIFIED, Allocation.EQUAL, 5, 2**63 - 1)
    assert Suite.from_json(json.loads(json.dumps(suite.to_json()))) == suite


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("seed: 1", "sample.size"),
        ("size: 0", "sample.size"),
        ("size: 10000001", "sample.size"),
        ("size: 1.5", "sample.size"),
        ("size: 10, method: first", "sample.method"),
        ("size: 10, method: stratified, allocation: fair", "sample.allocation"),
        ("size: 10, seed: -1", "sample.seed"),
        ("size: 10, sead: 1", "sample.sead"),
        ("size: 10, allocation: equal", "sample.allocation"),
        ("size: 10, method: random, minimum_per_category: 2", "sample.minimum_per_category"),
        ("size: 10, method: stratified, minimum_per_category: 11", "sample.minimum_per_category"),
    ],
)
def test_a_sample_that_cannot_be_drawn_is_refused_at_its_field(text: str, field: str) -> None:
    problem = the_problem(with_sample(text))

    assert (problem.line, problem.field) == (4, field)
    assert problem.remedy
