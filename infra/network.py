"""The Lambdas' place in a VPC that exists, and the endpoints through which they reach AWS from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.grants import Grant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.config import EnvironmentConfig
    from infra.options import VpcPlace

# What a Lambda calls itself: the prefix of its actions, and the name of the endpoint that serves them.
GATEWAYS: Final[Mapping[str, str]] = {"dynamodb": "dynamodb", "s3": "s3"}
INTERFACES: Final[Mapping[str, str]] = {
    "bedrock": "bedrock",
    "events": "events",
    "glue": "glue",
    "scheduler": "scheduler",
    "sns": "sns",
    "sqs": "sqs",
    "states": "states",
    # Sources disagree on whether the daemon beside the process leaves by Lambda's network or by this one.
    "xray": "xray",
}
# What a role allows and no Lambda calls over its network.
NO_CALLS: Final[Mapping[str, str]] = {
    "ec2": "Lambda itself makes and deletes the network interfaces",
    "iam": "PassRole is a permission and no call",
    "kms": "S3, DynamoDB, SNS and Bedrock call the key in the caller's name",
    "logs": "Lambda's own service takes the log from the process",
}


class Network(Construct):
    """Subnets and security groups from the settings; endpoints where route tables are named. Nothing is looked up."""

    def __init__(self, scope: Construct, construct_id: str, *, config: EnvironmentConfig, vpc: VpcPlace) -> None:
        super().__init__(scope, construct_id)
        self._vpc = vpc
        self.place = lambda_.CfnFunction.VpcConfigProperty(
            subnet_ids=list(vpc.subnets), security_group_ids=list(vpc.security_groups)
        )
        if vpc.endpoint_route_tables:
            self._make_gateways()
            self._make_interfaces(config.stack_name)

    def join(self) -> Grant:
        """What Lambda needs to put a function into subnets, and the function's own code must not use.

        Source: Lambda developer guide, "Giving Lambda functions access to resources in an Amazon VPC": these actions,
        and the key that is there only when the function's own code calls.
        """
        return Grant(
            sid="JoinNetwork",
            actions=(
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses",
            ),
            resources=("*",),
            conditions={"Null": {"lambda:SourceFunctionArn": "true"}},
            wildcard=(
                "Lambda names the interfaces when it makes them, and the actions that describe know no resource types; "
                "the condition keeps the function's own code from using any of them."
            ),
        )

    def _make_gateways(self) -> None:
        region = cdk.Stack.of(self).region
        for service in GATEWAYS.values():
            ec2.CfnVPCEndpoint(
                self,
                _title(service),
                vpc_endpoint_type="Gateway",
                service_name=f"com.amazonaws.{region}.{service}",
                vpc_id=self._vpc.vpc_id,
                route_table_ids=list(self._vpc.endpoint_route_tables),
            )

    def _make_interfaces(self, stack_name: str) -> None:
        stack = cdk.Stack.of(self)
        group = ec2.CfnSecurityGroup(
            self,
            "EndpointGroup",
            group_description=f"{stack_name}: the Lambdas may call the endpoints, and the endpoints call nobody",
            vpc_id=self._vpc.vpc_id,
            security_group_ingress=[
                ec2.CfnSecurityGroup.IngressProperty(
                    ip_protocol="tcp",
                    from_port=443,
                    to_port=443,
                    source_security_group_id=source,
                    description="TLS from the Lambdas",
                )
                for source in self._vpc.security_groups
            ],
            # EC2 opens every way out where a group names none; an address of the machine itself closes it.
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    ip_protocol="icmp", from_port=252, to_port=86, cidr_ip="255.255.255.255/32", description="Nothing"
                )
            ],
        )
        # Credentials of another account open nothing from inside the VPC: no data leaves for a foreign topic or job.
        own_account = iam.PolicyDocument(
            statements=[
                iam.PolicyStatement(
                    sid="OwnAccount",
                    principals=[iam.StarPrincipal()],
                    actions=["*"],
                    resources=["*"],
                    conditions={"StringEquals": {"aws:PrincipalAccount": stack.account}},
                )
            ]
        )
        for service in INTERFACES.values():
            ec2.CfnVPCEndpoint(
                self,
                _title(service),
                vpc_endpoint_type="Interface",
                service_name=f"com.amazonaws.{stack.region}.{service}",
                vpc_id=self._vpc.vpc_id,
                subnet_ids=list(self._vpc.subnets),
                security_group_ids=[group.attr_group_id],
                private_dns_enabled=True,
                policy_document=own_account,
            )


def _title(service: str) -> str:
    return f"{service.capitalize()}Endpoint"
