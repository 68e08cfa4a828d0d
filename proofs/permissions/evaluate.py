"""Asks ministack's IAM evaluator: questions on stdin, an answer for each on stdout. Runs in `.venv-twin`: engines.py.

It shares no line with the other engine, and is what decides on the twin.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from ministack.core.iam_evaluator import (
    EvalContext,
    EvalResult,
    combine_resource_policy,
    evaluate,
    evaluate_resource_policy,
    parse_policy_document,
)


def main() -> None:
    """Answer everything that was asked."""
    asked = json.load(sys.stdin)
    policies = [json.dumps(policy) for policy in asked["policies"]]
    json.dump([_answer(one, policies) for one in asked["questions"]], sys.stdout)


def _answer(one: dict[str, Any], policies: list[str]) -> str:
    principal, door = one["principal"], None if one["door"] is None else policies[one["door"]]
    is_service = not principal.startswith("arn:")
    context = EvalContext(
        principal_arn=principal,
        principal_type="Service" if is_service else "AssumedRole",
        principal_account=one["account"] if is_service else principal.split(":")[4],
        action=one["action"],
        resource_arn=one["resource"],
        region=one["region"],
        source_ip="192.0.2.1",
        secure_transport=one["context"].get("aws:SecureTransport", "true") == "true",
        service_context={key.lower(): value for key, value in one["context"].items()},
    )
    if is_service:
        return _said(evaluate_resource_policy(door, context, service=principal))
    identity = [] if one["identity"] is None else [parse_policy_document(policies[one["identity"]])]
    decided = evaluate(context, identity)
    if door is not None:
        required = one["action"].startswith("kms:")
        decided = combine_resource_policy(decided, context, door, one["account"], required=required)
    return _said(decided)


def _said(result: EvalResult) -> str:
    return "allowed" if result.decision == "Allow" else "denied"


if __name__ == "__main__":
    main()
