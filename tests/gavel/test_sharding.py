from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.planning import sharding
from gavel.planning.sharding import CategoryCodes, shard_of_each
from gavel.planning.shards import number_lines, shard_records
from tests.gavel import planning_builders as build

SOURCES = build.SUITE.replace(
    'generators: [{model: "amazon.nova-lite-v1:0", name: lite}]',
    'generators: [{source: old}, {model: "amazon.nova-lite-v1:0"}, {source: new}]',
)
codes = st.lists(st.integers(0, 4), min_size=1, max_size=300)


@given(categories=codes, most=st.integers(1, 40))
def test_shards_are_as_large_as_each_other_and_have_the_same_share_of_every_category(
    categories: list[int], most: int
) -> None:
    dealt = shard_of_each(build.selection(categories), max_records=most).tolist()

    shards = -(-len(categories) // most)
    sizes = Counter(dealt)
    assert set(dealt) == set(range(shards))
    assert max(sizes.values()) <= most
    assert max(sizes.values()) - min(sizes.values()) <= 1
    for category in set(categories):
        shares = Counter(shard for shard, code in zip(dealt, categories, strict=True) if code == category)
        counts = [shares[shard] for shard in range(shards)]
        assert max(counts) - min(counts) <= 1


@given(categories=codes, most=st.integers(1, 400))
def test_no_shard_is_larger_than_the_limit_of_bytes_unless_a_record_alone_is(categories: list[int], most: int) -> None:
    dealt = shard_of_each(build.selection(categories, length=10), max_bytes=most).tolist()

    assert max(Counter(dealt).values()) * 10 <= max(most, 10)


def test_records_of_one_category_stay_in_the_order_of_the_dataset() -> None:
    _, rows, _ = build.drafted(build.records(*[None] * 1500), build.suite())

    assert [row["prompt"] for shard in rows["live"] for row in shard] == [f"question {n}" for n in range(1, 1501)]


def test_a_file_that_is_sorted_by_category_gives_shards_with_all_of_them() -> None:
    _, rows, _ = build.drafted(build.records(*["a"] * 1000, *["b"] * 500, *["c"] * 3), build.suite())

    shares = [Counter(row["category"] for row in shard) for shard in rows["live"]]
    assert shares == [{"a": 500, "b": 250, "c": 2}, {"a": 500, "b": 250, "c": 1}]


def test_each_series_gets_its_own_answers_to_the_same_records() -> None:
    given_records = [build.record(number, old=f"old {number}", new=f"new {number}") for number in (1, 2)]

    _, rows, _ = build.drafted(given_records, build.suite(text=SOURCES))

    answers = {series: [row.get("modelResponses") for row in shards[0]] for series, shards in rows.items()}
    assert answers == {
        "source-0": [[{"response": f"old {n}", "modelIdentifier": "old"}] for n in (1, 2)],
        "live": [None, None],
        "source-2": [[{"response": f"new {n}", "modelIdentifier": "new"}] for n in (1, 2)],
    }


@given(texts=st.lists(st.text(min_size=1), min_size=1, max_size=20))
def test_any_text_comes_out_as_it_went_in(texts: list[str]) -> None:
    given_records = [build.record(number, old=text, new=text[::-1]) for number, text in enumerate(texts, start=1)]

    _, rows, _ = build.drafted(given_records, build.suite(text=SOURCES))

    assert [row["modelResponses"][0]["response"] for row in rows["source-0"][0]] == texts
    assert [row["modelResponses"][0]["response"] for row in rows["source-2"][0]] == [text[::-1] for text in texts]


def test_a_shard_is_read_back_with_the_numbers_that_its_records_have_in_the_dataset() -> None:
    lines = b"".join(json.dumps({"prompt": prompt}).encode() + b"\n" for prompt in ("x", "y"))

    found = [(one.number, one.prompt) for one in shard_records(lines, number_lines([7, 4711]))]

    assert found == [(7, "x"), (4711, "y")]


def test_a_shard_whose_numbers_are_not_its_own_is_never_read() -> None:
    with pytest.raises(ValueError, match="zip"):
        list(shard_records(b'{"prompt": "x"}\n', number_lines([1, 2])))


def test_categories_beyond_those_told_apart_are_dealt_out_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharding, "TOLD_APART", 2)
    categories = CategoryCodes()

    assert [categories.add(name) for name in ("a", None, "b", "c", "a")] == [0, 1, 2, 2, 0]
    assert (categories.names, list(categories.records), categories.pooled) == (["a", None], [2, 1, 2], True)
