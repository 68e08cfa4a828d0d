"""The stack: its status, its outputs, its version, and its API."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gavel.aws import clients
from gavel.aws.api_client import ApiClient
from gavel.aws.deployment import API_URL_VARIABLE
from gavel.aws.diagnosis.asking import answered
from gavel.aws.failures import ClientError, code_of, message_of
from gavel.diagnosis.deployment import STACK, stack_status, version
from gavel.diagnosis.finding import Finding, ok, problem
from gavel.names.deployed import Output
from gavel.problems import NotPermittedError
from gavel.suites.reach import Reach
from gavel.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

API: Final = "API"


@dataclass(frozen=True)
class Deployed:
    """A stack that CloudFormation knows, with its outputs."""

    region: str
    account: str
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def reach(self) -> Reach | None:
        """Which models the deployment can call, where it tells."""
        kinds = self.outputs.get(Output.MODEL_KINDS)
        return None if kinds is None else Reach(frozenset(kinds.split(",")), self.region, self.account)


def look_at_stack(stack: str) -> tuple[list[Finding], Deployed | None]:
    """The findings about a stack, and the stack where there is one."""
    known: list[Deployed] = []

    def check() -> Iterator[Finding]:
        try:
            answer = clients.cloudformation().describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as error:
            if code_of(error) != "ValidationError":
                raise
            where = clients.session().region_name
            remedy = (
                "deploy it with `make deploy`, name another one with --stack, set AWS_DEFAULT_REGION, or use --local"
            )
            yield problem(STACK, f"there is no stack {stack} in {where}: {message_of(error)}", remedy)
            return
        outputs = {item["OutputKey"]: item["OutputValue"] for item in answer.get("Outputs", [])}
        region, account = answer["StackId"].split(":")[3:5]
        known.append(Deployed(region, account, outputs))
        yield stack_status(stack, answer["StackStatus"])
        missing = [name.value for name in _NEEDED if name.value not in outputs]
        if missing:
            text = f"{stack} lacks the outputs {', '.join(missing)}; it is not a finished Gavel"
            yield problem(STACK, text, "`make deploy`, or name another stack with --stack")
        else:
            yield version(outputs.get(Output.VERSION), VERSION)

    found = list(answered(STACK, "cloudformation:DescribeStacks", check))
    return found, known[0] if known else None


def look_at_api(deployed: Deployed, environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Whether the API answers a signed request; without that nothing can be started but by an upload."""

    def check() -> Iterator[Finding]:
        url = (environment.get(API_URL_VARIABLE) or deployed.outputs[Output.API]).rstrip("/")
        try:
            ApiClient(url).evaluations(limit=1)
        except NotPermittedError as error:
            yield problem(API, str(error), "allow yourself execute-api:Invoke on the API")
        else:
            yield ok(API, "answers signed requests")

    return answered(API, "execute-api:Invoke", check)


_NEEDED: Final = (Output.BUCKET, Output.TABLE, Output.API, Output.BEDROCK_ROLE)
