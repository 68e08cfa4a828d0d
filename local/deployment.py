"""Deploy Gavel's template onto a twin with the real CDK CLI, as onto AWS."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

from local.settings import ROOT
from local.twin import TwinError, client, process_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.settings import Settings
    from local.twin import State

NODE: Final = ROOT / ".venv" / "bin" / "node"
CDK: Final = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
TOOLKIT_STACK: Final = "CDKToolkit"
QUIET: Final = ("--no-notices", "--no-version-reporting", "--no-color", "--ci")


def deploy(state: State, settings: Settings, say: Callable[[str], None], *, app: Path = ROOT) -> dict[str, str]:
    """Bootstrap the twin when it is not yet, deploy the CDK app in folder `app`, and return the stack's outputs.

    What is up to date is skipped by the CDK itself. Raises TwinError with all that the CLI said when it fails.
    """
    if not _bootstrapped(state):
        _timed(say, "bootstrap the account for the CDK", lambda: _bootstrap(state, app))
    _timed(say, "synthesise and deploy", lambda: _deploy(state, settings, app))
    return outputs(settings)


def destroy(state: State, say: Callable[[str], None], *, app: Path = ROOT) -> None:
    """Delete the stack of the CDK app in folder `app`, as `cdk destroy` does on AWS. Raises TwinError."""
    _timed(say, "destroy", lambda: _cdk(state, app, "destroy", "--all", "--force", "-c", "environment=twin"))


def outputs(settings: Settings) -> dict[str, str]:
    """Outputs of what was deployed last; raises TwinError when nothing was."""
    if not settings.outputs_file.exists():
        raise TwinError("nothing is deployed on the twin; run `python -m local deploy`")
    stacks: dict[str, dict[str, str]] = json.loads(settings.outputs_file.read_text())
    return {name: value for stack in stacks.values() for name, value in stack.items()}


def _bootstrapped(state: State) -> bool:
    stacks = client("cloudformation", state).list_stacks(StackStatusFilter=["CREATE_COMPLETE", "UPDATE_COMPLETE"])
    return any(stack["StackName"] == TOOLKIT_STACK for stack in stacks["StackSummaries"])


def _bootstrap(state: State, app: Path) -> None:
    _cdk(state, app, "bootstrap", f"aws://{state.account}/{state.region}", "--app", "")


def _deploy(state: State, settings: Settings, app: Path) -> None:
    _cdk(
        state,
        app,
        "deploy",
        "--all",
        "-c",
        "environment=twin",
        "--require-approval",
        "never",
        "--method",
        "direct",
        "--asset-parallelism",
        "--output",
        str(settings.state_dir / "cdk.out"),
        "--outputs-file",
        str(settings.outputs_file),
    )


def _cdk(state: State, app: Path, *arguments: str) -> None:
    environment = process_environment(state) | {
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DEFAULT_ACCOUNT": state.account,
        "CDK_DEFAULT_REGION": state.region,
        "JSII_NODE": str(NODE),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
        "PATH": f"{NODE.parent}:{process_environment(state).get('PATH', '')}",
    }
    finished = subprocess.run(
        [str(NODE), str(CDK), *arguments, *QUIET],
        cwd=app,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise TwinError(f"`cdk {' '.join(arguments)}` failed:\n{finished.stdout}")


def _timed(say: Callable[[str], None], what: str, action: Callable[[], None]) -> None:
    say(f"{what} …")
    started = time.monotonic()
    action()
    say(f"{what}: {time.monotonic() - started:.0f} s")


def progress(line: str) -> None:
    """Write a progress line where it does not disturb what is piped."""
    sys.stderr.write(f"twin: {line}\n")
    sys.stderr.flush()
