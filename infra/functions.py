"""Makes Lambdas: one factory, and the translation of a handler's row into permissions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from gavel.names.deployed import METRICS_NAMESPACE, Variable
from gavel.names.statuses import EVENT_SOURCE
from infra import log_groups
from infra.acknowledge import HIPAA, NIST, acknowledge, in_packs
from infra.grants import Grant, give

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as sfn

    from infra.bedrock_role import BedrockRole
    from infra.catalog import Catalog
    from infra.config import EnvironmentConfig
    from infra.handler_table import Bundle, Handler
    from infra.keys import CustomerKey
    from infra.network import Network
    from infra.notifications import Notifications
    from infra.schedules import Schedules
    from infra.storage import Storage
    from infra.table import EvaluationTable

DEFAULT_BUS = "default"
JOBS_LABEL = "Jobs"  # of the Map in statemachine/evaluation.asl.json

TRACE = Grant(
    sid="Trace",
    actions=("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
    resources=("*",),
    wildcard="X-Ray's actions know no resource types.",
)

_PYTHON = "The bundles are built and tested for one Python, which Lambda still supports; infra.bundle_target names it."
_DEAD_LETTERS = (
    "A dead letter queue takes events of asynchronous calls only. The state machine and the API call synchronously and "
    "see each failure; the Lambdas that EventBridge calls send theirs to a queue themselves."
)
_CONCURRENCY = (
    "Reserved concurrency would be taken away from every other function of the account for good, and a new account has "
    "little. How many run at once is bounded where they are called: the state machine's Map, the API's throttle, the "
    "Region's quota of evaluation jobs."
)
_ACKNOWLEDGED = {
    "AwsSolutions::AwsSolutions-L1": _PYTHON,
    "Serverless::Serverless-LambdaLatestVersion": _PYTHON,
    "Serverless::Serverless-LambdaDLQ": _DEAD_LETTERS,
    **in_packs("LambdaDLQ", _DEAD_LETTERS, NIST, HIPAA),
    "Checkov::CKV_AWS_116": _DEAD_LETTERS,
    **in_packs("LambdaConcurrency", _CONCURRENCY, NIST, HIPAA),
    "Checkov::CKV_AWS_115": _CONCURRENCY,
    "Checkov::CKV_AWS_173": (
        "The variables are names and ARNs of this stack's own resources, and no secret: who may read the function's "
        "configuration may read them in the template as well. Lambda encrypts them with a key of its own."
    ),
    "CfnLint::W3005": (
        "The CDK has a function wait for its role's policy by name, which has to exist before the first call; that the "
        "role is implied by a reference as well does no harm."
    ),
}
_VPC = (
    "The function calls AWS services only, over TLS and with its role, and nothing calls it over a network. A VPC adds "
    "endpoints to pay for, and no path that is closed today; the setting `vpc` puts every function into one."
)
_OUTSIDE_A_VPC = {**in_packs("LambdaInsideVPC", _VPC), "Checkov::CKV_AWS_117": _VPC}


def _take_from(queue: sqs.IQueue) -> Grant:
    return Grant(
        sid="TakeArrivals",
        actions=(
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
        ),
        resources=(queue.queue_arn,),
    )


class CodeSource(Protocol):
    """Where the Lambdas' code comes from: bundles, or something small where a test only looks at the template."""

    @property
    def runtime(self) -> lambda_.Runtime:
        """The Python that the code is built for."""

    @property
    def architecture(self) -> lambda_.Architecture:
        """The processor that the code is built for."""

    def code(self, bundle: Bundle) -> lambda_.Code:
        """The code of every Lambda of that bundle."""


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """What every Lambda stands on. `network` is None outside a VPC."""

    storage: Storage
    table: EvaluationTable
    customer_key: CustomerKey
    network: Network | None


class FunctionFactory:
    """Makes Lambdas of one environment, each with a role of its own that allows what its row says and nothing else."""

    def __init__(
        self,
        *,
        config: EnvironmentConfig,
        source: CodeSource,
        foundation: Foundation,
        bedrock_role: BedrockRole,
        catalog: Catalog | None,
        notifications: Notifications,
    ) -> None:
        self.functions: dict[str, lambda_.Function] = {}  # by handler, as they are made
        self._config = config
        self._source = source
        self._customer_key = foundation.customer_key
        self._network = foundation.network
        self._storage = foundation.storage
        self._table = foundation.table
        self._bedrock_role = bedrock_role
        self._catalog = catalog
        self._notifications = notifications

    def make(
        self,
        scope: Construct,
        handler: Handler,
        *,
        state_machine: sfn.IStateMachine | None = None,
        schedules: Schedules | None = None,
        arrivals: sqs.IQueue | None = None,
    ) -> lambda_.Function:
        """The Lambda of that row; `state_machine` is the one that a handler which starts evaluations starts.

        `schedules` are those that a handler which keeps schedules keeps, `arrivals` the queue that one which takes
        arrivals takes them from.
        """
        if handler.starts_evaluations and state_machine is None:
            raise ValueError(f"{handler.name} starts evaluations and was given no state machine")
        if handler.keeps_schedules and schedules is None:
            raise ValueError(f"{handler.name} keeps schedules and was given none")
        if handler.takes_arrivals and arrivals is None:
            raise ValueError(f"{handler.name} takes arrivals and was given no queue of them")
        name = f"{self._config.stack_name}-{handler.name.replace('_', '-')}"
        place = Construct(scope, handler.title)
        log_group = log_groups.log_group(
            place, name=f"/aws/lambda/{name}", config=self._config, customer_key=self._customer_key
        )
        role = iam.Role(
            place,
            "Role",
            description=f"{name}: {handler.purpose}",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        # The log group's ARN ends in `:*`, which stands for its streams.
        write_logs = Grant(
            sid="WriteLogs",
            actions=("logs:CreateLogStream", "logs:PutLogEvents"),
            resources=(log_group.log_group_arn,),
        )
        join_network = [] if self._network is None else [self._network.join()]
        permissions = self._permissions(handler, state_machine, schedules)
        take_arrivals = [] if arrivals is None else [_take_from(arrivals)]
        give(role, [write_logs, TRACE, *join_network, *permissions, *take_arrivals])
        function = lambda_.Function(
            place,
            "Function",
            function_name=name,
            description=handler.purpose,
            code=self._source.code(handler.bundle),
            handler=f"handlers.{handler.name}.handler",
            runtime=self._source.runtime,
            architecture=self._source.architecture,
            memory_size=handler.memory,
            timeout=cdk.Duration.seconds(handler.timeout),
            ephemeral_storage_size=cdk.Size.mebibytes(handler.disk),
            role=role,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            environment={
                **self._environment(handler, state_machine, schedules),
                **({} if arrivals is None else {Variable.ARRIVALS_URL: arrivals.queue_url}),
            },
        )
        # Not by the construct's own `tracing`, which would grant X-Ray's actions a second time.
        resource = function.node.default_child
        if not isinstance(resource, lambda_.CfnFunction):
            raise TypeError("the function's default child is no CfnFunction")
        resource.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode="Active")
        acknowledge(function, _ACKNOWLEDGED)
        if self._network is None:
            acknowledge(function, _OUTSIDE_A_VPC)
        else:
            resource.vpc_config = self._network.place
        self.functions[handler.name] = function
        return function

    def _permissions(
        self, handler: Handler, state_machine: sfn.IStateMachine | None, schedules: Schedules | None
    ) -> list[Grant]:
        storage = self._storage
        grants = [
            *storage.read(*handler.read),
            *storage.read_versions(*handler.read_versions),
            *storage.list_below(*handler.list_below),
            *(storage.tell_missing() if handler.tells_missing else []),
            *storage.write(*handler.write),
            *storage.tag(*handler.tag),
            *storage.delete(*handler.delete),
            *storage.list_versions(*handler.list_versions),
            *self._table.allow(handler.table, listing=handler.listing, unfinished=handler.unfinished),
            *self._bedrock_role.allow_jobs(handler.jobs),
        ]
        if handler.read or handler.read_versions or handler.write:
            grants += storage.use_key(write=bool(handler.write))
        if handler.starts_evaluations and state_machine is not None:
            machine = state_machine.state_machine_arn
            grants.append(Grant(sid="StartEvaluations", actions=("states:StartExecution",), resources=(machine,)))
        if handler.follows_evaluations:
            grants.append(self._follow_evaluations())
        if handler.ends_waits:
            grants.append(self._end_waits(handler.ends_waits))
        if handler.publishes_events:
            grants += [self._publish_events(), *self._notifications.publish()]
        if handler.registers_scores and self._catalog is not None:
            grants.append(self._catalog.register_partitions())
        if handler.keeps_schedules and schedules is not None:
            grants += schedules.keep()
        return grants

    def _follow_evaluations(self) -> Grant:
        stack = cdk.Stack.of(self._storage)
        executions = f"arn:{stack.partition}:states:{stack.region}:{stack.account}:execution:{self._config.stack_name}"
        return Grant(
            sid="FollowEvaluations",
            actions=("states:DescribeExecution",),
            resources=(f"{executions}:*",),
            wildcard="these are the executions of this state machine, which get their names when they start.",
        )

    def _end_waits(self, answers: tuple[str, ...]) -> Grant:
        """The wait is one of an execution of the Map, whose state machine has the Map's label in its ARN.

        The Service Authorization Reference lists no resource type for these actions, and yet Step Functions names the
        state machine when it denies them.
        """
        stack = cdk.Stack.of(self._storage)
        states = f"arn:{stack.partition}:states:{stack.region}:{stack.account}"
        machine = f"{states}:stateMachine:{self._config.stack_name}"
        return Grant(
            sid="EndWaits",
            actions=tuple(f"states:{answer}" for answer in answers),
            resources=(machine, f"{machine}/{JOBS_LABEL}"),
        )

    def _publish_events(self) -> Grant:
        stack = cdk.Stack.of(self._storage)
        bus = f"arn:{stack.partition}:events:{stack.region}:{stack.account}:event-bus/{DEFAULT_BUS}"
        return Grant(
            sid="PublishEvents",
            actions=("events:PutEvents",),
            resources=(bus,),
            # One call may carry many events: each of their sources has to be ours. (No event is without a source, so
            # that ForAllValues' being true for an absent key opens nothing.)
            conditions={"ForAllValues:StringEquals": {"events:source": EVENT_SOURCE}},
        )

    def _of_readers(self, stack: cdk.Stack) -> Iterator[tuple[str, str]]:
        """What a Lambda that plans or checks a dataset holds it to."""
        yield Variable.MAX_DATASET_BYTES, str(self._config.max_dataset_bytes)
        yield Variable.MODEL_KINDS, ",".join(self._config.model_kinds)
        yield Variable.REGION, stack.region
        yield Variable.ACCOUNT, stack.account
        yield Variable.SPENDING_LIMIT, self._config.spending_limit.to_text()

    def _environment(
        self, handler: Handler, state_machine: sfn.IStateMachine | None, schedules: Schedules | None
    ) -> Mapping[str, str]:
        variables = {
            # The dimension `service` of every metric: two environments of an account share the namespace.
            "POWERTOOLS_SERVICE_NAME": self._config.stack_name,
            "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
            Variable.BUCKET.value: self._storage.bucket.bucket_name,
            Variable.TABLE.value: self._table.table.table_name,
        }
        stack = cdk.Stack.of(self._storage)
        if handler.reads_datasets:
            variables.update(self._of_readers(stack))
        if handler.publishes_events:
            variables[Variable.EVENT_BUS] = DEFAULT_BUS
            variables[Variable.TOPIC_ARN] = self._notifications.topic.topic_arn
            variables[Variable.REGION] = stack.region
            variables[Variable.SCORE_METRICS] = str(self._config.score_metrics).lower()
        if handler.starts_evaluations and state_machine is not None:
            variables[Variable.STATE_MACHINE_ARN] = state_machine.state_machine_arn
        if "BatchDeleteEvaluationJob" in handler.jobs:
            variables[Variable.BEDROCK_ROLE_ARN] = self._bedrock_role.role.role_arn
            variables[Variable.KEEP_BEDROCK_JOBS_DAYS] = str(self._config.keep_bedrock_jobs_days)
        if "CreateEvaluationJob" in handler.jobs:
            variables[Variable.BEDROCK_ROLE_ARN] = self._bedrock_role.role.role_arn
            if self._bedrock_role.key_arn:
                variables[Variable.KEY_ARN] = self._bedrock_role.key_arn
        if handler.registers_scores and self._catalog is not None:
            variables[Variable.CATALOG_DATABASE] = self._catalog.database
            variables[Variable.CATALOG_TABLE] = self._catalog.table
        if handler.keeps_schedules and schedules is not None:
            variables.update(schedules.variables)
        if handler.knows_slots:
            variables[Variable.MAX_CONCURRENT_JOBS] = str(self._config.max_concurrent_jobs)
            variables[Variable.MAX_JOBS_PER_JUDGE] = str(self._config.max_jobs_per_judge)
        return variables
