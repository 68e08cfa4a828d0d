"""Start, stop and talk to a twin; runs in the development environment and knows nothing of ministack.

state = up(Settings.from_environment())
client("s3", state).list_buckets()
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import ssl
import subprocess
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import boto3
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from local.fingerprint import code_fingerprint
from local.keeper import settled
from local.settings import ROOT, Settings, around_proxy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

START_SECONDS: Final = 180.0
STOP_SECONDS: Final = 10.0
DEATH_SECONDS: Final = 3.0
PYTHON: Final = ROOT / ".venv-twin" / "bin" / "python"


class TwinError(Exception):
    """The twin cannot be started, found or used; the text says what happened and what to do next."""


@dataclass(frozen=True)
class State:
    """What a running twin says about itself. The access key is its account's administrator."""

    pid: int
    port: int
    endpoint: str
    account: str
    region: str
    ca_bundle: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    time_scale: float
    fingerprint: str
    started: str

    def to_json(self) -> dict[str, Any]:
        """Everything but the secret."""
        return {name: value for name, value in asdict(self).items() if name != "secret_access_key"}


def running(settings: Settings) -> State | None:
    """The state of the twin that serves from this state folder, or None. A process id alone proves nothing: the
    server's lock does, which ends with the process.
    """
    if not _held(settings.lock_file) or not settings.server_file.exists():
        return None
    return State(**json.loads(settings.server_file.read_text()))


def up(settings: Settings) -> State:
    """A running twin of today's code: the one that serves already, or a new one. Raises TwinError."""
    state = running(settings)
    if state and state.fingerprint == code_fingerprint(ROOT) and _answers(state):
        return state
    if not survives(settings):
        down(settings)
    return _start(settings)


def survives(settings: Settings) -> bool:
    """Whether a durable twin was killed here, which goes on when it is started again: with its port, its keys and all
    that it had acknowledged. Waits until its state is written.
    """
    if not settings.durable or not settings.server_file.exists():
        return False
    if json.loads(settings.server_file.read_text())["fingerprint"] != code_fingerprint(ROOT):
        return False
    # A process that was killed a moment ago may not be gone yet.
    return _released(settings.lock_file, DEATH_SECONDS) and settled(settings.images_dir) is not None


def down(settings: Settings) -> bool:
    """End the twin of this state folder and forget what was deployed onto it; says whether one was running."""
    pid = _holder(settings)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        if not _released(settings.lock_file, STOP_SECONDS):
            os.kill(pid, signal.SIGKILL)
            _released(settings.lock_file, STOP_SECONDS)
    settled(settings.images_dir)
    for leftover in (settings.server_file, settings.outputs_file):
        leftover.unlink(missing_ok=True)
    for folder in (settings.temporary_dir, settings.images_dir, settings.state_dir / "cdk.out"):
        shutil.rmtree(folder, ignore_errors=True)
    return pid is not None


def environment(state: State) -> dict[str, str]:
    """The variables that point AWS tools (SDKs, CDK, `aws`) at the twin as its administrator."""
    return {
        "AWS_ENDPOINT_URL": state.endpoint,
        "AWS_CA_BUNDLE": state.ca_bundle,
        "NODE_EXTRA_CA_CERTS": state.ca_bundle,
        "AWS_ACCESS_KEY_ID": state.access_key_id,
        "AWS_SECRET_ACCESS_KEY": state.secret_access_key,
        "AWS_REGION": state.region,
        "AWS_DEFAULT_REGION": state.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        **around_proxy(os.environ),
    }


def process_environment(state: State, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """A whole environment for a subprocess: `base` without any AWS setting of the user's own, then the twin's."""
    return {name: value for name, value in base.items() if not name.startswith("AWS_")} | environment(state)


def client(service: str, state: State, **config: Any) -> Any:
    """A boto3 client of the twin's administrator, untouched by the user's own AWS settings."""
    connection: Any = session(state)
    settings: dict[str, Any] = {"inject_host_prefix": False, "proxies": {}, **config}
    return connection.client(
        service,
        endpoint_url=state.endpoint,
        verify=state.ca_bundle,
        config=Config(**settings),
    )


def session(state: State) -> boto3.Session:
    """A boto3 session with the administrator's key; its clients still need the endpoint and the CA bundle."""
    return boto3.Session(
        aws_access_key_id=state.access_key_id,
        aws_secret_access_key=state.secret_access_key,
        region_name=state.region,
    )


def signed_request(
    state: State,
    method: str,
    url: str,
    *,
    json_body: Any = None,
    headers: Mapping[str, str] | None = None,
    credentials: Credentials | None = None,
    timeout: float = 60.0,
) -> httpx.Response:
    """Call the deployed HTTP API with an IAM (SigV4) signature; `url` is what the stack's output says.

    The API's host, `<id>.execute-api.localhost`, resolves nowhere, so the connection goes to the loopback address while
    the host's name is signed, sent and checked against the certificate. `credentials` default to the administrator's.
    """
    target = urlsplit(url)
    body = b"" if json_body is None else json.dumps(json_body).encode()
    request = AWSRequest(method=method, url=url, data=body, headers=dict(headers or {}))
    if body:
        request.headers["Content-Type"] = "application/json"
    request.headers["Host"] = target.netloc
    keys = credentials or Credentials(state.access_key_id, state.secret_access_key)
    SigV4Auth(keys, "execute-api", state.region).add_auth(request)
    with httpx.Client(verify=trust(state), timeout=timeout, trust_env=False) as connection:
        return connection.request(
            method,
            target._replace(netloc=f"127.0.0.1:{target.port or state.port}").geturl(),
            content=body,
            headers=dict(request.headers.items()),
            extensions={"sni_hostname": target.hostname},
        )


def trust(state: State) -> ssl.SSLContext:
    """A TLS context that trusts the twin's certificate and no other."""
    return ssl.create_default_context(cafile=state.ca_bundle)


def _start(settings: Settings) -> State:
    if not PYTHON.exists():
        raise TwinError("the twin's environment .venv-twin is missing; run tools/setup.sh")
    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with settings.log_file.open("w") as log:
        process = subprocess.Popen(
            [str(PYTHON), "-m", "local.server"],
            cwd=ROOT,
            env=_server_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    state = _awaited(settings, process)
    if state is not None:
        process.returncode = 0  # it lives on after us; without this, Popen warns that it was never waited for
        return state
    tail = "\n".join(settings.log_file.read_text(errors="replace").splitlines()[-20:])
    raise TwinError(f"the twin did not start; the end of {settings.log_file} says:\n{tail}")


def _awaited(settings: Settings, process: subprocess.Popen[bytes]) -> State | None:
    """The state of the process once it answers; None, and no process, when it does not within START_SECONDS."""
    deadline = time.monotonic() + START_SECONDS
    try:
        while time.monotonic() < deadline and process.poll() is None:
            state = running(settings)
            if state and state.pid == process.pid and _answers(state):
                return state
            time.sleep(0.05)
    except BaseException:
        _end(process)
        raise
    _end(process)
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _server_environment(settings: Settings) -> dict[str, str]:
    """Little of the user's own: Lambdas inherit the server's environment, and on AWS they would see none of it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "SYSTEMROOT"} or name.startswith("GAVEL_TWIN_")
    }
    return kept | {"PYTHONUNBUFFERED": "1"} | settings.to_environment()


def _answers(state: State) -> bool:
    try:
        reply = httpx.get(f"{state.endpoint}/_ministack/health", verify=trust(state), timeout=5, trust_env=False)
    except (httpx.TransportError, OSError):
        return False
    return reply.is_success


def _holder(settings: Settings) -> int | None:
    """Process id of the server that holds the lock, which wrote its id into the file when it took it."""
    if not _held(settings.lock_file):
        return None
    return int(settings.lock_file.read_text())


def _held(lock_file: Path) -> bool:
    if not lock_file.exists():
        return False
    with lock_file.open("r") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        return False


def _released(lock_file: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _held(lock_file):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
