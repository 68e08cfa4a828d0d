"""Two independent engines that decide whether IAM allows a request: each is asked everything, once, in one process.

`@cloud-copilot/iam-simulate` (Node) knows every action's resource types and condition keys, and says of a request that
AWS could not be asked so. ministack's evaluator (Python) knows policies only.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import infra  # noqa: F401 - points at the Node that the tool chain brings
from proofs.permissions.account import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_HERE: Final = Path(__file__).parent
_ROOT: Final = _HERE.parent.parent
# Keys of a request itself, which AWS fills in for every action, whether or not its page of the reference lists them.
_OF_EVERY_REQUEST: Final = ("aws:SecureTransport", "s3:TlsVersion")


@dataclass(frozen=True)
class Question:
    """May `principal` do `action` on `resource`? Policies are JSON texts: the caller's own, and the resource's."""

    principal: str
    action: str
    resource: str
    context: str = "{}"
    identity: str | None = None
    door: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What the engines said: `allowed` or `denied`.

    `doubt` is what the first engine's edition of the Service Authorization Reference does not know about the request:
    `resource` when no resource type of the action has such an ARN, the names of condition keys, or nothing.
    """

    first: str
    doubt: str
    second: str

    @property
    def allowed(self) -> bool:
        """The first engine's decision."""
        return self.first == "allowed"

    @property
    def agreed(self) -> bool:
        """Whether both decided alike."""
        return self.first == self.second


def ask(questions: Iterable[Question]) -> dict[Question, Verdict]:
    """What both engines say to each question. Raises RuntimeError when one of them cannot be run."""
    asked = list(dict.fromkeys(questions))
    content = json.dumps(_content(asked))
    first = _run([_node(), str(_HERE / "simulate.mjs")], content, len(asked))
    second = _run([str(_ROOT / ".venv-twin" / "bin" / "python"), str(_HERE / "evaluate.py")], content, len(asked))
    return {
        one: Verdict(decision, doubt, other) for one, (decision, doubt), other in zip(asked, first, second, strict=True)
    }


def _content(asked: Sequence[Question]) -> Mapping[str, Any]:
    numbers: dict[str | None, int | None] = {None: None}
    policies: list[Any] = []
    for one in asked:
        for text in (one.identity, one.door):
            if text is not None and text not in numbers:
                numbers[text] = len(policies)
                policies.append(json.loads(text))
    questions = [
        {
            "principal": one.principal,
            "action": one.action,
            "resource": one.resource,
            "context": json.loads(one.context),
            "identity": numbers[one.identity],
            "door": numbers[one.door],
            "account": ACCOUNT,
            "region": REGION,
            "ofEveryRequest": _OF_EVERY_REQUEST,
        }
        for one in asked
    ]
    return {"policies": policies, "questions": questions}


def _run(command: Sequence[str], content: str, expected: int) -> list[Any]:
    done = subprocess.run(command, input=content, capture_output=True, text=True, check=False, cwd=_ROOT)
    answers: list[Any] = json.loads(done.stdout) if done.returncode == 0 else []
    if len(answers) != expected:
        raise RuntimeError(f"{' '.join(command)} answered {len(answers)} of {expected}: {done.stderr[-2000:]}")
    return answers


def _node() -> str:
    found = os.environ.get("JSII_NODE") or shutil.which("node")
    if found is None:
        raise RuntimeError("there is no Node; `make setup` installs one")
    return found
