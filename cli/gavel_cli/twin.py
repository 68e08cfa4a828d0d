"""Points the command line at the local twin instead of AWS."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from gavel_cli.output import CommandFailedError

_CHECKOUT = Path(__file__).resolve().parents[2]


def use_twin() -> None:
    """Start and deploy the twin unless it serves already, and let every AWS client of this process talk to it.

    The twin deploys the CDK app and therefore needs the repository; raises
    CommandFailedError elsewhere, and when it fails.
    """
    _need_checkout("--local")
    if not _status().get("outputs"):
        _twin("deploy")
    exports = (shlex.split(line)[1] for line in _twin("env").splitlines())
    variables = dict(export.split("=", 1) for export in exports)
    # Also what points at another deployment: a command for the twin must never reach a real one.
    for name in [name for name in os.environ if name.startswith(("AWS_", "GAVEL_API_", "GAVEL_STACK"))]:
        del os.environ[name]
    os.environ.update(variables)


def run_demo() -> int:
    """Run the demo; its exit code. Raises CommandFailedError outside a checkout."""
    _need_checkout("The demo")
    return subprocess.run([sys.executable, "-m", "local", "demo"], cwd=_CHECKOUT, check=False).returncode


def _need_checkout(what: str) -> None:
    if not (_CHECKOUT / "local" / "__main__.py").exists():
        raise CommandFailedError(f"{what} needs a checkout of Gavel's repository: run it there, after `make setup`.")


def _status() -> dict[str, object]:
    finished = _run("status")
    status: dict[str, object] = json.loads(finished.stdout or "{}")
    return status


def _twin(*arguments: str) -> str:
    finished = _run(*arguments)
    if finished.returncode:
        raise CommandFailedError("the local twin failed; what it said stands above.")
    return finished.stdout


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the twin; its progress goes to this process's standard error."""
    command = [sys.executable, "-m", "local", *arguments]
    return subprocess.run(command, cwd=_CHECKOUT, stdout=subprocess.PIPE, text=True, check=False)
