"""What an account asks for besides: a VPC, a boundary on every role, a reader of another account, keys on logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import infra.check
from infra import network
from infra.config import ConfigError, EnvironmentConfig, JwtIssuer
from infra.options import Reader, VpcPlace
from tests.infra.template import Synthesised, text

if TYPE_CHECKING:
    from collections.abc import Mapping

VPC = VpcPlace(
    "vpc-0123456789abcdef0", ("subnet-0123456789abcdef0", "subnet-0123456789abcdef1"), ("sg-0123456789abcdef0",)
)
ROUTE_TABLES = ("rtb-0123456789abcdef0",)
READER = Reader("arn:aws:iam::210987654321:role/dashboards", "an-id-that-both-know")
BUCKET = "<StorageBucket5CB7C8EA.Arn>"


def synthesise(**settings: Any) -> Synthesised:
    return Synthesised(infra.check.template(EnvironmentConfig(name="production", **settings)))


@pytest.fixture(scope="module")
def in_vpc() -> Synthesised:
    place = VpcPlace(VPC.vpc_id, VPC.subnets, VPC.security_groups, ROUTE_TABLES)
    return synthesise(vpc=place)


@pytest.fixture(scope="module")
def with_reader() -> Synthesised:
    return synthesise(reader=READER)


def read(**settings: object) -> EnvironmentConfig:
    return EnvironmentConfig.from_context(name=None, environments={"production": settings})


def problem(**settings: object) -> str:
    with pytest.raises(ConfigError) as caught:
        read(**settings)
    (told,) = caught.value.problems
    return told


def reader_statements(synthesised: Synthesised) -> dict[str, Any]:
    (role,) = (
        name
        for name, properties in synthesised.of_type("AWS::IAM::Role").items()
        if properties.get("RoleName") == "gavel-production-reader"
    )
    return {item.sid: item for item in synthesised.statements() if item.role == role}


# VPC


def test_without_the_setting_no_lambda_is_in_a_vpc(production: Synthesised) -> None:
    assert [item for item in production.of_type("AWS::Lambda::Function").values() if "VpcConfig" in item] == []
    assert [sid for item in production.statements() if (sid := item.sid) == "JoinNetwork"] == []
    assert production.of_type("AWS::EC2::VPCEndpoint") == {}


def test_every_lambda_stands_in_the_named_subnets_and_groups(in_vpc: Synthesised) -> None:
    wanted = {"SubnetIds": list(VPC.subnets), "SecurityGroupIds": list(VPC.security_groups)}
    functions = in_vpc.of_type("AWS::Lambda::Function").values()
    assert [item["Handler"] for item in functions if item.get("VpcConfig") != wanted] == []


def test_a_lambdas_own_code_may_not_touch_network_interfaces(in_vpc: Synthesised) -> None:
    on_network = [item for item in in_vpc.statements() if any(action.startswith("ec2:") for action in item.actions)]
    assert len(on_network) == len(in_vpc.of_type("AWS::Lambda::Function"))
    for item in on_network:
        assert item.conditions == {"Null": {"lambda:SourceFunctionArn": "true"}}


def test_every_service_that_a_lambda_calls_has_an_endpoint_or_a_reason_why_not(in_vpc: Synthesised) -> None:
    roles = {item["Role"]["Fn::GetAtt"][0] for item in in_vpc.of_type("AWS::Lambda::Function").values()}
    called = {action.partition(":")[0] for item in in_vpc.statements() if item.role in roles for action in item.actions}
    assert called == {*network.GATEWAYS, *network.INTERFACES, *network.NO_CALLS} - ({"kms"} - called)
    endpoints = {
        text(item["ServiceName"]).rpartition(".")[2]: item["VpcEndpointType"]
        for item in in_vpc.of_type("AWS::EC2::VPCEndpoint").values()
    }
    assert endpoints == {
        **dict.fromkeys(network.GATEWAYS.values(), "Gateway"),
        **dict.fromkeys(network.INTERFACES.values(), "Interface"),
    }


def test_interface_endpoints_take_calls_of_this_account_from_the_lambdas_only(in_vpc: Synthesised) -> None:
    group = in_vpc.only("AWS::EC2::SecurityGroup")
    (rule,) = group["SecurityGroupIngress"]
    assert (rule["SourceSecurityGroupId"], rule["FromPort"], rule["ToPort"]) == (VPC.security_groups[0], 443, 443)
    assert "CidrIp" not in rule
    interfaces = [
        item for item in in_vpc.of_type("AWS::EC2::VPCEndpoint").values() if item["VpcEndpointType"] != "Gateway"
    ]
    for item in interfaces:
        assert item["PrivateDnsEnabled"] is True
        assert item["SubnetIds"] == list(VPC.subnets)
        (statement,) = item["PolicyDocument"]["Statement"]
        assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}


def test_gateways_stand_in_the_named_route_tables(in_vpc: Synthesised) -> None:
    gateways = [
        item for item in in_vpc.of_type("AWS::EC2::VPCEndpoint").values() if item["VpcEndpointType"] == "Gateway"
    ]
    assert [item["RouteTableIds"] for item in gateways] == [list(ROUTE_TABLES)] * 2


def test_without_route_tables_the_vpc_brings_its_own_way_out() -> None:
    bare = synthesise(vpc=VPC)
    assert bare.of_type("AWS::EC2::VPCEndpoint") == {}
    assert bare.of_type("AWS::EC2::SecurityGroup") == {}
    assert all("VpcConfig" in item for item in bare.of_type("AWS::Lambda::Function").values())


def test_a_vpc_is_read_from_its_ids() -> None:
    setting = {"vpc_id": VPC.vpc_id, "subnets": list(VPC.subnets), "security_groups": list(VPC.security_groups)}
    assert read(vpc=setting).vpc == VPC
    assert read(vpc=None).vpc is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"vpc_id": "my-vpc"}, "no id of a VPC"),
        ({"subnets": []}, "names 1 to 16"),
        ({"subnets": ["subnet-1"]}, "does not look like subnet-"),
        ({"subnets": "subnet-0123456789abcdef0"}, "names 1 to 16"),
        ({"security_groups": ["sg-0123456789abcdef0"] * 2}, "each once"),
        ({"security_groups": [5]}, "does not look like sg-"),
        ({"endpoint_route_tables": ["main"]}, "does not look like rtb-"),
        ({"colour": "blue"}, "use {"),
    ],
)
def test_a_place_in_a_vpc_that_cannot_be_is_refused(change: Mapping[str, object], told: str) -> None:
    setting = {"vpc_id": VPC.vpc_id, "subnets": list(VPC.subnets), "security_groups": list(VPC.security_groups)}
    assert told in problem(vpc={**setting, **change})


# Boundary


def test_a_boundary_bounds_every_role(production: Synthesised) -> None:
    arn = "arn:aws:iam::123456789012:policy/boundary"
    bounded = synthesise(permissions_boundary=arn, reader=READER).of_type("AWS::IAM::Role").values()
    assert {role.get("PermissionsBoundary") for role in bounded} == {arn}
    assert {role.get("PermissionsBoundary") for role in production.of_type("AWS::IAM::Role").values()} == {None}


@pytest.mark.parametrize("boundary", ["boundary", "arn:aws:iam::123456789012:role/x", "arn:aws:iam::12:policy/x", 5])
def test_what_is_no_policys_arn_is_no_boundary(boundary: object) -> None:
    assert "ARN of a managed policy" in problem(permissions_boundary=boundary)
    assert read(permissions_boundary="arn:aws-cn:iam::aws:policy/job-function/X").permissions_boundary


# Reader of another account


def test_without_the_setting_nobody_of_another_account_may_read(production: Synthesised) -> None:
    principals = [
        statement["Principal"]
        for role in production.of_type("AWS::IAM::Role").values()
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
    ]
    assert [one for one in principals if "AWS" in one] == []


def test_only_the_named_principal_with_its_external_id_becomes_the_reader(with_reader: Synthesised) -> None:
    (trust,) = (
        role["AssumeRolePolicyDocument"]["Statement"]
        for role in with_reader.of_type("AWS::IAM::Role").values()
        if role.get("RoleName") == "gavel-production-reader"
    )
    (statement,) = trust
    assert statement["Principal"] == {"AWS": READER.principal}
    assert statement["Action"] == "sts:AssumeRole"
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": READER.external_id}}


def test_a_reader_reads_figures_and_no_record(with_reader: Synthesised) -> None:
    statements = reader_statements(with_reader)
    assert set(statements) == {"Read", "ReadListing", "CallApi"}
    assert statements["Read"].actions == ("s3:GetObject",)
    assert set(statements["Read"].resources) == {
        f"{BUCKET}/evaluations/*/{file}" for file in ("summary.json", "summary.csv", "junit.xml", "comment.md")
    }
    assert statements["ReadListing"].actions == ("dynamodb:Query",)
    (index,) = statements["ReadListing"].resources
    assert index.endswith("/index/listing")
    routes = {resource.partition("/$default/")[2] for resource in statements["CallApi"].resources}
    assert routes == {
        "GET/evaluations", "GET/evaluations/*/results", "GET/suites/*/evaluations", "GET/openapi.json"
    }  # fmt: skip


def test_a_reader_reads_records_where_that_is_asked_for() -> None:
    statements = reader_statements(synthesise(reader=Reader(READER.principal, READER.external_id, records=True)))
    assert {f"{BUCKET}/evaluations/*/report.html", f"{BUCKET}/evaluations/*/scores/*"} < set(
        statements["Read"].resources
    )
    routes = {resource.partition("/GET/")[2] for resource in statements["CallApi"].resources}
    assert {"evaluations/*/records", "evaluations/*/report"} < routes


def test_a_reader_uses_the_customers_key_to_decrypt_and_for_nothing_else() -> None:
    statements = reader_statements(synthesise(reader=READER, customer_key="create"))
    assert statements["UseKeyThroughS3"].actions == ("kms:Decrypt",)


def test_a_reader_cannot_sign_for_an_api_that_takes_tokens() -> None:
    issuer = JwtIssuer("https://issuer.example.com", ("gavel",))
    assert "CallApi" not in reader_statements(synthesise(reader=READER, jwt=issuer))


def test_a_reader_is_read_from_principal_and_external_id() -> None:
    setting = {"principal": READER.principal, "external_id": READER.external_id}
    assert read(reader=setting).reader == READER
    assert read(reader={**setting, "records": True}).reader == Reader(
        READER.principal, READER.external_id, records=True
    )
    assert read(reader=None).reader is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"principal": "*"}, "no ARN of a role"),
        ({"principal": "210987654321"}, "no ARN of a role"),
        ({"external_id": "x"}, "2 to 1,224"),
        ({"external_id": "two words"}, "2 to 1,224"),
        ({"records": "yes"}, "true or false"),
        ({"account": "210987654321"}, "use {"),
    ],
)
def test_a_reader_whom_nobody_could_name_is_refused(change: Mapping[str, object], told: str) -> None:
    assert told in problem(reader={"principal": READER.principal, "external_id": READER.external_id, **change})


# Logs


def test_a_customers_key_covers_every_log_group_and_lets_no_other_log_in() -> None:
    synthesised = synthesise(customer_key="create")
    (key,) = synthesised.of_type("AWS::KMS::Key")
    groups = synthesised.of_type("AWS::Logs::LogGroup").values()
    assert {text(group["KmsKeyId"]) for group in groups} == {f"<{key}.Arn>"}
    (statement,) = (
        item
        for item in synthesised.only("AWS::KMS::Key")["KeyPolicy"]["Statement"]
        if item.get("Sid") == "LogsAreEncrypted"
    )
    assert text(statement["Principal"]["Service"]) == "logs.<AWS::Region>.amazonaws.com"
    allowed = [text(arn) for arn in statement["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]]
    names = [group["LogGroupName"] for group in groups]
    patterns = [arn.partition(":log-group:")[2] for arn in allowed]
    assert [
        name for name in names if not any(name == one or name.startswith(one.removesuffix("*")) for one in patterns)
    ] == []
    assert not any("*" in action for action in statement["Action"])


def test_logs_are_kept_as_long_as_the_environment_says() -> None:
    groups = synthesise(log_retention_days=365).of_type("AWS::Logs::LogGroup").values()
    assert {group["RetentionInDays"] for group in groups} == {365}
