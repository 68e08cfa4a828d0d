"""A template as it would stand in an account: every reference resolved to a name, every policy to plain statements."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ACCOUNT: Final = "111122223333"
OTHER_ACCOUNT: Final = "444455556666"
REGION: Final = "us-east-1"
_PSEUDO: Final = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
_HERE: Final = f"{REGION}:{ACCOUNT}"

# What `Arn` is of a resource of that name.
_ARNS: Final = {
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{_HERE}:table/{{}}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{_HERE}:function:{{}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{_HERE}:log-group:{{}}:*",
    "AWS::SNS::Topic": f"arn:aws:sns:{_HERE}:{{}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{_HERE}:{{}}",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{_HERE}:stateMachine:{{}}",
    "AWS::Events::Rule": f"arn:aws:events:{_HERE}:rule/{{}}",
    "AWS::KMS::Key": f"arn:aws:kms:{_HERE}:key/{{}}",
}
_REF_IS_ARN: Final = frozenset({"AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"})
_NAMES: Final = {
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}
_KEY_ID: Final = "1234abcd-12ab-34cd-56ef-1234567890ab"
_HASH: Final = re.compile(r"[0-9A-F]{8}$")

type Json = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement of a policy, resolved. `number` counts within its role or resource; only doors have `principal`."""

    owner: str
    number: int
    sid: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Json
    principal: Any = None

    @property
    def title(self) -> str:
        """What a person calls it: its name, or its first action."""
        return self.sid or f"{self.actions[0]}…"

    def document(self) -> Json:
        """The statement as IAM reads it."""
        content: Json = {"Effect": self.effect, "Action": list(self.actions)}
        if self.resources:
            content["Resource"] = list(self.resources)
        if self.principal is not None:
            content["Principal"] = self.principal
        if self.conditions:
            content["Condition"] = self.conditions
        return content


@dataclass(frozen=True)
class Account:
    """The resources of one template, deployed into an account that exists on paper."""

    template: Mapping[str, Any]
    stack: str

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Physical name of every resource by logical id: its own where the template gives one, a readable one else."""
        return {logical: self._name(logical, item) for logical, item in self.template["Resources"].items()}

    @cached_property
    def roles(self) -> Mapping[str, str]:
        """Logical id of every role by what it is called here: a handler's name, or the service that takes it on."""
        handlers = {
            item["Properties"]["Role"]["Fn::GetAtt"][0]: item["Properties"]["Handler"].split(".")[1]
            for _, item in self._of_type("AWS::Lambda::Function")
        }
        return {handlers.get(logical) or _service(item): logical for logical, item in self._of_type("AWS::IAM::Role")}

    @cached_property
    def grants(self) -> Mapping[str, tuple[Statement, ...]]:
        """What each role may do, by the role's name in `roles`. Raises ValueError for what no policy here may have."""
        titles = {logical: title for title, logical in self.roles.items()}
        found: dict[str, list[Statement]] = {title: [] for title in self.roles}
        for logical, item in self._of_type("AWS::IAM::Role"):
            if "ManagedPolicyArns" in item["Properties"]:
                raise ValueError(f"{titles[logical]} takes a managed policy, which says more than is needed")
            for policy in item["Properties"].get("Policies", ()):
                self._add(found[titles[logical]], titles[logical], policy["PolicyDocument"])
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"):
            for _, item in self._of_type(kind):
                properties = item["Properties"]
                for role in properties.get("Roles", [{"Ref": properties.get("RoleName")}]):
                    self._add(found[titles[role["Ref"]]], titles[role["Ref"]], properties["PolicyDocument"])
        return {title: tuple(statements) for title, statements in found.items()}

    @cached_property
    def doors(self) -> Mapping[str, tuple[Statement, ...]]:
        """Statements of every trust policy and resource policy, by the ARN of what they guard."""
        found: dict[str, list[Statement]] = {}
        for logical, item in self._of_type("AWS::IAM::Role"):
            self._guard(found, self.arn(logical), item["Properties"]["AssumeRolePolicyDocument"])
        for kind, target in (("AWS::S3::BucketPolicy", "Bucket"), ("AWS::SNS::TopicPolicy", "Topics"),
                             ("AWS::SQS::QueuePolicy", "Queues")):  # fmt: skip
            for _, item in self._of_type(kind):
                for guarded in _listed(item["Properties"][target]):
                    self._guard(found, self.arn(guarded["Ref"]), item["Properties"]["PolicyDocument"])
        for logical, item in self._of_type("AWS::KMS::Key"):
            self._guard(found, self.arn(logical), item["Properties"]["KeyPolicy"])
        for _, item in self._of_type("AWS::Lambda::Permission"):
            self._permit(found, self.resolve(item["Properties"]))
        return {arn: tuple(statements) for arn, statements in found.items()}

    def arn(self, logical: str) -> str:
        """ARN of a resource."""
        return _ARNS[self.template["Resources"][logical]["Type"]].format(self.names[logical])

    def role_arn(self, title: str) -> str:
        """ARN of a role of `roles`."""
        return self.arn(self.roles[title])

    def session(self, title: str) -> str:
        """ARN of a session of a role, which is who calls."""
        return f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.names[self.roles[title]]}/session"

    def names_itself(self, logical: str) -> bool:
        """Whether AWS gives that resource its name, so that it is another one in every account."""
        item = self.template["Resources"].get(logical)
        return item is not None and item["Type"] in _ARNS and item["Type"] not in _NAMES

    def beginning(self, kind: str, start: str) -> str:
        """ARN of the one resource of that CloudFormation type whose logical id begins so."""
        (logical,) = (logical for logical, _ in self._of_type(kind) if logical.startswith(start))
        return self.arn(logical)

    def only(self, kind: str) -> str:
        """ARN of the one resource of that CloudFormation type."""
        ((logical, _),) = self._of_type(kind)
        return self.arn(logical)

    def has(self, kind: str) -> bool:
        """Whether there is a resource of that CloudFormation type."""
        return any(True for _ in self._of_type(kind))

    def function(self, handler: str) -> str:
        """ARN of a handler's Lambda."""
        (logical,) = (
            logical
            for logical, item in self._of_type("AWS::Lambda::Function")
            if item["Properties"]["Handler"] == f"handlers.{handler}.handler"
        )
        return self.arn(logical)

    def log_group(self, handler: str) -> str:
        """ARN of the log group of a handler's Lambda, without the `:*` that stands for its streams."""
        name = self.function(handler).rpartition(":")[2]
        return f"arn:aws:logs:{_HERE}:log-group:/aws/lambda/{name}"

    def may(self, title: str, action: str, resource: str | None = None) -> bool:
        """Whether a statement of a role names the action, for that kind of resource where one is given."""
        kind = resource and resource.rpartition("/")[0]
        return any(
            action in one.actions and (kind is None or any(found.startswith(kind) for found in one.resources))
            for one in self.grants[title]
        )

    def permissions(self) -> Iterator[tuple[str, Statement]]:
        """What lets services call Lambdas: each function's ARN with each statement of its policy."""
        for arn, statements in self.doors.items():
            if arn.startswith("arn:aws:lambda:"):
                yield from ((arn, statement) for statement in statements)

    def rules(self) -> list[str]:
        """ARNs of the rules of EventBridge."""
        return [self.arn(logical) for logical, _ in self._of_type("AWS::Events::Rule")]

    @property
    def api_id(self) -> str:
        """What stands for the API in ARNs."""
        ((logical, _),) = self._of_type("AWS::ApiGatewayV2::Api")
        return self.names[logical]

    def log_groups(self) -> Sequence[str]:
        """Name of every log group."""
        return [self.names[logical] for logical, _ in self._of_type("AWS::Logs::LogGroup")]

    def policy_of(self, resource: str) -> Sequence[Statement]:
        """The resource policy that a request for that ARN meets; of a bucket for its objects too."""
        return self.doors.get(resource) or self.doors.get(resource.partition("/")[0]) or ()

    def resolve(self, value: Any) -> Any:
        """A value of the template with its references filled in; raises ValueError for one that is not known here."""
        match value:
            case list():
                return [self.resolve(item) for item in value]
            case dict():
                return self._filled(value)
            case _:
                return value

    def _filled(self, value: Json) -> Any:
        match value:
            case {"Ref": name} if name in _PSEUDO:
                return _PSEUDO[name]
            case {"Ref": logical}:
                kind = self.template["Resources"][logical]["Type"]
                return self.arn(logical) if kind in _REF_IS_ARN else self.names[logical]
            case {"Fn::GetAtt": [logical, "Arn"]}:
                return self.arn(logical)
            case {"Fn::Join": [separator, parts]}:
                return str(separator).join(self.resolve(parts))
            case _ if any(key.startswith("Fn::") for key in value):
                raise ValueError(f"cannot resolve {json.dumps(value)}: teach proofs.permissions.account this function")
            case _:
                return {key: self.resolve(item) for key, item in value.items()}

    def _of_type(self, kind: str) -> Iterator[tuple[str, Json]]:
        return ((name, item) for name, item in self.template["Resources"].items() if item["Type"] == kind)

    def _name(self, logical: str, item: Json) -> str:
        if item["Type"] == "AWS::KMS::Key":
            return _KEY_ID
        if name := item.get("Properties", {}).get(_NAMES.get(item["Type"])):
            return str(name)
        plain = f"{self.stack}-{_HASH.sub('', logical)}"
        return plain.lower() if item["Type"] == "AWS::S3::Bucket" else plain

    def _add(self, statements: list[Statement], owner: str, document: Json) -> None:
        for raw in document["Statement"]:
            one: Json = self.resolve(raw)
            if one["Effect"] != "Allow" or not {"Action", "Resource"} <= set(one):
                raise ValueError(f"{owner}: only Allow with Action and Resource is understood, found {json.dumps(one)}")
            statements.append(
                Statement(
                    owner=owner,
                    number=len(statements),
                    sid=one.get("Sid", ""),
                    effect="Allow",
                    actions=_listed(one["Action"]),
                    resources=_listed(one["Resource"]),
                    conditions=one.get("Condition", {}),
                )
            )

    def _guard(self, found: dict[str, list[Statement]], arn: str, document: Json) -> None:
        statements = found.setdefault(arn, [])
        for raw in document["Statement"]:
            one: Json = self.resolve(raw)
            statements.append(
                Statement(
                    owner=arn,
                    number=len(statements),
                    sid=one.get("Sid", ""),
                    effect=one["Effect"],
                    actions=_listed(one["Action"]),
                    resources=_listed(one.get("Resource", ())),
                    conditions=one.get("Condition", {}),
                    principal=one["Principal"],
                )
            )

    @staticmethod
    def _permit(found: dict[str, list[Statement]], permission: Json) -> None:
        """AddPermission makes this statement of a permission (Lambda API reference, AddPermission)."""
        conditions: Json = {}
        if "SourceArn" in permission:
            conditions["ArnLike"] = {"AWS:SourceArn": permission["SourceArn"]}
        if "SourceAccount" in permission:
            conditions["StringEquals"] = {"AWS:SourceAccount": permission["SourceAccount"]}
        arn = str(permission["FunctionName"])
        statements = found.setdefault(arn, [])
        statements.append(
            Statement(
                owner=arn,
                number=len(statements),
                sid="",
                effect="Allow",
                actions=(str(permission["Action"]),),
                resources=(arn,),
                conditions=conditions,
                principal={"Service": permission["Principal"]},
            )
        )


def _service(role: Json) -> str:
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    service = str(trust["Principal"]["Service"]).partition(".")[0]
    return {"states": "state machine"}.get(service, service)


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)
