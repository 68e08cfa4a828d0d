"""What can be set about a twin, and what its commands say without one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from local import __main__ as command
from local.certificates_paths import Certificates
from local.fingerprint import code_fingerprint
from local.server_environment import PRIVATE_NAMES, server_environment
from local.settings import ROOT, SettingError, Settings, around_proxy
from local.twin import State, environment, process_environment

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN = "hidden"


def state() -> State:
    return State(
        pid=1,
        port=5000,
        endpoint="https://localhost:5000",
        account="111122223333",
        region="us-east-1",
        ca_bundle="ca.pem",
        access_key_id="AKIAX",
        secret_access_key=HIDDEN,
        time_scale=0.5,
        fingerprint="f",
        started="now",
    )


def test_nothing_set_means_a_free_port_in_the_checkouts_own_folder() -> None:
    settings = Settings.from_environment({})

    assert (settings.state_dir, settings.port, settings.time_scale) == (ROOT / ".twin", 0, 0.02)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GAVEL_TWIN_TIME_SCALE", "fast"),
        ("GAVEL_TWIN_TIME_SCALE", "-1"),
        ("GAVEL_TWIN_TIME_SCALE", "nan"),
        ("GAVEL_TWIN_PORT", "70000"),
        ("GAVEL_TWIN_IDLE_MINUTES", "0"),
        ("GAVEL_TWIN_DURABLE", "yes"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        Settings.from_environment({name: value})


def test_settings_survive_the_way_into_the_servers_environment(tmp_path: Path) -> None:
    settings = Settings(
        state_dir=tmp_path,
        port=4000,
        time_scale=0.25,
        idle_minutes=3,
        log_level="DEBUG",
        durable=True,
        decisions_dir=tmp_path / "decisions",
    )

    assert Settings.from_environment(settings.to_environment()) == settings


def test_a_subprocess_gets_none_of_the_users_own_aws_settings() -> None:
    base = {"AWS_PROFILE": "production", "AWS_SESSION_TOKEN": "t", "PATH": "/bin"}

    assert process_environment(state(), base) == {"PATH": "/bin", **environment(state())}


def test_a_state_shows_its_secret_neither_as_text_nor_as_json() -> None:
    assert HIDDEN not in repr(state())
    assert HIDDEN not in json.dumps(state().to_json())


def test_the_server_inherits_no_aws_settings_and_scales_its_waits(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path / "ca", tmp_path / "server", tmp_path / "key")

    made = server_environment(
        {"AWS_PROFILE": "production", "SFN_MOCK_CONFIG": "x", "HOME": "/h"},
        Settings(state_dir=tmp_path, time_scale=0.5),
        port=4000,
        certificates=certificates,
        credentials=("id", "secret"),
    )

    assert (made["HOME"], made["SFN_WAIT_SCALE"], made["GATEWAY_PORT"]) == ("/h", "0.5", "4000")
    assert "AWS_PROFILE" not in made
    assert "SFN_MOCK_CONFIG" not in made
    assert set(PRIVATE_NAMES) <= set(made)


def test_the_fingerprint_changes_with_the_code_and_with_the_lock(tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "requirements").mkdir()
    source, lock = tmp_path / "local" / "a.py", tmp_path / "requirements" / "twin.txt"
    prints = []
    for code, locked in (("a = 1", "x==1"), ("a = 2", "x==1"), ("a = 2", "x==2"), ("a = 1", "x==1")):
        source.write_text(code)
        lock.write_text(locked)
        prints.append(code_fingerprint(tmp_path))

    assert len(set(prints)) == 3
    assert prints[0] == prints[3]


def test_status_and_env_say_that_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GAVEL_TWIN_STATE_DIR", str(tmp_path))

    codes = (command.main(["status"]), command.main(["env"]))

    assert codes == (1, 1)
    said = capsys.readouterr()
    assert json.loads(said.out) == {"running": False}
    assert "python -m local up" in said.err


def test_calls_to_this_machine_go_around_a_proxy_and_what_was_listed_stays() -> None:
    assert around_proxy({"NO_PROXY": "intern.example,localhost"})["no_proxy"] == (
        "intern.example,localhost,.localhost,127.0.0.1"
    )
    assert set(around_proxy({})) == {"no_proxy", "NO_PROXY"}
