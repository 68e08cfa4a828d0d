"""Reads a synthesised template: resources by type, and the policies of roles as plain statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]


@dataclass(frozen=True)
class Statement:
    """One allowed thing: the logical id of the role, the statement's name, and its parts as lists."""

    role: str
    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Synthesised:
    """A template with the questions that the tests ask."""

    content: Json

    def of_type(self, kind: str) -> dict[str, Json]:
        """Logical id → properties of every resource of that CloudFormation type."""
        return {
            name: item.get("Properties", {}) for name, item in self.content["Resources"].items() if item["Type"] == kind
        }

    def beginning(self, kind: str, start: str) -> tuple[str, Json]:
        """Logical id and properties of the one resource of a type whose id begins so."""
        ((name, properties),) = ((name, item) for name, item in self.of_type(kind).items() if name.startswith(start))
        return name, properties

    def only(self, kind: str) -> Json:
        """Properties of the one resource of that type."""
        (properties,) = self.of_type(kind).values()
        return properties

    def function(self, handler: str) -> Json:
        """Properties of the Lambda of that handler."""
        wanted = f"handlers.{handler}.handler"
        (properties,) = (item for item in self.of_type("AWS::Lambda::Function").values() if item["Handler"] == wanted)
        return properties

    def statements(self) -> Iterator[Statement]:
        """Every statement of every identity policy."""
        for policy in self.of_type("AWS::IAM::Policy").values():
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Effect"] == "Allow"
                yield Statement(
                    role=policy["Roles"][0]["Ref"],
                    sid=statement.get("Sid", ""),
                    actions=_as_list(statement["Action"]),
                    resources=tuple(text(item) for item in _as_items(statement["Resource"])),
                    conditions=statement.get("Condition", {}),
                )

    def of_handler(self, handler: str) -> dict[str, Statement]:
        """Statements of a handler's role by their names."""
        role = self.function(handler)["Role"]["Fn::GetAtt"][0]
        return {item.sid: item for item in self.statements() if item.role == role}


def text(value: object) -> str:
    """A value with its intrinsics written as `<LogicalId.Attribute>`."""
    if isinstance(value, str):
        return value
    assert isinstance(value, dict)
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(text(part) for part in parts)
    if "Ref" in value:
        return f"<{value['Ref']}>"
    return "<{}.{}>".format(*value["Fn::GetAtt"])


def _as_items(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _as_list(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in _as_items(value))
