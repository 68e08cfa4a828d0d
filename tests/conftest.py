"""Fixtures for every room: `twin` is a running local twin, shared by the whole session.

A test that uses it carries the mark `twin`: `python -m pytest -m twin`. It has a state folder of its own, so that it
stands beside the user's twin, and waits take a five-hundredth of AWS's time. Nothing is deployed on it until
`deployed_twin`, which deploys Gavel with the real CDK CLI, once per session. Tests share both: name what you create
so that no other test can mean it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import disable_socket, enable_socket

from local.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.twin import State

TIME_SCALE = 0.002

# How long an example takes says something about the machine's load and nothing about the code.
settings.register_profile("gavel", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gavel")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Sockets are for tests of the twin; any other test that opens one fails."""
    if item.get_closest_marker("twin"):
        enable_socket()
    else:
        disable_socket(allow_unix_socket=True)


@pytest.fixture(scope="session")
def twin_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the session's twin."""
    return Settings(
        state_dir=tmp_path_factory.mktemp("twin"),
        time_scale=TIME_SCALE,
        idle_minutes=30,
        # Set by `python -m proofs.permissions.record`, which learns from the tests what every role does.
        decisions_dir=Settings.from_environment().decisions_dir,
    )


@pytest.fixture(scope="session")
def twin(twin_settings: Settings) -> Iterator[State]:
    """A running twin, as `local.twin.up` returns it: use `local.twin.client("s3", twin)` and the like."""
    from local import twin as local_twin  # noqa: PLC0415 - brings boto3 and httpx, which most tests never need

    yield local_twin.up(twin_settings)
    local_twin.down(twin_settings)


@pytest.fixture(scope="session")
def deployed_twin(twin: State, twin_settings: Settings) -> tuple[State, dict[str, str]]:
    """The twin with Gavel deployed on it, and the outputs of Gavel's stack."""
    from local import deployment  # noqa: PLC0415 - as above

    return twin, deployment.deploy(twin, twin_settings, deployment.progress)
