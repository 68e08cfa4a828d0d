"""Each safeguard taken out is caught by the schedules: by a promise that it breaks, soon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.schedules import schedule
from tests.schedules.mutants import MUTANTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.schedules.mutants import Mutant

SCHEDULES = 1000


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_the_mutant_is_caught(mutant: Callable[[], Mutant]) -> None:
    with mutant():
        caught = next((seed for seed in range(SCHEDULES) if schedule.run(seed).broken), None)

    assert caught is not None
    assert schedule.run(caught).broken == ()
