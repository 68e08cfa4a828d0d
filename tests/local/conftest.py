"""An account on the session's twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local.account import ACTIONS, Account

if TYPE_CHECKING:
    from local.twin import State


@pytest.fixture(scope="session")
def account(twin: State) -> Account:
    """Builders on the session's twin."""
    return Account(twin)


@pytest.fixture(scope="session")
def actions(account: Account) -> str:
    """ARN of a Lambda that does what its event's `do` says."""
    return account.function(ACTIONS)
