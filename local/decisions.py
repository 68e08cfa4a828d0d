"""Writes down what IAM decided about the roles of stacks, so that grants can be held against what is really done.

Every identity policy is judged by one function of ministack, whoever asks: the front door, the state machine,
Scheduler, Bedrock's jobs. Here each different decision becomes a line of JSON: `{stack, role, action, resource,
context, decision}`, and before the first one of a stack `{stack, resources}`, its logical ids by physical ones. Keys of
objects stand in them, and nothing that is in an object or a request's body.
"""

from __future__ import annotations

import json
import os
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from ministack.core import iam_evaluator
from ministack.services import cloudformation

from local.shims.expected import replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# The condition keys that policies of ours look at.
KEYS: Final = ("events:source", "iam:passedtoservice", "s3:prefix", "bedrock:inferenceprofilearn")

_on_a_resource: Final = ContextVar("gavel_on_a_resource", default=False)


def write_into(folder: Path) -> None:
    """From now on write each different decision into a file of this process in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    log = _Log(folder / f"{os.getpid()}-{os.urandom(4).hex()}.jsonl")
    replace(iam_evaluator, "evaluate", log.watching)
    replace(iam_evaluator, "evaluate_resource_policy", _apart)
    replace(iam_evaluator, "evaluate_trust_policy", _apart_too)


class _Log:
    """A file of decisions, each once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._seen: set[str] = set()

    def watching(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """`evaluate` that writes down what it decides about identity policies."""

        def evaluate(ctx: Any, policies: Any, *limits: Any) -> Any:
            result = original(ctx, policies, *limits)
            if not _on_a_resource.get() and ":assumed-role/" in ctx.principal_arn:
                self._note(ctx, result.decision)
            return result

        return evaluate

    def _note(self, ctx: Any, decision: str) -> None:
        role = ctx.principal_arn.split("/")[1]
        stack, resources = _stack_of(role, ctx.principal_account, ctx.region)
        if stack is None:
            return
        context = {key: ctx.service_context[key] for key in KEYS if ctx.service_context.get(key) is not None}
        decided = {"role": role, "action": ctx.action, "resource": ctx.resource_arn, "context": context}
        lines = ({"stack": stack, "resources": resources}, {"stack": stack, **decided, "decision": decision})
        with self._lock:
            for text in (json.dumps(line, sort_keys=True) for line in lines):
                if text not in self._seen:
                    self._seen.add(text)
                    with self._file.open("a", encoding="utf-8") as out:
                        out.write(text + "\n")


def _stack_of(role: str, account: str, region: str) -> tuple[str | None, dict[str, str]]:
    """Name of the stack that made a role, and the logical ids of its resources by physical ones."""
    for name, stack in cloudformation._stacks.items_scoped(account, region):  # noqa: SLF001 - no public accessor
        made = {str(found.get("PhysicalResourceId")): logical for logical, found in stack["_resources"].items()}
        if role in made:
            return str(name), made
    return None, {}


def _apart(original: Callable[..., Any]) -> Callable[..., Any]:
    def evaluate_resource_policy(
        doc: Any,
        ctx: Any,
        service: str | None = None,
        named_only: bool = False,  # noqa: FBT001, FBT002 - ministack's own parameters
        direct_only: bool = False,  # noqa: FBT001, FBT002
    ) -> Any:
        token = _on_a_resource.set(True)
        try:
            return original(doc, ctx, service, named_only, direct_only)
        finally:
            _on_a_resource.reset(token)

    return evaluate_resource_policy


def _apart_too(original: Callable[..., Any]) -> Callable[..., Any]:
    def evaluate_trust_policy(trust_doc: Any, caller_arn: str, ctx: Any = None) -> Any:
        token = _on_a_resource.set(True)
        try:
            return original(trust_doc, caller_arn, ctx)
        finally:
            _on_a_resource.reset(token)

    return evaluate_trust_policy
