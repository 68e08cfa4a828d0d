"""The HTTP API: evaluations, and suites' history and baseline. Callers sign requests with IAM credentials."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_authorizers import HttpIamAuthorizer, HttpJwtAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra import handler_table, log_groups
from infra.acknowledge import acknowledge

if TYPE_CHECKING:
    from aws_cdk import aws_stepfunctions as sfn

    from infra.config import EnvironmentConfig
    from infra.functions import FunctionFactory
    from infra.keys import CustomerKey
    from infra.schedules import Schedules

REQUESTS_PER_SECOND: Final = 20
BURST: Final = 40
_GET, _PUT, _POST, _DELETE = (
    apigateway.HttpMethod.GET,
    apigateway.HttpMethod.PUT,
    apigateway.HttpMethod.POST,
    apigateway.HttpMethod.DELETE,
)
# Which Lambda answers which route; `handlers/openapi.json` says what each is.
ROUTES: Final = {
    handler_table.API: (
        ((_GET, _POST), "/evaluations"),
        ((_GET,), "/evaluations/{evaluation_id}"),
        ((_POST,), "/evaluations/{evaluation_id}/stop"),
        ((_GET,), "/evaluations/{evaluation_id}/results"),
        ((_GET,), "/evaluations/{evaluation_id}/report"),
        ((_GET,), "/evaluations/{evaluation_id}/files/{file}"),
        ((_POST,), "/datasets"),
        ((_GET,), "/suites"),
        ((_GET, _PUT, _DELETE), "/suites/{suite}"),
        ((_GET,), "/suites/{suite}/versions"),
        ((_GET,), "/suites/{suite}/evaluations"),
        ((_GET, _PUT, _DELETE), "/suites/{suite}/baseline"),
        ((_GET, _PUT, _DELETE), "/suites/{suite}/schedule"),
        ((_GET,), "/schedules"),
        ((_GET,), "/openapi.json"),
    ),
    handler_table.DATA_API: (
        ((_GET,), "/evaluations/{evaluation_id}/records"),
        ((_POST,), "/comparisons"),
        ((_POST,), "/estimates"),
        ((_POST,), "/datasets/validate"),
    ),
}
# Every other method and path: a problem document says what there is, where API Gateway would say `Not Found`.

# Who asked for what, when, and how it went; no header, no body, no query string.
ACCESS_LOG: Final = {
    "request_id": "$context.requestId",
    "time": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "caller": "$context.identity.userArn",
    "subject": "$context.authorizer.claims.sub",  # who calls where tokens take the place of signatures
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "latency_ms": "$context.responseLatency",
    "error": "$context.error.responseType",
    "integration_error": "$context.integration.error",
}
_PREFLIGHT: Final = (
    "A browser never signs its preflight, which asks for permission and moves no data; API Gateway itself answers it. "
    "Every other method and path asks for a signature or a token."
)


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
        schedules: Schedules,
        customer_key: CustomerKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._api = apigateway.HttpApi(
            self,
            "HttpApi",
            api_name=config.stack_name,
            description="Starts evaluations, shows and stops them, and keeps suites, baselines and schedules",
            create_default_stage=False,
            default_authorizer=_authorizer(config),
            cors_preflight=_cors(config),
        )
        for handler, routes in ROUTES.items():
            function = factory.make(
                self,
                handler,
                state_machine=state_machine if handler.starts_evaluations else None,
                schedules=schedules if handler.keeps_schedules else None,
            )
            # The route of all other requests lets API Gateway call the Lambda for any: one permission says that, where
            # one for each route besides would say nothing more and fill the function's policy, which has 20 KB.
            takes_all = handler is handler_table.API
            integration = HttpLambdaIntegration(handler.title, function, scope_permission_to_route=not takes_all)
            for methods, path in routes:
                for method in methods:
                    reads = method is _GET or handler is handler_table.DATA_API
                    self._api.add_routes(
                        path=path,
                        methods=[method],
                        integration=integration,
                        authorization_scopes=_scopes(config, reads=reads),
                    )
            if takes_all:
                apigateway.HttpRoute(
                    self,
                    "Others",
                    http_api=self._api,
                    route_key=apigateway.HttpRouteKey.DEFAULT,
                    integration=integration,
                    authorization_scopes=_scopes(config, reads=True),
                )
            if takes_all and config.api_cors_origins:
                # A preflight is never signed, and the route above would ask it to be (API Gateway developer guide,
                # "Configure CORS for HTTP APIs": a $default route with authorization).
                for route in self._api.add_routes(
                    path="/{proxy+}",
                    methods=[apigateway.HttpMethod.OPTIONS],
                    integration=integration,
                    authorizer=apigateway.HttpNoneAuthorizer(),
                ):
                    acknowledge(route, {"AwsSolutions::AwsSolutions-APIG4": _PREFLIGHT})
        place = Construct(self, "Access")
        log_group = log_groups.log_group(
            place, name=f"/aws/vendedlogs/apis/{config.stack_name}", config=config, customer_key=customer_key
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


def _authorizer(config: EnvironmentConfig) -> apigateway.IHttpRouteAuthorizer:
    """IAM, or the tokens of an issuer where the environment names one."""
    if config.jwt is None:
        return HttpIamAuthorizer()
    return HttpJwtAuthorizer("Jwt", config.jwt.issuer, jwt_audience=list(config.jwt.audience))


def _scopes(config: EnvironmentConfig, *, reads: bool) -> list[str] | None:
    """Of which a token needs one; who may write may read. None where tokens have no scopes, and for signatures.

    DataApi's calls change nothing, whatever their method, and the route of all others only says what there is.
    """
    if config.jwt is None or not config.jwt.write_scopes:
        return None
    return [*(config.jwt.read_scopes if reads else ()), *config.jwt.write_scopes]


def _cors(config: EnvironmentConfig) -> apigateway.CorsPreflightOptions | None:
    """None, so that no browser's page may read an answer, unless the environment names origins."""
    if not config.api_cors_origins:
        return None
    return apigateway.CorsPreflightOptions(
        allow_origins=list(config.api_cors_origins),
        allow_methods=[
            apigateway.CorsHttpMethod.GET,
            apigateway.CorsHttpMethod.PUT,
            apigateway.CorsHttpMethod.POST,
            apigateway.CorsHttpMethod.DELETE,
        ],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Amz-Date", "X-Amz-Security-Token"],
        max_age=cdk.Duration.hours(1),
    )


def _plain_arn(log_group: logs.LogGroup) -> str:
    """The log group's ARN without the closing `:*`, which API Gateway does not take."""
    return cdk.Stack.of(log_group).format_arn(
        service="logs",
        resource="log-group",
        resource_name=log_group.log_group_name,
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
