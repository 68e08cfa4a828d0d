"""Slots: limits that hold, turns that are fair, queues in which nobody waits for ever."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.admission.rules import PATIENCE_SECONDS, decide, most_under_way
from gavel.admission.state import Claim, Limits, SlotState

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMITS = Limits(total=6, per_judge=3)
LIFE = 900


def claim(evaluation: str, number: int, *judges: str) -> Claim:
    return Claim(evaluation, f"g0-j0-s{number}", f"{evaluation}-s{number}", judges or ("nova",))


def holding(*claims: Claim, now: int = 0, until: int = 10_000) -> SlotState:
    state = SlotState()
    for one in claims:
        state = state.held(one, now=now, until=until)
    return state


def waiting(state: SlotState, *claims: Claim, now: int = 0) -> SlotState:
    for one in claims:
        state = state.wished(one, now=now, until=now + LIFE)
    return state


def granted(state: SlotState, one: Claim, *, now: int = 10, limits: Limits = LIMITS) -> bool:
    return decide(state, one, now=now, limits=limits).granted


def test_an_evaluation_alone_takes_every_slot() -> None:
    state = SlotState()
    for number in range(LIMITS.total):
        one = claim("a", number, f"judge-{number % 2}")
        assert granted(state, one)
        state = state.held(one, now=0, until=100)

    assert not granted(state, claim("a", 99, "judge-9"))


def test_a_judge_has_a_limit_of_its_own() -> None:
    state = holding(*(claim("a", number, "nova") for number in range(LIMITS.per_judge)))

    assert not granted(state, claim("a", 10, "nova"))
    assert granted(state, claim("a", 10, "claude"))


def test_a_job_of_two_judges_needs_room_with_both() -> None:
    state = holding(*(claim("a", number, "nova") for number in range(LIMITS.per_judge)))

    assert not granted(state, claim("b", 1, "claude", "nova"))


def test_a_job_that_holds_a_slot_may_go_on_however_full_it_is() -> None:
    own = claim("a", 0)
    state = waiting(holding(*(claim("a", number) for number in range(9))), claim("b", 1))

    assert granted(state, own)


def test_a_free_slot_goes_to_the_evaluation_that_holds_less() -> None:
    state = waiting(holding(claim("a", 1), claim("a", 2)), claim("b", 1), claim("a", 3))

    assert not granted(state, claim("a", 3))
    assert granted(state, claim("b", 1))


def test_among_equals_the_one_that_waits_longest_goes_first() -> None:
    full = holding(claim("c", 1), claim("c", 2))
    state = waiting(waiting(full, claim("b", 1), now=5), claim("a", 1), now=7)

    assert granted(state, claim("b", 1))
    assert not granted(state, claim("a", 1))


def test_who_cannot_be_served_now_keeps_nobody_waiting() -> None:
    state = waiting(holding(*(claim("a", number, "nova") for number in range(3))), claim("b", 1, "nova"))

    assert granted(state, claim("a", 9, "claude"))


def test_a_wish_that_was_not_repeated_keeps_nobody_waiting() -> None:
    state = waiting(holding(claim("a", 1), claim("a", 2)), claim("b", 1), now=0)

    assert not granted(state.current(now=LIFE - 1), claim("a", 3), now=LIFE - 1)
    assert granted(state.current(now=LIFE), claim("a", 3), now=LIFE)


def test_inside_an_evaluation_a_new_job_may_overtake_a_sleeping_one_for_an_hour_only() -> None:
    state = waiting(holding(claim("a", 1), claim("a", 2)), claim("a", 3), now=0)

    assert granted(state, claim("a", 4), now=PATIENCE_SECONDS)
    assert not granted(state, claim("a", 4), now=PATIENCE_SECONDS + 1)
    assert granted(state, claim("a", 3), now=PATIENCE_SECONDS + 1)


def test_a_lease_that_ran_out_still_counts_and_is_named_for_bedrock_to_be_asked() -> None:
    state = holding(claim("a", 1), until=100).held(claim("a", 2), now=0, until=50).held(claim("a", 3), now=0, until=500)

    decision = decide(state, claim("b", 1), now=100, limits=LIMITS)

    assert not decision.granted
    assert [lease.claim.job_id for lease in decision.suspects] == ["g0-j0-s2", "g0-j0-s1"]


def test_only_leases_that_are_in_the_way_are_suspects() -> None:
    state = holding(claim("a", 1, "claude"), until=50)
    state = state.held(claim("a", 2), now=0, until=50).held(claim("a", 3), now=0, until=900)
    state = state.held(claim("a", 4), now=0, until=900)

    decision = decide(state, claim("b", 1, "nova"), now=100, limits=LIMITS)

    assert [lease.claim.job_id for lease in decision.suspects] == ["g0-j0-s2"]


def test_the_reason_names_the_limit() -> None:
    nova = holding(*(claim("a", number, "nova") for number in range(3)))
    every = holding(*(claim("a", number, f"j{number}") for number in range(6)))

    assert decide(nova, claim("b", 1), now=1, limits=LIMITS).reason == "3 jobs with the judge nova run already"
    assert decide(every, claim("b", 1), now=1, limits=LIMITS).reason == "6 jobs run already"


def test_a_lapsed_lease_keeps_its_slot_until_it_is_released() -> None:
    state = holding(claim("a", 1)).lapsed("a-s1", now=7)

    assert state.leases["a-s1"].until == 7
    assert state.released("a-s1") == SlotState()


def test_the_document_is_read_back_as_it_was_written() -> None:
    state = waiting(holding(claim("a", 1, "nova", "claude")), claim("b", 2), now=3)

    assert SlotState.from_json(state.to_json()) == state


# --- Any number of evaluations, in any order --------------------------------------------------------------------------

JUDGES = ("nova", "claude", "llama")
JOBS = st.lists(st.sampled_from([("nova",), ("claude",), ("llama",), ("nova", "claude")]), min_size=1, max_size=12)


@given(
    evaluations=st.lists(JOBS, min_size=1, max_size=5),
    limits=st.builds(Limits, total=st.integers(1, 7), per_judge=st.integers(1, 4)),
    choices=st.lists(st.integers(0, 10_000), min_size=20, max_size=200),
)
def test_no_limit_is_passed_somebody_can_always_go_on_and_every_job_runs(
    evaluations: list[list[tuple[str, ...]]], limits: Limits, choices: list[int]
) -> None:
    todo = [
        Claim(f"e{place}", f"j{number}", f"e{place}-j{number}", judges)
        for place, jobs in enumerate(evaluations)
        for number, judges in enumerate(jobs)
    ]
    state, now = SlotState(), 0
    for choice in [*choices, *range(100 * len(todo))]:
        if not todo and not state.leases:
            break
        now += 60
        running = list(state.leases.values())
        if running and (choice % 3 == 0 or not todo):
            state = state.released(running[choice % len(running)].claim.job_name)
            continue
        one = todo[choice % len(todo)]
        state = state.current(now=now)
        if decide(state, one, now=now, limits=limits).granted:
            state, todo = state.held(one, now=now, until=now + 9), [other for other in todo if other != one]
        else:
            state = state.wished(one, now=now, until=now + 10**9)
        assert_within(state, limits)
        assert_somebody_can_go_on(state, limits, now)
    assert not todo
    assert not state.leases


def assert_within(state: SlotState, limits: Limits) -> None:
    used = Counter(judge for lease in state.leases.values() for judge in lease.claim.judges)
    assert len(state.leases) <= limits.total
    assert max(used.values(), default=0) <= limits.per_judge


def assert_somebody_can_go_on(state: SlotState, limits: Limits, now: int) -> None:
    """When a waiting job would fit, one of those that wait is let in as soon as it asks."""
    used = Counter(judge for lease in state.leases.values() for judge in lease.claim.judges)
    waiting = [wish.claim for wish in state.wishes.values()]
    fits = [
        one
        for one in waiting
        if len(state.leases) < limits.total and all(used[judge] < limits.per_judge for judge in one.judges)
    ]
    if fits:
        assert any(granted(state, one, now=now, limits=limits) for one in waiting)


@pytest.mark.parametrize("evaluations", [2, 3, 5, 8])
def test_evaluations_with_work_for_days_come_to_equal_shares(evaluations: int) -> None:
    limits = Limits(total=18, per_judge=18)
    state = holding(*(claim("e0", number) for number in range(18)))
    queues = {f"e{place}": iter(range(100, 10_000)) for place in range(evaluations)}
    asking = {name: claim(name, next(queue)) for name, queue in queues.items()}
    now = 0
    for turn in range(400):
        now += 60
        oldest = min(state.leases.values(), key=lambda lease: (lease.since, lease.claim.job_name))
        state = state.released(oldest.claim.job_name)
        for name in rotated(sorted(queues), turn):
            if granted(state.current(now=now), asking[name], now=now, limits=limits):
                state = state.held(asking[name], now=now, until=now + 9)
                asking[name] = claim(name, next(queues[name]))
            state = state.wished(asking[name], now=now, until=now + LIFE)

    held = Counter(lease.claim.evaluation for lease in state.leases.values())
    assert sum(held.values()) == limits.total
    assert max(held.values()) - min(held.values()) <= 1


def rotated(names: list[str], turn: int) -> Iterable[str]:
    cut = turn % len(names)
    return [*names[cut:], *names[:cut]]


@pytest.mark.parametrize(
    ("judges", "limits", "most"),
    [
        ({"a"}, Limits(18, 5), 5),
        ({"a", "b"}, Limits(18, 5), 12),
        ({"a", "b", "c", "d"}, Limits(18, 5), 18),
        ({"a"}, Limits(3, 5), 3),
        (set(), Limits(18, 5), 1),
    ],
)
def test_few_jobs_are_under_way_that_could_only_wait(judges: set[str], limits: Limits, most: int) -> None:
    assert most_under_way(judges, limits) == most
