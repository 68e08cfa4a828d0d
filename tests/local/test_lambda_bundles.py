"""Processes of one bundle share one unpacked folder; another bundle has its own."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.local.account import Account

pytestmark = pytest.mark.twin

PLACE = """
import os, time

def handler(event, context):
    time.sleep(2)
    return {"process": os.getpid(), "folder": os.path.realpath(os.environ["LAMBDA_TASK_ROOT"])}
"""


def places(account: Account, function: str, count: int) -> list[dict[str, Any]]:
    """Where so many invocations at once ran."""

    def place(_: int) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(account.aws("lambda").invoke(FunctionName=function)["Payload"].read())
        return answer

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(place, range(count)))


def test_processes_of_one_bundle_share_its_folder_and_other_bundles_have_their_own(account: Account) -> None:
    function, other = account.function(PLACE), account.function(PLACE + "\n")

    found = places(account, function, 3)

    assert len({one["process"] for one in found}) > 1
    assert len({one["folder"] for one in found}) == 1
    assert places(account, other, 1)[0]["folder"] != found[0]["folder"]
