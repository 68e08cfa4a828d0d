"""Settings of places that a twin does not keep: what state machine and API would write into their logs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from proofs.privacy.system import STACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proofs.privacy.system import System

# Of a request these say who, when, which route and how it went (API Gateway developer guide, "Customize HTTP API access
# logs"); none holds a part of path, query, header or body.
HARMLESS: Final = frozenset(
    {
        "$context.requestId", "$context.requestTime", "$context.identity.sourceIp", "$context.identity.userArn",
        "$context.routeKey", "$context.status", "$context.responseLength", "$context.responseLatency",
        "$context.error.responseType", "$context.integration.error", "$context.authorizer.claims.sub",
    }
)  # fmt: skip


def broken(system: System) -> Iterator[str]:
    """A sentence for each setting of the deployed template that would let data into a log."""
    template = system.client("cloudformation").get_template(StackName=STACK)["TemplateBody"]
    if isinstance(template, str):
        template = json.loads(template)
    yield from of_template(template)


def of_template(template: dict[str, Any]) -> Iterator[str]:
    """The same of any template; one that logs nothing at all is not Gavel's, and said to be so."""
    kinds = {"AWS::StepFunctions::StateMachine": of_machine, "AWS::ApiGatewayV2::Stage": of_access_log}
    for kind, look in kinds.items():
        found = [one["Properties"] for one in template["Resources"].values() if one["Type"] == kind]
        if not found:
            yield f"the template has no {kind}; is it Gavel's?"
        for properties in found:
            yield from look(properties)


def of_machine(properties: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the logging of a state machine."""
    if properties.get("LoggingConfiguration", {}).get("IncludeExecutionData") is not False:
        yield "the state machine's log includes execution data; set include_execution_data=False (infra/workflow.py)"


def of_access_log(properties: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the access log of a stage."""
    for name, value in json.loads(properties["AccessLogSettings"]["Format"]).items():
        if value not in HARMLESS:
            yield f"the API's access log has the field {name} ({value}), which may hold data (infra/api.py)"
