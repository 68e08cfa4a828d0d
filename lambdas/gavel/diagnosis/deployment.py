"""Whether a stack can be used, by whom it was deployed last, and whether the clocks agree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gavel.diagnosis.finding import Finding, ok, problem, warning

if TYPE_CHECKING:
    from datetime import datetime

STACK: Final = "stack"
VERSION: Final = "version"
CLOCK: Final = "clock"

# AWS refuses a signature whose time is more than five minutes off (IAM user guide, "Elements of an AWS API request
# signature"); S3 allows fifteen.
SKEW_REFUSED_SECONDS: Final = 300
SKEW_NOTED_SECONDS: Final = 60

_DEPLOY: Final = "`make deploy`"


def stack_status(stack: str, status: str) -> Finding:
    """What a stack's CloudFormation status means. Source: CloudFormation user guide, "Stack status codes"."""
    if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}:
        return ok(STACK, f"{stack} is {status}")
    if status in {"UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}:
        text = f"{stack} is {status}: its last deployment failed, and what was there before it serves"
        return warning(STACK, text, f"see the stack's events in CloudFormation for the reason, then {_DEPLOY}")
    if status == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS":
        return warning(STACK, f"{stack} is {status}: it is new, and old resources are being removed", "wait a while")
    if status.endswith("_IN_PROGRESS"):
        return problem(STACK, f"{stack} is {status}: a deployment is under way", "wait until it ends")
    if status in {"ROLLBACK_COMPLETE", "DELETE_COMPLETE"}:
        text = f"{stack} is {status}: nothing is deployed"
        delete = f"`aws cloudformation delete-stack --stack-name {stack}`, then " if "ROLLBACK" in status else ""
        return problem(STACK, text, f"{delete}{_DEPLOY}")
    return problem(STACK, f"{stack} is {status}", f"see the stack's events in CloudFormation, then {_DEPLOY}")


def version(deployed: str | None, own: str) -> Finding:
    """The version of the deployed stack against the command line's own; versions are dotted numbers."""
    if deployed is None:
        return warning(VERSION, f"the stack does not tell its version; the command line is {own}", _DEPLOY)
    if deployed == own:
        return ok(VERSION, f"stack and command line are both {own}")
    text = f"the stack is {deployed}, the command line {own}"
    if _number(deployed) < _number(own):
        return warning(VERSION, text, f"{_DEPLOY} from the command line's own checkout")
    return warning(VERSION, text, f"update the command line to {deployed}: check out that version, then `make setup`")


def _number(version_text: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", version_text))


def clock_skew(*, local: datetime, aws: datetime) -> Finding:
    """The local clock against that of an answer's `Date`, which has whole seconds and is as old as its way here."""
    seconds = (local - aws).total_seconds()
    if abs(seconds) <= SKEW_NOTED_SECONDS:
        return ok(CLOCK, "the local clock agrees with AWS's")
    text = f"the local clock is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} AWS's"
    remedy = "set the clock by NTP (`timedatectl set-ntp true`, or the system's setting for time)"
    if abs(seconds) > SKEW_REFUSED_SECONDS:
        return problem(CLOCK, f"{text}; AWS refuses signatures more than five minutes off", remedy)
    return warning(CLOCK, f"{text}; from five minutes on AWS refuses signatures", remedy)
