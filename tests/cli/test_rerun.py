"""`gavel rerun`: what may be done again, and under which key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from gavel_cli import rerun as module
from gavel_cli.main import main

EVALUATION = "shop-0123456789abcdef"


class Api:
    """Answers with one evaluation, and notes what is started."""

    def __init__(self, status: str, **jobs: int) -> None:
        self.view = {
            "status": status,
            "dataset_key": "datasets/shop/a.jsonl",
            "dataset_version": "v1",
            "suite": "shop",
            "jobs": jobs,
            "reason": "1 problem(s)",
        }
        self.started: list[dict[str, Any]] = []

    def evaluation(self, _evaluation: str) -> dict[str, Any]:
        return self.view

    def start(self, **request: Any) -> dict[str, Any]:
        self.started.append(request)
        return {"evaluation_id": "shop-fedcba9876543210", "created": len(self.started) == 1}


def rerun(monkeypatch: pytest.MonkeyPatch, api: Api, *arguments: str) -> Any:
    monkeypatch.setattr(module, "with_api", lambda call, **_target: call(api))
    return CliRunner().invoke(main, ["rerun", EVALUATION, *arguments])


@pytest.mark.parametrize("api", [Api("FAILED"), Api("STOPPED"), Api("COMPLETED", failed=1)])
def test_what_was_not_finished_is_started_again_under_a_key_of_its_id(
    monkeypatch: pytest.MonkeyPatch, api: Api
) -> None:
    first, second = rerun(monkeypatch, api, "--json"), rerun(monkeypatch, api)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert json.loads(first.stdout)["rerun_of"] == EVALUATION
    assert "was run again before, as shop-fedcba9876543210" in second.stdout
    (request,) = {json.dumps(one, sort_keys=True) for one in api.started}
    assert json.loads(request) == {
        "dataset": "datasets/shop/a.jsonl",
        "version": "v1",
        "suite": "shop",
        "idempotency_key": f"rerun-of-{EVALUATION}",
    }


@pytest.mark.parametrize(
    ("api", "said"),
    [
        (Api("RUNNING"), "gavel stop"),
        (Api("REFUSED"), "Mend that and upload it anew"),
        (Api("COMPLETED", failed=0), "nothing to do again"),
    ],
)
def test_what_cannot_get_better_by_running_again_is_not_started(
    monkeypatch: pytest.MonkeyPatch, api: Api, said: str
) -> None:
    done = rerun(monkeypatch, api)

    assert (done.exit_code, api.started) == (2, [])
    assert said in done.output
