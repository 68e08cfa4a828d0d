"""The twin's server process: ministack's application with the project's own differences, on one loopback port.

Runs in `.venv-twin` as `python -m local.server`; `local.twin` starts it and reads what it writes into the state folder.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Final

from local.certificates import ensure_certificates
from local.keeper import settled
from local.server_environment import server_environment
from local.settings import PORT, Settings

if TYPE_CHECKING:
    from io import TextIOWrapper

ADDRESS: Final = "127.0.0.1"


def main() -> int:
    """Serve until told to stop, or until nobody has asked for anything for long enough."""
    settings = Settings.from_environment()
    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = _hold(settings)
    if lock is None:
        sys.stderr.write(f"another twin already serves from {settings.state_dir}\n")
        return 1
    certificates = ensure_certificates(settings.tls_dir)
    image = settled(settings.images_dir) if settings.durable else None
    # Clients, queues' URLs and stacks' outputs have the killed server's port, and clients its keys.
    killed = json.loads(settings.server_file.read_text()) if image else {}
    port = killed.get("port", settings.port)
    try:
        listener = socket.create_server((ADDRESS, port), backlog=256)
    except OSError as error:
        sys.stderr.write(f"port {port} cannot be used ({error.strerror}); unset {PORT} or take another\n")
        return 1
    credentials = (
        killed.get("access_key_id") or f"AKIA{secrets.token_hex(8).upper()}",
        killed.get("secret_access_key") or secrets.token_urlsafe(30),
    )
    _empty(settings)
    port = listener.getsockname()[1]
    environment = server_environment(
        os.environ, settings, port=port, certificates=certificates, credentials=credentials
    )
    os.environ.clear()
    os.environ.update(environment)
    from local.serving import run  # noqa: PLC0415 - ministack reads its settings when it is imported

    run(settings, listener, certificates, image)
    settings.server_file.unlink(missing_ok=True)
    logging.shutdown()
    # Threads of running executions and invocations would be waited for at a normal exit, for hours in the worst case.
    os._exit(0)


def _hold(settings: Settings) -> TextIOWrapper | None:
    """The lock that says "alive"; the system lets go of it however this process ends."""
    handle = settings.lock_file.open("a")
    for _ in range(40):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            time.sleep(0.05)  # someone who asks whether a server lives holds it shared for a moment
    else:
        handle.close()
        return None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def _empty(settings: Settings) -> None:
    shutil.rmtree(settings.temporary_dir, ignore_errors=True)
    settings.temporary_dir.mkdir(mode=0o700)
    tempfile.tempdir = None


if __name__ == "__main__":
    sys.exit(main())
