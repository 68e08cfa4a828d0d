"""A few of the fault schedules on the deployed system; `python -m tests.twin.faults` runs as many as one likes."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.twin.faults.campaign import Campaign
from tests.twin.faults.stage import Stage

if TYPE_CHECKING:
    from local.settings import Settings
    from local.twin import State

pytestmark = [
    pytest.mark.twin,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the Lambdas' processes in /proc"),
]

SEEDS = range(1, 9)


def test_every_promise_is_kept_in_every_schedule(
    deployed_twin: tuple[State, dict[str, str]], twin_settings: Settings
) -> None:
    stage = Stage.on(twin_settings, *deployed_twin)
    campaign = Campaign(stage, f"faults-{uuid.uuid4().hex[:6]}", at_once=8)

    outcomes = list(campaign.outcomes(SEEDS))

    assert {outcome.line: outcome.broken for outcome in outcomes if outcome.broken} == {}
    assert campaign.closing() == []
    assert sum(outcome.weight for outcome in outcomes) > len(SEEDS)
