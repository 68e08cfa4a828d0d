"""Suites as texts, and what reading them tells, for the tests of suites."""

from __future__ import annotations

import pytest

from gavel.problems import InvalidInputError, Problem
from gavel.suites.suite import Suite, load_suite

MINIMAL = """\
version: 1
judges:
  - model: amazon.nova-pro-v1:0
"""


def load(text: str | bytes, *, name: str = "mine") -> Suite:
    return load_suite(text if isinstance(text, bytes) else text.encode(), name=name, file="suite.yaml")


def problems_of(text: str | bytes, *, name: str = "mine") -> list[Problem]:
    with pytest.raises(InvalidInputError) as refused:
        load(text, name=name)
    return refused.value.problems.listed


def the_problem(text: str | bytes) -> Problem:
    (problem,) = problems_of(text)
    return problem


def with_generator(lines: str) -> str:
    """A suite whose only generator is made of these lines; the first of them is line 5 of the file."""
    body = "".join(f"    {line}\n" for line in lines.splitlines())
    return f"{MINIMAL}generators:\n  -\n{body}"


def with_parameters(text: str) -> str:
    return with_generator(f"model: amazon.nova-lite-v1:0\nparameters: {{{text}}}")
