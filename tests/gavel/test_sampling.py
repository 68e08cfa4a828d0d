from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.planning import record_pool, sampling
from gavel.planning.allocation import AllocationError, allocate
from gavel.planning.sampling import Sampler, priority
from gavel.planning.sharding import CategoryCodes
from gavel.suites.sample import Allocation, Sample, SampleMethod
from tests.gavel import planning_builders as build

if TYPE_CHECKING:
    from gavel.problems import Problems

PROPORTIONAL, EQUAL = Allocation.PROPORTIONAL, Allocation.EQUAL
counts = st.lists(st.integers(1, 60), min_size=1, max_size=8)


def stratified(size: int, allocation: Allocation = PROPORTIONAL, minimum: int = 0) -> Sample:
    return Sample(size, SampleMethod.STRATIFIED, allocation, minimum)


def taken(extra: str, *categories: str | None) -> list[int]:
    return build.numbers(build.suite(f"sample: {{{extra}}}"), build.records(*categories))


def shares(extra: str, *categories: str | None) -> Counter[str | None]:
    return Counter(categories[number - 1] for number in taken(extra, *categories))


def refused(extra: str, *categories: str | None) -> Problems:
    draft, _, problems = build.drafted(build.records(*categories), build.suite(f"sample: {{{extra}}}"))
    assert draft is None
    return problems


def test_the_same_seed_takes_the_same_records() -> None:
    assert taken("size: 20, seed: 5", *[None] * 500) == taken("size: 20, seed: 5", *[None] * 500)


def test_another_seed_takes_other_records() -> None:
    assert taken("size: 20, seed: 5", *[None] * 500) != taken("size: 20, seed: 6", *[None] * 500)


def test_the_records_of_a_known_seed_stay_those_for_ever() -> None:
    # A manifest of today has to be repeatable with the code of tomorrow.
    assert taken("size: 5, seed: 42", *[None] * 100) == [11, 21, 26, 27, 40]


@pytest.mark.parametrize("method", ["random", "stratified"])
def test_the_plan_says_how_many_of_each_category_were_taken_and_deals_them_out_evenly(method: str) -> None:
    categories = [*["a"] * 3000, *["b"] * 2000, *[None] * 1000]
    suite = build.suite(f"sample: {{size: 2500, method: {method}}}")

    draft, shards, _ = build.drafted(build.records(*categories), suite)

    assert draft is not None
    told = {share.category: share.taken for share in draft.sampling.categories}
    rows = [Counter(row.get("category") for row in shard) for shard in shards["live"]]
    assert told == sum(rows, Counter())
    assert all(max(row[name] for row in rows) - min(row[name] for row in rows) <= 1 for name in told)


@pytest.mark.parametrize("method", ["random", "stratified"])
@given(length=st.integers(1, 400), size=st.integers(1, 60), seed=st.integers(0, 2**63 - 1))
def test_what_is_thrown_out_on_the_way_never_belonged_to_the_sample(
    method: str, length: int, size: int, seed: int
) -> None:
    categories = ["ab"[number % 2] for number in range(length)]
    found = taken(f"size: {size}, seed: {seed}, method: {method}", *categories)

    lowest = sorted(range(1, length + 1), key=lambda number: priority(seed.to_bytes(8, "big"), number))
    wanted = Counter(categories[number - 1] for number in found)
    expected = (
        lowest[:size]
        if method == "random"
        else [
            number
            for category in wanted
            for number in [one for one in lowest if categories[one - 1] == category][: wanted[category]]
        ]
    )
    assert sorted(found) == sorted(expected)


def test_a_sampler_that_has_to_throw_out_candidates_keeps_the_lowest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "_SLACK", 0)
    kept = Counter[str]()
    sampler, codes = Sampler(Sample(size=10, seed=1)), CategoryCodes()
    for number in range(1, 2001):
        if sampler.wants(number, codes.add(None)):
            kept["kept"] += 1
            sampler.keep(number, 0, number * 100, 100)

    found = sampler.selection(codes)

    lowest = sorted(range(1, 2001), key=lambda number: priority((1).to_bytes(8, "big"), number))[:10]
    assert found.numbers.tolist() == sorted(lowest)
    assert found.offsets.tolist() == [number * 100 for number in sorted(lowest)]
    assert kept["kept"] < 200


def test_a_larger_sample_of_the_same_seed_holds_the_smaller_one() -> None:
    assert set(taken("size: 20", *[None] * 500)) < set(taken("size: 30", *[None] * 500))


def test_every_record_is_as_likely_as_any_other() -> None:
    # 4,000 samples of 5 out of 50: each record is expected 400 times, with a deviation of 19.
    times: Counter[int] = Counter()
    for seed in range(4000):
        key = seed.to_bytes(8, "big")
        times.update(sorted(range(1, 51), key=lambda number: priority(key, number))[:5])

    assert set(times) == set(range(1, 51))
    assert min(times.values()) > 400 - 5 * 19
    assert max(times.values()) < 400 + 5 * 19


def test_a_sample_as_large_as_the_dataset_is_the_dataset() -> None:
    assert taken("size: 10", *[None] * 7) == [1, 2, 3, 4, 5, 6, 7]


def test_a_proportional_sample_has_the_shares_of_the_dataset() -> None:
    assert shares("size: 10, method: stratified", *["a"] * 60, *["b"] * 30, *[None] * 10) == {"a": 6, "b": 3, None: 1}


def test_an_equal_sample_has_as_many_of_each_category() -> None:
    found = shares("size: 9, method: stratified, allocation: equal", *["a"] * 60, *["b"] * 30, *["c"] * 10)

    assert found == {"a": 3, "b": 3, "c": 3}


def test_a_category_that_is_too_small_is_taken_whole_and_the_others_share_the_rest() -> None:
    found = shares("size: 9, method: stratified, allocation: equal", *["a"] * 60, *["b"] * 30, "c")

    assert found == {"a": 4, "b": 4, "c": 1}


def test_a_minimum_lifts_rare_categories() -> None:
    found = shares(
        "size: 20, method: stratified, minimum_per_category: 5", *["a"] * 900, *["b"] * 90, *["c"] * 10, *["d"] * 2
    )

    assert found == {"a": 8, "b": 5, "c": 5, "d": 2}


@given(counts=counts, size=st.integers(1, 300), minimum=st.integers(0, 12), allocation=st.sampled_from(Allocation))
def test_shares_add_up_keep_their_bounds_and_favour_nobody(
    counts: list[int], size: int, minimum: int, allocation: Allocation
) -> None:
    least = [min(minimum, count) for count in counts]
    if sum(least) > min(size, sum(counts)):
        with pytest.raises(AllocationError, match=r"raise sample\.size"):
            allocate(stratified(size, allocation, minimum), counts)
        return

    found = allocate(stratified(size, allocation, minimum), counts)

    assert sum(found) == min(size, sum(counts))
    for one, (share, low, high) in enumerate(zip(found, least, counts, strict=True)):
        assert low <= share <= high
        for other, other_share in enumerate(found):
            weight, other_weight = (1, 1) if allocation is EQUAL else (counts[one], counts[other])
            # Whoever could give one and whoever could take one are within a rounding of the same share.
            if share > low and other_share < counts[other]:
                assert (share - 1) * other_weight < (other_share + 1) * weight


def test_the_manifest_says_how_many_of_each_category_there_were_and_how_many_were_taken() -> None:
    of = build.suite("sample: {size: 4, method: stratified, seed: 3}")

    draft, _, _ = build.drafted(build.records(*["b"] * 6, *["a"] * 4, None, None), of)

    assert draft is not None
    found = draft.sampling.to_json()
    assert found["categories"] == [
        {"category": "a", "records": 4, "taken": 1},
        {"category": "b", "records": 6, "taken": 2},
        {"category": None, "records": 2, "taken": 1},
    ]
    assert (found["method"], found["records"], found["taken"], found["sample"]["seed"]) == ("stratified", 12, 4, 3)
    assert type(draft.sampling).from_json(found) == draft.sampling


def test_minimums_that_are_more_than_the_sample_are_refused_with_the_size_that_would_do() -> None:
    problems = refused("size: 5, method: stratified, minimum_per_category: 4", *["a"] * 9, *["b"] * 9, "c")

    (problem,) = problems.listed
    assert str(problem) == (
        "suites/mine.yaml:sample.minimum_per_category: 4 records of each of 3 categories are 9, and the sample has 5; "
        "raise sample.size to 9 or more, or lower sample.minimum_per_category"
    )


def test_a_stratified_sample_of_more_categories_than_can_be_told_apart_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gavel.planning.sharding.TOLD_APART", 2)

    problems = refused("size: 2, method: stratified", "a", "b", "c")

    assert [(one.field, one.remedy) for one in problems.listed] == [
        ("sample.method", "use `random`, or group the categories")
    ]


def test_a_sample_with_more_candidates_than_memory_is_meant_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_pool, "Sampler", lambda sample: Sampler(sample, max_candidates=3))

    problems = refused("size: 2, method: stratified", *"abcd")

    assert [one.field for one in problems.listed] == ["sample.size"]


def test_more_jobs_than_an_evaluation_may_have_are_refused_with_the_sample_that_would_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gavel.planning.limits.MAX_JOBS", 1)

    draft, _, problems = build.drafted(build.records(*[None] * 1001), build.suite())

    assert draft is None
    (problem,) = problems.listed
    assert str(problem) == (
        "suites/mine.yaml: the plan needs 2 jobs (2 shard(s) × 1 generator(s) × 1 judge(s)), and an evaluation may "
        "have 1; sample at most 1,000 records (`sample: {size: 1000}`), or name fewer generators or judges"
    )


def test_a_sample_makes_a_plan_small_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gavel.planning.limits.MAX_JOBS", 1)

    assert len(taken("size: 1000", *[None] * 1001)) == 1000
