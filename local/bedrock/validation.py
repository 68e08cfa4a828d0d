"""What the public service model demands of a request: required members, types, lengths, patterns, enums, unions.

The model is botocore's own `service-2.json` of the installed version; nothing of it is repeated here. All violations
go into one message in the wording of AWS. For unions and wrong JSON types the wording is a guess (README.md).
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from botocore.loaders import Loader

from local.bedrock.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The enum of the model lacks "General", the only task type that judge jobs accept; model_rules.py checks it instead.
_ENUMS_NOT_ENFORCED: Final = frozenset({"EvaluationTaskType"})

_PYTHON_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "structure": (dict,),
    "list": (list,),
    "map": (dict,),
    "string": (str,),
    "integer": (int,),
    "float": (int, float),
    "boolean": (bool,),
    "blob": (str,),
}


@cache
def _model() -> dict[str, Any]:
    model: dict[str, Any] = Loader().load_service_model("bedrock", "service-2")
    return model


def check_input(operation: str, members: Mapping[str, Any]) -> None:
    """Refuse input that breaks the model of an operation; ApiError ValidationException names every violation.

    `members` are the operation's top-level members by name, query and path parameters already converted by
    `from_text`.
    """
    shape = _model()["operations"][operation]["input"]["shape"]
    found = list(_violations(shape, dict(members), ""))
    if found:
        plural = "" if len(found) == 1 else "s"
        raise ApiError("ValidationException", f"{len(found)} validation error{plural} detected: {'; '.join(found)}")


def query_members(operation: str, query: Mapping[str, str]) -> dict[str, Any]:
    """The known query parameters of an operation, converted to what their shapes want; unknown ones are ignored."""
    model = _model()
    shape = model["shapes"][model["operations"][operation]["input"]["shape"]]
    members = {}
    for name, member in shape["members"].items():
        text = query.get(member.get("locationName", name))
        if member.get("location") == "querystring" and text is not None:
            members[name] = _from_text(model["shapes"][member["shape"]]["type"], text)
    return members


def _from_text(kind: str, text: str) -> object:
    if kind == "integer" and re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    if kind == "timestamp":
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return text
    return text


def _violations(shape_name: str, value: Any, path: str) -> Iterator[str]:
    shape: dict[str, Any] = _model()["shapes"][shape_name]
    kind = shape["type"]
    if shape.get("document"):
        return
    if kind == "timestamp":
        if not isinstance(value, datetime) or value.tzinfo is None:
            yield _violation(shape, value, path, "Member must be an ISO 8601 timestamp")
        return
    if not _has_type(value, kind):
        yield _violation(shape, value, path, f"Member must be of type {kind}")
        return
    if kind == "structure":
        yield from _structure(shape, value, path)
    elif kind == "list":
        yield from _bounds(shape, value, path)
        for number, item in enumerate(value, 1):
            yield from _violations(shape["member"]["shape"], item, f"{path}.{number}.member")
    elif kind == "map":
        for key, item in value.items():
            yield from _violations(shape["value"]["shape"], item, f"{path}.{key}.member")
    else:
        yield from _scalar(shape_name, shape, value, path)


def _has_type(value: Any, kind: str) -> bool:
    return isinstance(value, _PYTHON_TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _structure(shape: dict[str, Any], value: dict[str, Any], path: str) -> Iterator[str]:
    present = {name: item for name, item in value.items() if item is not None and name in shape["members"]}
    for name in shape.get("required", ()):
        if name not in present:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    if shape.get("union") and len(present) != 1:
        names = ", ".join(shape["members"])
        yield f"Value at '{path}' failed to satisfy constraint: Member must have exactly one of the members [{names}]"
    for name, member in shape["members"].items():
        if name in present:
            yield from _violations(member["shape"], present[name], _join(path, name))


def _scalar(shape_name: str, shape: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    if "enum" in shape and shape_name not in _ENUMS_NOT_ENFORCED and value not in shape["enum"]:
        yield _violation(shape, value, path, f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]")
    yield from _bounds(shape, value, path)
    if "pattern" in shape and not re.fullmatch(shape["pattern"], value):
        yield _violation(shape, value, path, f"Member must satisfy regular expression pattern: {shape['pattern']}")


def _bounds(shape: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    number = isinstance(value, int | float)
    size = value if number else len(value)
    what = "value" if number else "length"
    if "min" in shape and size < shape["min"]:
        yield _violation(shape, value, path, f"Member must have {what} greater than or equal to {shape['min']}")
    if "max" in shape and size > shape["max"]:
        yield _violation(shape, value, path, f"Member must have {what} less than or equal to {shape['max']}")


def _violation(shape: dict[str, Any], value: Any, path: str, constraint: str) -> str:
    shown = "" if shape.get("sensitive") or isinstance(value, dict | list) else f" '{value}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: {constraint}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
