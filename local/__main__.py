"""Commands of the twin: `python -m local up|down|status|env|deploy|reconcile|logs|demo`."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from typing import TYPE_CHECKING

from local import deployment, twin
from local.demo import demo
from local.settings import SettingError, Settings

if TYPE_CHECKING:
    from collections.abc import Callable


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code says whether it succeeded."""
    parser = argparse.ArgumentParser(prog="python -m local", description="Gavel's local twin: an embedded AWS.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, function in COMMANDS.items():
        commands.add_parser(name, help=(function.__doc__ or "").rstrip("."))
    chosen = parser.parse_args(arguments)
    try:
        return COMMANDS[chosen.command](Settings.from_environment())
    except (twin.TwinError, SettingError) as error:
        sys.stderr.write(f"twin: {error}\n")
        return 1


def _up(settings: Settings) -> int:
    """Start the twin, or keep the one that runs."""
    before = twin.running(settings)
    started = time.monotonic()
    state = twin.up(settings)
    if before and before.pid == state.pid:
        deployment.progress(f"already serves at {state.endpoint} (account {state.account}, {state.region})")
    else:
        deployment.progress(
            f"serves at {state.endpoint} (account {state.account}, {state.region}), "
            f"started in {time.monotonic() - started:.1f} s"
        )
    return 0


def _down(settings: Settings) -> int:
    """End the twin and all that is in it."""
    deployment.progress("ended" if twin.down(settings) else "was not running")
    return 0


def _status(settings: Settings) -> int:
    """Say as JSON what runs and what is deployed; exit code 1 when nothing runs."""
    state = twin.running(settings)
    if state is None:
        sys.stdout.write(json.dumps({"running": False}) + "\n")
        return 1
    deployed = deployment.outputs(settings) if settings.outputs_file.exists() else {}
    sys.stdout.write(json.dumps({"running": True, **state.to_json(), "outputs": deployed}, indent=2) + "\n")
    return 0


def _env(settings: Settings) -> int:
    """Print exports that point AWS tools at the twin: eval "$(python -m local env)"."""
    for name, value in twin.environment(_required(settings)).items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    return 0


def _deploy(settings: Settings) -> int:
    """Deploy Gavel onto the twin with the CDK CLI; starts the twin when it does not run."""
    outputs = deployment.deploy(twin.up(settings), settings, deployment.progress)
    for name, value in outputs.items():
        sys.stdout.write(f"{name} = {value}\n")
    return 0


def _reconcile(settings: Settings) -> int:
    """Let the deployed reconciler run now, and print what it did (its schedule runs in real time)."""
    answer = twin.client("lambda", _required(settings)).invoke(FunctionName=RECONCILER, Payload=b"{}")
    text = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        raise twin.TwinError(f"the reconciler failed: {text}")
    sys.stdout.write(json.dumps(json.loads(text), indent=2) + "\n")
    return 0


def _logs(settings: Settings) -> int:
    """Print the server's log."""
    if not settings.log_file.exists():
        raise twin.TwinError(f"there is no log yet at {settings.log_file}; start the twin with `python -m local up`")
    sys.stdout.write(settings.log_file.read_text(errors="replace"))
    return 0


def _required(settings: Settings) -> twin.State:
    state = twin.running(settings)
    if state is None:
        raise twin.TwinError("no twin runs; start one with `python -m local up`")
    return state


RECONCILER = "gavel-twin-reconcile"

COMMANDS: dict[str, Callable[[Settings], int]] = {
    "up": _up,
    "down": _down,
    "status": _status,
    "env": _env,
    "deploy": _deploy,
    "reconcile": _reconcile,
    "logs": _logs,
    "demo": demo,
}

if __name__ == "__main__":
    sys.exit(main())
