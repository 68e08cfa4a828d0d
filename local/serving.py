"""Serve the emulated AWS: ministack, the shims, Bedrock's evaluation jobs. Import only once the environment is set."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app
from ministack.core import lambda_runtime

from local import decisions, images, shims
from local.activity import Activity
from local.bedrock.app import EvaluationJobs
from local.bedrock.ministack_host import MinistackHost
from local.bedrock.settings import Settings as BedrockSettings
from local.commits import Commits
from local.disturbances.door import Disturbances
from local.fingerprint import code_fingerprint
from local.keeper import Keeper, read_image
from local.settings import ROOT

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from local.activity import Application
    from local.certificates_paths import Certificates
    from local.settings import Settings

STOP_SECONDS: Final = 1.0


def run(settings: Settings, listener: socket.socket, certificates: Certificates, image: Path | None = None) -> None:
    """Serve on `listener` until a signal or the idle watchdog ends it, then end the Lambdas' processes.

    With an `image` the server goes on where another one was killed.
    """
    # Not asyncio.run: it would wait for every thread that still works for an execution, and so would closing the loop.
    asyncio.new_event_loop().run_until_complete(_serve(settings, listener, certificates, image))
    lambda_runtime.reset()


async def _serve(settings: Settings, listener: socket.socket, certificates: Certificates, image: Path | None) -> None:
    jobs = _application(settings, certificates)
    if image:
        kept = read_image(image)
        images.restore(kept["aws"])
        jobs.resume(kept["bedrock"])
    application: Application = Disturbances(jobs)
    keeper = None
    if settings.durable:
        keeper = Keeper(settings.images_dir, lambda: {"aws": images.image(), "bedrock": jobs.state()})
        keeper.keep()
        application = Commits(application, keeper.keep)
    activity = Activity(application)
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.certfile, config.keyfile = str(certificates.server), str(certificates.key)
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.accesslog = None
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    watchdog = asyncio.create_task(activity.watch(settings.idle_minutes * 60, stop))
    stopped = asyncio.create_task(stop.wait())
    server = asyncio.create_task(serve(activity, config, shutdown_trigger=stop.wait))
    _announce(settings, certificates)
    await asyncio.wait({server, stopped}, return_when=asyncio.FIRST_COMPLETED)
    # Clients that keep their connection open would keep hypercorn waiting for it.
    await asyncio.wait({server}, timeout=STOP_SECONDS)
    watchdog.cancel()
    if keeper:
        keeper.end()
    if server.done():
        server.result()


def _application(settings: Settings, certificates: Certificates) -> EvaluationJobs:
    shims.apply()
    if settings.decisions_dir:
        decisions.write_into(settings.decisions_dir)
    bedrock = BedrockSettings.from_environment()
    if bedrock.state_log is None:
        bedrock = dataclasses.replace(bedrock, state_log=settings.state_dir / "evaluation-jobs.jsonl")
    endpoint = f"https://127.0.0.1:{os.environ['GATEWAY_PORT']}"
    host = MinistackHost(endpoint_url=endpoint, ca_bundle=str(certificates.authority))
    return EvaluationJobs(app, host=host, settings=bedrock)


def _announce(settings: Settings, certificates: Certificates) -> None:
    port = int(os.environ["GATEWAY_PORT"])
    state = {
        "pid": os.getpid(),
        "port": port,
        "endpoint": f"https://localhost:{port}",
        "account": os.environ["MINISTACK_ACCOUNT_ID"],
        "region": os.environ["MINISTACK_REGION"],
        "ca_bundle": str(certificates.authority),
        "access_key_id": os.environ["AWS_ACCESS_KEY_ID"],
        "secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"],
        "time_scale": settings.time_scale,
        "fingerprint": code_fingerprint(ROOT),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    draft = settings.server_file.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(state, indent=2) + "\n")
    draft.replace(settings.server_file)
