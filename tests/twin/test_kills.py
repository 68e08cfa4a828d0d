"""A few kills of the deployed system; `python -m tests.twin.kills` makes as many as one likes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local import deployment, twin
from local.settings import Settings
from tests.twin.kills import kill
from tests.twin.kills.__main__ import TIME_SCALE
from tests.twin.kills.place import Place
from tests.twin.kills.plan import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.twin,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the Lambdas' processes in /proc"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A durable twin of these tests' own, with Gavel deployed on it."""
    settings = Settings(state_dir=tmp_path_factory.mktemp("kills"), time_scale=TIME_SCALE, durable=True)
    yield Place.deployed(settings, deployment.progress)
    twin.down(settings)


@pytest.mark.parametrize("seed", [16, 20])
def test_lambdas_that_are_killed_cost_no_result(place: Place, seed: int) -> None:
    outcome = kill.run(place, seed, Kind.WORKERS)

    assert outcome.broken == [], outcome.line
    assert kill.closing(place) == []


@pytest.mark.parametrize("seed", [7, 31])
def test_a_twin_that_is_killed_leaves_nothing_hanging_after_one_reconcile(place: Place, seed: int) -> None:
    outcome = kill.run(place, seed, Kind.TWIN)

    assert outcome.broken == [], outcome.line
    assert kill.closing(place) == []
