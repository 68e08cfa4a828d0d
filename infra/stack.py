"""The stack of one environment: it wires the constructs together, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from gavel.names.deployed import Output
from gavel.version import VERSION
from infra.acknowledge import acknowledge
from infra.alarms import Alarms
from infra.api import Api
from infra.arrivals import Arrivals
from infra.bedrock_role import BedrockRole
from infra.catalog import Catalog
from infra.dashboard import Dashboard
from infra.functions import CodeSource, Foundation, FunctionFactory
from infra.keys import CustomerKey
from infra.network import Network
from infra.notifications import Notifications
from infra.observed import Observed
from infra.reader import CrossAccountReader
from infra.reconciler import Reconciler
from infra.schedules import Schedules
from infra.storage import Storage
from infra.table import EvaluationTable
from infra.uploads import Uploads
from infra.workflow import Workflow

if TYPE_CHECKING:
    from constructs import Construct

    from infra.config import EnvironmentConfig


class GavelStack(cdk.Stack):
    """Everything of one environment in one stack."""

    def __init__(
        self, scope: Construct, *, config: EnvironmentConfig, source: CodeSource, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(
            scope,
            config.stack_name,
            env=env,
            description=f"Gavel {VERSION}: LLM-as-a-judge evaluations on Amazon Bedrock ({config.name})",
        )
        key = CustomerKey(self, "CustomerKey", setting=config.customer_key, removal=config.removal)
        storage = Storage(self, "Storage", config=config, customer_key=key)
        table = EvaluationTable(self, "Evaluations", config=config, customer_key=key)
        role = BedrockRole(self, "Bedrock", config=config, storage=storage, customer_key=key)
        catalog = Catalog(self, "Catalog", config=config, storage=storage) if config.catalog else None
        notifications = Notifications(self, "Notifications", config=config, customer_key=key)
        foundation = Foundation(
            storage=storage,
            table=table,
            customer_key=key,
            network=Network(self, "Network", config=config, vpc=config.vpc) if config.vpc else None,
        )
        factory = FunctionFactory(
            config=config,
            source=source,
            foundation=foundation,
            bedrock_role=role,
            catalog=catalog,
            notifications=notifications,
        )
        workflow = Workflow(self, "Workflow", config=config, factory=factory, storage=storage, customer_key=key)
        machine = workflow.state_machine
        uploads = Uploads(self, "Uploads", factory=factory, storage=storage, state_machine=machine)
        arrivals = Arrivals(self, "Arrivals", factory=factory, storage=storage)
        Reconciler(self, "Reconciler", factory=factory, state_machine=machine, dead_letters=uploads.dead_letters)
        schedules = Schedules(
            self,
            "Schedules",
            config=config,
            factory=factory,
            state_machine=machine,
            dead_letters=uploads.dead_letters,
        )
        api = Api(
            self,
            "Api",
            config=config,
            factory=factory,
            state_machine=machine,
            schedules=schedules,
            customer_key=key,
        )
        if config.reader:
            CrossAccountReader(
                self, "Reader", config=config, reader=config.reader, storage=storage, table=table, api_id=api.api_id
            )
        observed = Observed(
            config.stack_name, machine, factory.functions, api.api_id, uploads.dead_letters, arrivals.dead_letters
        )
        Dashboard(self, "Dashboard", observed=observed)
        Alarms(self, "Alarms", config=config, observed=observed, topic=notifications.topic)

        for output, value in (
            (Output.BUCKET, storage.bucket.bucket_name),
            (Output.TABLE, table.table.table_name),
            (Output.STATE_MACHINE, machine.state_machine_arn),
            (Output.API, api.url),
            (Output.DEAD_LETTERS, uploads.dead_letters.queue_url),
            (Output.BEDROCK_ROLE, role.role.role_arn),
            (Output.VERSION, VERSION),
            (Output.TOPIC, notifications.topic.topic_arn),
            # What the command line checks before it uploads, and what its estimates of time rest on.
            (Output.MAX_CONCURRENT_JOBS, str(config.max_concurrent_jobs)),
            (Output.MAX_JOBS_PER_JUDGE, str(config.max_jobs_per_judge)),
            (Output.MAX_DATASET_BYTES, str(config.max_dataset_bytes)),
            (Output.MODEL_KINDS, ",".join(config.model_kinds)),
            (Output.SPENDING_LIMIT, config.spending_limit.to_text()),
            # Where Athena finds the scores of all evaluations.
            *([(Output.CATALOG_DATABASE, catalog.database), (Output.CATALOG_TABLE, catalog.table)] if catalog else []),
        ):
            cdk.CfnOutput(self, output.value, value=value)
        if config.permissions_boundary:
            boundary = iam.ManagedPolicy.from_managed_policy_arn(self, "Boundary", config.permissions_boundary)
            iam.PermissionsBoundary.of(self).apply(boundary)
        acknowledge(
            self, {"CfnLint::I1022": "A matter of taste about Fn::Join, which the CDK writes for every joined text."}
        )
        for tag, text in {"Project": "gavel", "Environment": config.name, **config.tags}.items():
            cdk.Tags.of(self).add(tag, text)
