"""Prompts compared many at once are counted as if each were compared when it comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.datasets import repeated_prompts
from gavel.datasets.repeated_prompts import RepeatedPrompts


def one_by_one(prompts: list[str], most: int) -> tuple[int, int]:
    known: set[str] = set()
    repeats = 0
    for prompt in prompts:
        if prompt in known:
            repeats += 1
        elif len(known) < most:
            known.add(prompt)
    return repeats, len(known)


@given(
    st.lists(st.lists(st.sampled_from("abcdefghij"), max_size=6), max_size=12), st.integers(0, 12), st.integers(1, 9)
)
def test_repeats_are_those_of_comparing_one_by_one(blocks: list[list[str]], most: int, pending: int) -> None:
    prompts = RepeatedPrompts(most)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeated_prompts, "MOST_PENDING", pending)
        for block in blocks:
            prompts.add(block)
        counted = prompts.counted()

    assert counted == one_by_one([prompt for block in blocks for prompt in block], most)
    assert prompts.counted() == counted
