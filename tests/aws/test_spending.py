"""Sums of money stay exact and below their limits, whatever is repeated, lost or refused on the way."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from gavel.aws import clients, spending
from gavel.aws.failures import ClientError
from gavel.aws.manifests import read_manifest
from gavel.names import table_keys
from gavel.pricing.budget import Budget
from gavel.problems import TryLaterError
from tests.aws.builders import planned, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.planning.manifest import Manifest
    from tests.aws.conftest import Stage

LIMIT = 100  # millionths of a USD
SUITE = (
    "version: 1\ngenerators: [{model: 'amazon.nova-lite-v1:0'}]\njudges: [{model: 'amazon.nova-pro-v1:0'}]\n"
    "metrics: [Refusal]\n"
)


class Trouble:
    """A DynamoDB client whose transactions are refused, or made without anybody hearing of it, by seed."""

    def __init__(self, real: Any, chance: random.Random) -> None:
        self.real = real
        self.chance = chance

    def __call__(self, **request: Any) -> Any:
        fate = self.chance.random()
        if fate < 0.2:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "TransactWriteItems")
        answer = self.real(**request)
        if fate < 0.4:
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, "TransactWriteItems")
        return answer


def reservations(stage: Stage, evaluation: str) -> Iterator[int]:
    """What each job of an evaluation counts for."""
    for item in stage.table.results(evaluation, table_keys.RESERVATION_SORT_PREFIX):
        yield item.get("spent", item["reservation"]["amount"])


def insist(action: Any) -> Any:
    """Do it until an answer comes, as the state machine does."""
    while True:
        try:
            return action()
        except TryLaterError:
            continue


@pytest.mark.parametrize("seed", range(6))
def test_sums_are_those_of_the_jobs_and_no_reservation_passes_a_limit(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    manifests = [read_manifest(stage.bucket, planned(stage, record(number), suite=SUITE)[0]) for number in (1, 2)]
    budget = Budget(per_evaluation_usd=LIMIT / 1e6, per_month_usd=1.5 * LIMIT / 1e6)
    manifests = [replace(one, suite=replace(one.suite, budget=budget)) for one in manifests]
    client = clients.table(stage.table.name).meta.client
    monkeypatch.setattr(client, "transact_write_items", Trouble(client.transact_write_items, chance))
    granted: set[tuple[str, str]] = set()
    for _ in range(60):
        manifest = chance.choice(manifests)
        evaluation, job = manifest.evaluation_id, f"g0-j0-s{chance.randrange(6)}"
        before = (spending.of_evaluation(stage.table, evaluation), month_sum(stage, manifest))
        if chance.random() < 0.7:
            amount = chance.randrange(1, 60)
            reason = insist(partial(spending.reserve, stage.table, manifest, job, amount=amount))
            after = (spending.of_evaluation(stage.table, evaluation), month_sum(stage, manifest))
            if reason is None and (evaluation, job) not in granted:
                granted.add((evaluation, job))
                assert after == (before[0] + amount, before[1] + amount)
                assert after[0] <= LIMIT
                assert after[1] <= 1.5 * LIMIT
            else:
                assert after == before
                assert reason is None or "budget per_" in reason or "given back" in reason
        else:
            spent = chance.randrange(0, 90)
            insist(partial(spending.settle, stage.table, evaluation, job, spent=spent))
        sums = [sum(reservations(stage, one.evaluation_id)) for one in manifests]
        assert [spending.of_evaluation(stage.table, one.evaluation_id) for one in manifests] == sums
        assert month_sum(stage, manifest) == sum(sums)
    assert granted


def month_sum(stage: Stage, manifest: Manifest) -> int:
    return spending.of_month(stage.table, manifest.suite.name, spending.month_of(manifest))


def test_a_reservation_that_is_made_again_counts_once(stage: Stage) -> None:
    manifest = read_manifest(stage.bucket, planned(stage, record(1), suite=SUITE)[0])

    answers = [spending.reserve(stage.table, manifest, "g0-j0-s0", amount=40) for _ in range(2)]

    assert answers == [None, None]
    assert (spending.of_evaluation(stage.table, manifest.evaluation_id), month_sum(stage, manifest)) == (40, 40)


def test_of_two_who_settle_a_job_at_the_same_time_one_counts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = read_manifest(stage.bucket, planned(stage, record(1), suite=SUITE)[0])
    evaluation = manifest.evaluation_id
    spending.reserve(stage.table, manifest, "g0-j0-s0", amount=40)
    meanwhile = [lambda: spending.settle(stage.table, evaluation, "g0-j0-s0", spent=30)]
    get = spending._get

    def get_and_be_overtaken(*given: Any) -> Any:
        found = get(*given)
        if meanwhile:
            meanwhile.pop()()
        return found

    monkeypatch.setattr(spending, "_get", get_and_be_overtaken)
    spending.settle(stage.table, evaluation, "g0-j0-s0", spent=10)

    assert (spending.of_evaluation(stage.table, evaluation), month_sum(stage, manifest)) == (30, 30)
