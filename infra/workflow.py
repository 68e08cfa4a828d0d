"""The state machine: `statemachine/evaluation.asl.json` with this stack's names filled in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from gavel.names.object_keys import EVALUATIONS_PREFIX
from infra import log_groups
from infra.acknowledge import acknowledge
from infra.grants import Grant, give
from infra.handler_table import WORKFLOW_HANDLERS
from infra.storage import OBJECTS_COME_LATER

if TYPE_CHECKING:
    from infra.config import EnvironmentConfig
    from infra.functions import FunctionFactory
    from infra.keys import CustomerKey
    from infra.storage import Storage

DEFINITION: Final = Path(__file__).parent.parent / "statemachine" / "evaluation.asl.json"
# The items of the two Maps: the jobs of the first round and of the second.
JOBS: Final = (f"{EVALUATIONS_PREFIX}*/plan/jobs.jsonl", f"{EVALUATIONS_PREFIX}*/plan/panel.jsonl")
MAP_RESULTS: Final = f"{EVALUATIONS_PREFIX}*/plan/runs/*"

EXECUTIONS_COME_LATER: Final = "these are the executions of this state machine, which get their names when they start."


class Workflow(Construct):
    """The state machine with its Lambdas; it may call those, read plans, and write and restart its own map runs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: EnvironmentConfig,
        factory: FunctionFactory,
        storage: Storage,
        customer_key: CustomerKey,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        name = config.stack_name
        self.functions = {handler.title: factory.make(self, handler) for handler in WORKFLOW_HANDLERS}
        role = iam.Role(
            self,
            "Role",
            description=f"{name}: the state machine",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.account}}
            ),
        )
        give(role, self._grants(storage, name))
        acknowledge(
            role,
            {
                "AwsSolutions::AwsSolutions-IAM5[Resource::*]": (
                    "The actions of X-Ray and of CloudWatch's log delivery, which tracing and logging of a state "
                    "machine need, know no resource types."
                )
            },
        )
        place = Construct(self, "Machine")
        # A name under /aws/vendedlogs/ keeps the account's log resource policy from growing with every log group.
        log_group = log_groups.log_group(
            place, name=f"/aws/vendedlogs/states/{name}", config=config, customer_key=customer_key
        )
        self.state_machine = sfn.StateMachine(
            place,
            "StateMachine",
            state_machine_name=name,
            definition_body=sfn.DefinitionBody.from_string(DEFINITION.read_text(encoding="utf-8")),
            definition_substitutions={
                "Partition": stack.partition,
                "Bucket": storage.bucket.bucket_name,
                **{f"{title}Arn": function.function_arn for title, function in self.functions.items()},
            },
            role=role,
            tracing_enabled=True,
            # Never the data: inputs and results of states stay out of the log, whatever they come to hold.
            logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=False),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        acknowledge(
            self.state_machine,
            {
                "CfnLint::E3601": (
                    "The linter's schema takes no JSONata expression for MaxConcurrency and TimeoutSeconds; "
                    "asl-validator, which knows the language, reads the definition in the tests."
                ),
                "CfnLint::W3005": (
                    "The CDK has the state machine wait for its role's policy by name, which has to exist before the "
                    "first execution; that the role is implied by a reference as well does no harm."
                ),
            },
        )

    def _grants(self, storage: Storage, name: str) -> list[Grant]:
        stack = cdk.Stack.of(self)
        # From the name, because a policy that refers to the state machine which waits for it is a circle.
        states = f"arn:{stack.partition}:states:{stack.region}:{stack.account}"
        executions = f"{states}:execution:{name}"
        return [
            Grant(
                sid="CallLambdas",
                actions=("lambda:InvokeFunction",),
                resources=tuple(function.function_arn for function in self.functions.values()),
            ),
            *storage.read(*JOBS),
            # The Distributed Map writes its results in parts, and reads what it wrote to make the manifest.
            Grant(
                sid="WriteMapResults",
                actions=(
                    "s3:AbortMultipartUpload",
                    "s3:GetObject",
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject",
                ),
                resources=(storage.bucket.arn_for_objects(MAP_RESULTS),),
                wildcard=OBJECTS_COME_LATER,
            ),
            *storage.use_key(write=True),
            Grant(sid="StartMapRuns", actions=("states:StartExecution",), resources=(f"{states}:stateMachine:{name}",)),
            # `<name>:<execution>` are executions, `<name>/<map label>:<child>` those of a map run.
            Grant(
                sid="FollowMapRuns",
                actions=("states:DescribeExecution", "states:StopExecution"),
                resources=(f"{executions}:*", f"{executions}/*"),
                wildcard=EXECUTIONS_COME_LATER,
            ),
            Grant(
                sid="RedriveMapRuns",
                actions=("states:RedriveExecution",),
                resources=(f"{executions}/*",),
                wildcard=EXECUTIONS_COME_LATER,
            ),
        ]
