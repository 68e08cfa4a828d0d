"""Settings that are more than one value: a VPC's place, and a reader of another account. Each is read, or refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PRINCIPAL: Final = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(?:root|(?:role|user)/[\w+=,.@/-]{1,512})")
_EXTERNAL_ID: Final = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_BOUNDARY: Final = re.compile(r"arn:aws[a-z-]*:iam::(?:\d{12}|aws):policy/[\w+=,.@/-]{1,512}", re.ASCII)
_MOST_SUBNETS: Final = 16  # quota of Lambda's VpcConfig
_MOST_GROUPS: Final = 5


@dataclass(frozen=True)
class VpcPlace:
    """Where Lambdas stand in a VPC that exists: its id, subnets, and security groups (which have to let port 443 out).

    `endpoint_route_tables` are the route tables of those subnets; where they are named, the stack makes the endpoints
    of every service that the Lambdas call, in the same subnets. Without them the VPC has to bring its own way out.
    """

    vpc_id: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    endpoint_route_tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reader:
    """Who of another account may read the figures: `principal` (role, user or root), and the external id they bring.

    With `records` they may read prompts, answers and explanations too.
    """

    principal: str
    external_id: str
    records: bool = False


def read_vpc(value: object) -> VpcPlace | None:
    """The place that the setting names; None for null. Raises ValueError with the form that it has to have."""
    if value is None:
        return None
    form = (
        'use {"vpc_id": "vpc-…", "subnets": ["subnet-…"], "security_groups": ["sg-…"]}, with '
        '"endpoint_route_tables": ["rtb-…"] where the stack has to make the endpoints, or null for no VPC'
    )
    needed, known = {"vpc_id", "subnets", "security_groups"}, {"endpoint_route_tables"}
    if not isinstance(value, dict) or not needed <= set(value) <= needed | known:
        raise ValueError(form)
    vpc_id = value["vpc_id"]
    if not isinstance(vpc_id, str) or not re.fullmatch(r"vpc-[0-9a-f]{8,17}", vpc_id):
        raise ValueError(f"{vpc_id!r} is no id of a VPC; {form}")
    return VpcPlace(
        vpc_id,
        _ids(value, "subnets", "subnet", _MOST_SUBNETS, form),
        _ids(value, "security_groups", "sg", _MOST_GROUPS, form),
        _ids(value, "endpoint_route_tables", "rtb", _MOST_SUBNETS, form) if "endpoint_route_tables" in value else (),
    )


def read_reader(value: object) -> Reader | None:
    """The reader that the setting names; None for null. Raises ValueError with the form that it has to have."""
    if value is None:
        return None
    form = (
        'use {"principal": "arn:aws:iam::ACCOUNT:role/NAME", "external_id": "…"}, with "records": true where prompts '
        "and answers are meant too, or null for no reader"
    )
    needed, known = {"principal", "external_id"}, {"records"}
    if not isinstance(value, dict) or not needed <= set(value) <= needed | known:
        raise ValueError(form)
    principal, external_id, records = value["principal"], value["external_id"], value.get("records", False)
    if not isinstance(principal, str) or not _PRINCIPAL.fullmatch(principal):
        raise ValueError(f"{principal!r} is no ARN of a role, a user or an account's root; {form}")
    if not isinstance(external_id, str) or not _EXTERNAL_ID.fullmatch(external_id):
        raise ValueError(f"an external id has 2 to 1,224 letters, digits and _+=,.@:/-; {form}")
    if isinstance(records, bool):
        return Reader(principal, external_id, records)
    raise ValueError(f'"records" is true or false; {form}')


def read_boundary(value: object) -> str | None:
    """The ARN of the policy that bounds every role; None for null. Raises ValueError for what is no ARN of a policy."""
    if value is None or (isinstance(value, str) and _BOUNDARY.fullmatch(value)):
        return value
    raise ValueError("use the ARN of a managed policy (arn:aws:iam::ACCOUNT:policy/NAME), or null for no boundary")


def _ids(value: Mapping[str, object], key: str, kind: str, most: int, form: str) -> tuple[str, ...]:
    ids = value[key]
    pattern = rf"{kind}-[0-9a-f]{{8,17}}"
    if not isinstance(ids, list) or not 1 <= len(ids) <= most or len(set(map(str, ids))) != len(ids):
        raise ValueError(f'"{key}" names 1 to {most}, each once; {form}')
    if wrong := [one for one in ids if not isinstance(one, str) or not re.fullmatch(pattern, one)]:
        raise ValueError(f'{wrong[0]!r} in "{key}" does not look like {kind}-0123456789abcdef0; {form}')
    return tuple(ids)
