"""Finds a deployed Gavel through the credentials and the Region in use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from gavel.admission.state import DEFAULT_LIMITS, Limits
from gavel.aws import clients
from gavel.aws.failures import code_of, message_of, translated
from gavel.aws.plain_words import in_plain_words
from gavel.datasets.limits import DEFAULT_MAX_DATASET_BYTES
from gavel.names.deployed import DEFAULT_STACK, Output
from gavel.pricing.ceiling import NO_CEILING, Ceiling
from gavel.problems import GavelError, NotPermittedError
from gavel.suites.reach import Reach

if TYPE_CHECKING:
    from collections.abc import Mapping

API_URL_VARIABLE = "GAVEL_API_URL"


class NotDeployedError(GavelError):
    """No deployment was found; the text says where it was looked for and what to do."""


@dataclass(frozen=True)
class Deployment:
    """The outputs of a stack that the command line needs; limits that an older one does not tell are the defaults."""

    stack: str
    bucket: str
    table: str
    api_url: str
    limits: Limits = DEFAULT_LIMITS
    max_dataset_bytes: int = DEFAULT_MAX_DATASET_BYTES
    ceiling: Ceiling = NO_CEILING
    reach: Reach | None = None
    dead_letters: str | None = None


@in_plain_words()
def find_deployment(stack: str | None, environment: Mapping[str, str] = os.environ) -> Deployment:
    """Read the outputs of a stack; GAVEL_API_URL, for an API behind a domain of one's own, overrides its URL.

    Without a name it is the default stack, or the only Gavel of the Region. Raises NotDeployedError, or the errors of
    `failures.translated` and `in_plain_words`.
    """
    if stack is None:
        stack = _only_stack()
    try:
        with translated():
            answer = clients.cloudformation().describe_stacks(StackName=stack)
    except ClientError as error:
        if code_of(error) != "ValidationError":  # what CloudFormation answers for a stack that is not there
            raise
        where = clients.session().region_name
        remedy = "Deploy it with `make deploy`, name another one with --stack, or use --local."
        raise NotDeployedError(f"There is no stack {stack} in {where}: {message_of(error)}. {remedy}") from error
    outputs = {item["OutputKey"]: item["OutputValue"] for item in answer["Stacks"][0].get("Outputs", [])}
    missing = [name.value for name in (Output.BUCKET, Output.TABLE, Output.API) if name.value not in outputs]
    if missing:
        raise NotDeployedError(f"The stack {stack} lacks the outputs {', '.join(missing)}; it is not a finished Gavel.")
    return Deployment(
        stack=stack,
        bucket=outputs[Output.BUCKET],
        table=outputs[Output.TABLE],
        api_url=(environment.get(API_URL_VARIABLE) or outputs[Output.API]).rstrip("/"),
        limits=Limits(
            total=int(outputs.get(Output.MAX_CONCURRENT_JOBS, DEFAULT_LIMITS.total)),
            per_judge=int(outputs.get(Output.MAX_JOBS_PER_JUDGE, DEFAULT_LIMITS.per_judge)),
        ),
        max_dataset_bytes=int(outputs.get(Output.MAX_DATASET_BYTES, DEFAULT_MAX_DATASET_BYTES)),
        ceiling=Ceiling.from_text(outputs.get(Output.SPENDING_LIMIT, "")),
        dead_letters=outputs.get(Output.DEAD_LETTERS),
        reach=_reach(answer["Stacks"][0]["StackId"], outputs.get(Output.MODEL_KINDS)),
    )


def _only_stack() -> str:
    """The default stack where it is there or nothing else is, or else the only Gavel of the Region."""
    try:
        with translated():
            pages = clients.cloudformation().get_paginator("describe_stacks").paginate()
            stacks = [stack for page in pages for stack in page["Stacks"]]
    except (NotPermittedError, ClientError):
        # Who may not list stacks may still look at the one that is meant.
        return DEFAULT_STACK
    found = [
        stack["StackName"]
        for stack in stacks
        if any(output["OutputKey"] == Output.VERSION for output in stack.get("Outputs", []))
    ]
    if DEFAULT_STACK in found or not found:
        return DEFAULT_STACK
    if len(found) > 1:
        where = clients.session().region_name
        listed = ", ".join(sorted(found))
        raise NotDeployedError(f"There are {len(found)} Gavels in {where}: name one with --stack: {listed}.")
    return found[0]


def _reach(stack_arn: str, kinds: str | None) -> Reach | None:
    region, account = stack_arn.split(":")[3:5]
    return None if kinds is None else Reach(frozenset(kinds.split(",")), region, account)
