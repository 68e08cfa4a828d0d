"""A role that a principal of another account takes on to read figures, and prompts only where that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from gavel.names.object_keys import EVALUATIONS_PREFIX
from infra.grants import Grant, give

if TYPE_CHECKING:
    from infra.config import EnvironmentConfig
    from infra.options import Reader
    from infra.storage import Storage
    from infra.table import EvaluationTable

# Files that hold figures and names, and none of a record's texts.
FIGURES: Final = ("summary.json", "summary.csv", "junit.xml", "comment.md")
# Files in which prompts, answers, references and explanations stand.
RECORDS: Final = ("report.html", "scores/*")
ROUTES: Final = ("evaluations", "evaluations/*/results", "suites/*/evaluations", "openapi.json")
RECORD_ROUTES: Final = ("evaluations/*/records", "evaluations/*/report")


class CrossAccountReader(Construct):
    """The role `<stack>-reader`: figures of every evaluation in bucket, listing and API; it can change nothing."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: EnvironmentConfig,
        reader: Reader,
        storage: Storage,
        table: EvaluationTable,
        api_id: str,
    ) -> None:
        super().__init__(scope, construct_id)
        files = (*FIGURES, *(RECORDS if reader.records else ()))
        role = iam.Role(
            self,
            "Role",
            # Named, because the other account has to write it down.
            role_name=f"{config.stack_name}-reader",
            description=f"{config.stack_name}: another account reads the figures of evaluations with it",
            assumed_by=iam.ArnPrincipal(reader.principal).with_conditions(
                {"StringEquals": {"sts:ExternalId": reader.external_id}}
            ),
        )
        grants = [
            *storage.read(*(f"{EVALUATIONS_PREFIX}*/{file}" for file in files)),
            *storage.use_key(write=False),
            *table.read_listing(),
        ]
        # With tokens in place of signatures no role opens the API.
        if config.jwt is None:
            grants.append(_call(cdk.Stack.of(self), api_id, (*ROUTES, *(RECORD_ROUTES if reader.records else ()))))
        give(role, grants)


def _call(stack: cdk.Stack, api_id: str, routes: tuple[str, ...]) -> Grant:
    api = f"arn:{stack.partition}:execute-api:{stack.region}:{stack.account}:{api_id}/$default/GET"
    return Grant(
        sid="CallApi",
        actions=("execute-api:Invoke",),
        resources=tuple(f"{api}/{route}" for route in routes),
        wildcard="these are the evaluations and suites of this API, which get their names after deployment.",
    )
