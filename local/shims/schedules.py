"""Schedules are authorised by their group, act as their role, and tell their target when they were due.

AWS: who makes or changes a schedule has to be allowed to pass its role to Scheduler (user guide, "Identity-based
policies", "PassRole"). ministack does not ask.

AWS: a schedule's ARN is `schedule/<group>/<name>` (Service Authorization Reference, "EventBridge Scheduler"); Scheduler
calls the target with the schedule's role; and it puts its own values in place of `<aws.scheduler.scheduled-time>`,
`<aws.scheduler.execution-id>`, `<aws.scheduler.schedule-arn>` and `<aws.scheduler.attempt-number>` in the input (user
guide, "Adding context attributes"). ministack authorises by the group `default`, calls with every right, and hands the
input on as it is.
"""

from __future__ import annotations

import json
import os
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ministack.core import iam_evaluator
from ministack.services import eventbridge, scheduler

from local.shims.expected import replace
from local.shims.resource_arns import name_resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.shims.resource_arns import Asked

# What a target of that service is called with.
_ACTIONS = {"lambda": "lambda:InvokeFunction", "sqs": "sqs:SendMessage", "states": "states:StartExecution"}


def apply() -> None:
    """Group into the ARN, role before the target, values into the input; and ask whether the role may be passed."""
    replace(scheduler, "_create_schedule", _with_passed_role)
    replace(scheduler, "_update_schedule", _with_passed_role)
    name_resource(_with_group)
    replace(eventbridge, "_invoke_target", _as_role)


def _with_group(asked: Asked) -> str | None:
    if asked.service != "scheduler":
        return None
    return asked.found().replace(":schedule/default/", f":schedule/{_group(asked.body, asked.query)}/")


def _group(body: bytes, query: dict[str, Any]) -> str:
    named = query.get("groupName")
    if named:
        return unquote(str(named[0] if isinstance(named, list) else named))
    try:
        return str(json.loads(body).get("GroupName", "default"))
    except (ValueError, AttributeError):
        return "default"


def _as_role(original: Callable[..., None]) -> Callable[..., None]:
    def invoke_target(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        if event.get("Source") != "aws.scheduler":
            original(target, event, rule, view)
            return
        if not _may_call(target):
            eventbridge.logger.warning("Scheduler: the role may not call %s", target.get("Arn"))
            return
        due = datetime.fromtimestamp(int(event["Time"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        words = {
            "<aws.scheduler.scheduled-time>": due,
            "<aws.scheduler.execution-id>": str(uuid.uuid4()),
            "<aws.scheduler.schedule-arn>": str(rule.get("Arn", "")),
            "<aws.scheduler.attempt-number>": "1",
        }
        text = str(target.get("Input", ""))
        for word, value in words.items():
            text = text.replace(word, value)
        original({**target, "Input": text}, event, rule, view)

    return invoke_target


def _may_call(target: dict[str, Any]) -> bool:
    arn, role_arn = str(target["Arn"]), str(target["RoleArn"])
    action = _ACTIONS.get(arn.split(":")[2])
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    return action is None or _allowed(f"arn:aws:sts::{account}:assumed-role/{name}/scheduler", action, arn, {})


def _with_passed_role(original: Callable[..., Any]) -> Callable[..., Any]:
    def schedule(name: str, body: dict[str, Any]) -> Any:
        caller, role = iam_evaluator.caller_arn(), str(body.get("Target", {}).get("RoleArn", ""))
        passed = {"iam:passedtoservice": "scheduler.amazonaws.com"}
        if ":assumed-role/" in caller and role and not _allowed(caller, "iam:PassRole", role, passed):
            message = f"User: {caller} is not authorized to perform: iam:PassRole on resource: {role}"
            return scheduler._error(403, "AccessDeniedException", message)
        return original(name, body)

    return schedule


def _allowed(principal: str, action: str, resource: str, service_context: dict[str, str]) -> bool:
    """Whether the policies of the role whose session `principal` is allow that."""
    account, name = principal.split(":")[4], principal.split("/")[1]
    context = iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=os.environ["MINISTACK_REGION"],
        service_context=service_context,
    )
    policies = iam_evaluator._gather_role_policies(name, account)
    return bool(iam_evaluator.evaluate(context, policies).decision == "Allow")
