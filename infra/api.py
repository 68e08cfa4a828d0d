"""The HTTP API: evaluations, and suites' history and baseline. Callers sign requests with IAM credentials."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_authorizers import HttpIamAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra import handler_table, log_groups

if TYPE_CHECKING:
    from aws_cdk import aws_stepfunctions as sfn

    from infra.config import EnvironmentConfig
    from infra.functions import FunctionFactory

REQUESTS_PER_SECOND: Final = 20
BURST: Final = 40
ROUTES: Final = (
    (apigateway.HttpMethod.POST, "/evaluations"),
    (apigateway.HttpMethod.GET, "/evaluations"),
    (apigateway.HttpMethod.GET, "/evaluations/{id}"),
    (apigateway.HttpMethod.POST, "/evaluations/{id}/stop"),
    (apigateway.HttpMethod.GET, "/suites/{suite}/evaluations"),
    (apigateway.HttpMethod.PUT, "/suites/{suite}/baseline"),
    (apigateway.HttpMethod.DELETE, "/suites/{suite}/baseline"),
)

# Who asked for what, when, and how it went; no header, no body, no query string.
ACCESS_LOG: Final = {
    "request_id": "$context.requestId",
    "time": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "caller": "$context.identity.userArn",
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "latency_ms": "$context.responseLatency",
    "error": "$context.error.responseType",
    "integration_error": "$context.integration.error",
}


class Api(Construct):
    """The API; every route needs `execute-api:Invoke`, is throttled and leaves a line in the access log."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: EnvironmentConfig,
        factory: FunctionFactory,
        state_machine: sfn.IStateMachine,
    ) -> None:
        super().__init__(scope, construct_id)
        function = factory.make(self, handler_table.API, state_machine=state_machine)
        self._api = apigateway.HttpApi(
            self,
            "HttpApi",
            api_name=config.stack_name,
            description="Starts evaluations, shows and stops them, and keeps the baselines of suites",
            create_default_stage=False,
            default_authorizer=HttpIamAuthorizer(),
        )
        integration = HttpLambdaIntegration("Lambda", function)
        for method, path in ROUTES:
            self._api.add_routes(path=path, methods=[method], integration=integration)
        place = Construct(self, "Access")
        log_group = log_groups.log_group(
            place, name=f"/aws/vendedlogs/apis/{config.stack_name}", retention_days=config.log_retention_days
        )
        apigateway.CfnStage(
            place,
            "Stage",
            api_id=self._api.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=REQUESTS_PER_SECOND, throttling_burst_limit=BURST, detailed_metrics_enabled=True
            ),
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=_plain_arn(log_group), format=json.dumps(ACCESS_LOG)
            ),
        )

    @property
    def api_id(self) -> str:
        """The API's id, which its metrics carry."""
        return self._api.api_id

    @property
    def url(self) -> str:
        """Address of the API, without a closing slash."""
        return self._api.api_endpoint


def _plain_arn(log_group: logs.LogGroup) -> str:
    """The log group's ARN without the closing `:*`, which API Gateway does not take."""
    return cdk.Stack.of(log_group).format_arn(
        service="logs",
        resource="log-group",
        resource_name=log_group.log_group_name,
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
