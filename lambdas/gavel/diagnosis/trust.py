"""Whether a role's trust policy lets Bedrock run evaluation jobs as the role.

Source: Bedrock user guide, "Service role requirements for automatic model evaluation jobs" (the trust policy), and IAM
user guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from gavel.diagnosis.finding import REVERT, Finding, ok, problem, warning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TRUST: Final = "role trust"
_SERVICE: Final = "bedrock.amazonaws.com"
_ACTION: Final = "sts:AssumeRole"
_A_JOB: Final = "abcdefghij01"


class _UnknownConditionError(Exception):
    """The policy has a condition that this page cannot read."""


def trust(policy: Mapping[str, Any], *, account: str, region: str, partition: str = "aws") -> Finding:
    """Hold a trust policy against what Bedrock says of itself when it runs a job of that account and Region."""
    job = f"arn:{partition}:bedrock:{region}:{account}:evaluation-job/{_A_JOB}"
    context = {"aws:sourceaccount": account, "aws:sourcearn": job}
    named = [statement for statement in _list(policy.get("Statement")) if _names_bedrock(statement)]
    if not any(statement.get("Effect") == "Allow" for statement in named):
        return problem(TRUST, f"its trust policy does not let {_SERVICE} assume the role", REVERT)
    try:
        if any(statement.get("Effect") == "Deny" and _holds(statement, context) for statement in named):
            return problem(TRUST, f"its trust policy denies {_SERVICE}", REVERT)
        allowing = [one for one in named if one.get("Effect") == "Allow" and _holds(one, context)]
    except _UnknownConditionError as error:
        text = f"its trust policy has a condition that the doctor cannot read: {error}"
        return warning(TRUST, text, "see that it holds for evaluation jobs of this account and Region")
    if not allowing:
        text = f"its trust policy lets {_SERVICE} in, but not for evaluation jobs of account {account} in {region}"
        return problem(TRUST, text, f"aws:SourceAccount and aws:SourceArn have to match {job}. {REVERT}")
    if not any(_guarded(one) for one in allowing):
        text = (
            f"{_SERVICE} may assume the role for jobs of any account: aws:SourceAccount and aws:SourceArn are missing"
        )
        return warning(TRUST, text, REVERT)
    return ok(TRUST, f"{_SERVICE} may assume the role for evaluation jobs of this account and Region")


def _names_bedrock(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    services = _list(principal.get("Service")) if isinstance(principal, dict) else []
    actions = [str(action).lower() for action in _list(statement.get("Action"))]
    return _SERVICE in services and any(fnmatchcase(_ACTION.lower(), action) for action in actions)


def _guarded(statement: Mapping[str, Any]) -> bool:
    keys = {key.lower() for tests in statement.get("Condition", {}).values() for key in tests}
    return bool(keys & {"aws:sourceaccount", "aws:sourcearn"})


def _holds(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    return all(
        _test(operator, key, [str(value) for value in _list(values)], context)
        for operator, tests in statement.get("Condition", {}).items()
        for key, values in tests.items()
    )


def _test(operator: str, key: str, values: list[str], context: Mapping[str, str]) -> bool:
    compare = _OPERATORS.get(operator.removesuffix("IfExists"))
    if compare is None or key.lower() not in context:
        raise _UnknownConditionError(f"{operator} {key}")
    return any(compare(context[key.lower()], value) for value in values)


def _like(text: str, pattern: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _arn_like(text: str, pattern: str) -> bool:
    """Each of an ARN's six parts is compared by itself, so no `*` reaches over a colon before the last one."""
    parts, patterns = text.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) and all(map(_like, parts, patterns))


_OPERATORS: Final[dict[str, Callable[[str, str], bool]]] = {
    "StringEquals": lambda text, value: text == value,
    "StringEqualsIgnoreCase": lambda text, value: text.lower() == value.lower(),
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
}


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
