"""A twin starts once, is replaced when dead or stale, serves one loopback port, and ends when told or forgotten."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from local import twin as local_twin
from local.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.twin import State

pytestmark = pytest.mark.twin


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a twin of the test's own."""
    own = Settings(state_dir=tmp_path, idle_minutes=5)
    yield own
    local_twin.down(own)


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def listeners(pid: int) -> set[str]:
    """Addresses in hexadecimal on which a process listens, of either protocol family."""
    inodes = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(str(handle.readlink()).removeprefix("socket:[").removesuffix("]"))
        except FileNotFoundError:
            continue
    rows = [row.split() for family in ("tcp", "tcp6") for row in Path(f"/proc/net/{family}").read_text().splitlines()]
    return {row[1] for row in rows if row[3] == "0A" and row[9] in inodes}


def test_up_keeps_a_twin_that_serves(twin: State, twin_settings: Settings) -> None:
    assert local_twin.up(twin_settings).pid == twin.pid


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads the kernel's table of sockets")
def test_a_twin_listens_on_one_port_of_the_loopback_address_alone(twin: State) -> None:
    assert listeners(twin.pid) == {f"0100007F:{twin.port:04X}"}


def test_an_unsigned_request_is_refused(twin: State, twin_settings: Settings) -> None:
    script = f"import ssl,urllib.request as u; u.urlopen('{twin.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15'"
    script += f", context=ssl.create_default_context(cafile='{twin.ca_bundle}'))"

    finished = subprocess.run(["python3", "-c", script], capture_output=True, text=True, check=False)

    assert "403" in finished.stderr


def test_another_certificate_authority_does_not_vouch_for_a_twin(twin: State) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{twin.endpoint}/_ministack/health", trust_env=False)


def test_a_stale_twin_is_replaced_and_a_dead_one_too(settings: Settings) -> None:
    first = local_twin.up(settings)
    stale = {**dataclasses.asdict(first), "fingerprint": "of older code"}
    settings.server_file.write_text(json.dumps(stale))

    second = local_twin.up(settings)
    os.kill(second.pid, signal.SIGKILL)
    assert eventually(lambda: local_twin.running(settings) is None)
    third = local_twin.up(settings)

    assert len({first.pid, second.pid, third.pid}) == 3


def test_down_ends_the_twin_even_while_a_client_keeps_its_connection_open(settings: Settings) -> None:
    state = local_twin.up(settings)
    with httpx.Client(verify=local_twin.trust(state), trust_env=False) as keeping:
        keeping.get(f"{state.endpoint}/_ministack/health")

        started = time.monotonic()
        assert local_twin.down(settings)

    assert time.monotonic() - started < 5
    assert local_twin.running(settings) is None
    assert not local_twin.down(settings)


def test_down_leaves_a_process_alone_that_only_has_the_recorded_id(settings: Settings) -> None:
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        settings.lock_file.write_text(str(bystander.pid))
        settings.server_file.write_text(json.dumps({"pid": bystander.pid}))

        assert not local_twin.down(settings)

        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_forgotten_twin_ends_by_itself(settings: Settings) -> None:
    forgotten = dataclasses.replace(settings, idle_minutes=0.01)

    local_twin.up(forgotten)

    assert eventually(lambda: local_twin.running(forgotten) is None)
    assert "the twin ends itself" in settings.log_file.read_text()


def test_a_twin_that_cannot_start_says_why(settings: Settings, twin: State) -> None:
    taken = dataclasses.replace(settings, port=twin.port)

    with pytest.raises(local_twin.TwinError, match="Address already in use"):
        local_twin.up(taken)
