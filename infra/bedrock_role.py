"""The role that Bedrock takes on while it runs an evaluation job, and what may be done with it.

Source: Bedrock user guide, "Required service role permissions for creating a model evaluation job that uses a judge
model" and "Service role requirements for automatic model evaluation jobs".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from gavel.names.object_keys import EVALUATIONS_PREFIX
from infra.grants import Grant, give
from infra.keys import BEDROCK, CustomerKey
from infra.model_kinds import ACCESS, ModelKind, Use, arns
from infra.storage import OBJECTS_COME_LATER

if TYPE_CHECKING:
    from infra.config import EnvironmentConfig
    from infra.storage import Storage

SHARDS = f"{EVALUATIONS_PREFIX}*/plan/shards/*"
RAW_OUTPUT = f"{EVALUATIONS_PREFIX}*/bedrock/*"
JOBS_COME_LATER = "Bedrock names evaluation jobs of this account and Region when they are created."
MODELS_COME_LATER = (
    "which models an evaluation names is said in its suite, after deployment; the environment's model_kinds says which "
    "kinds these may be, and every kind but foundation models belongs to this account and Region."
)


class BedrockRole(Construct):
    """Bedrock's service role: only for evaluation jobs of this account and Region, only the named kinds of models."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: EnvironmentConfig,
        storage: Storage,
        customer_key: CustomerKey,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        self._customer_key = customer_key
        self._kinds = config.model_kinds
        bedrock = f"arn:{stack.partition}:bedrock:{stack.region}:{stack.account}"
        self.jobs_arn = f"{bedrock}:evaluation-job/*"
        self.role = iam.Role(
            self,
            "Role",
            description="Bedrock reads planned datasets, invokes models and writes raw results with it",
            # Both conditions keep another account's jobs from borrowing the role (the confused deputy).
            assumed_by=iam.ServicePrincipal(
                BEDROCK,
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {"aws:SourceArn": self.jobs_arn},
                },
            ),
        )
        self.key_arn = customer_key.key.key_arn if customer_key.key else None
        give(self.role, [*self._files(storage), *self._models(stack), *customer_key.use_for_evaluation_jobs()])

    def allow_jobs(self, actions: frozenset[str]) -> list[Grant]:
        """What a caller of those evaluation job actions (`CreateEvaluationJob`, …) needs, passing the role included."""
        grants: list[Grant] = []
        if "CreateEvaluationJob" in actions:
            grants += self._create_jobs()
        if on_jobs := sorted(actions - {"CreateEvaluationJob", "ListEvaluationJobs"}):
            grants.append(
                Grant(
                    sid="Jobs",
                    actions=tuple(f"bedrock:{action}" for action in on_jobs),
                    resources=(self.jobs_arn,),
                    wildcard=JOBS_COME_LATER,
                )
            )
        if "ListEvaluationJobs" in actions:
            grants.append(
                Grant(
                    sid="ListJobs",
                    actions=("bedrock:ListEvaluationJobs",),
                    resources=("*",),
                    wildcard="the action knows no resource types.",
                )
            )
        return grants

    def _files(self, storage: Storage) -> list[Grant]:
        bucket = storage.bucket
        return [
            *storage.read(SHARDS),
            # Without a prefix: the guide's own policy has none, and how Bedrock looks at a bucket before it reads
            # (HeadBucket is ListBucket without a prefix) is not documented. It tells names of keys, and no content.
            Grant(sid="List", actions=("s3:ListBucket",), resources=(bucket.bucket_arn,)),
            Grant(
                sid="WriteRawOutput",
                actions=("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"),
                resources=(bucket.arn_for_objects(RAW_OUTPUT),),
                wildcard=OBJECTS_COME_LATER,
            ),
            Grant(
                sid="LookAtBucket",
                actions=("s3:GetBucketLocation", "s3:ListBucketMultipartUploads"),
                resources=(bucket.bucket_arn,),
            ),
        ]

    def _models(self, stack: cdk.Stack) -> list[Grant]:
        bedrock_kinds = [kind for kind in self._kinds if kind is not ModelKind.SAGEMAKER_ENDPOINT]
        batches = f"arn:{stack.partition}:bedrock:{stack.region}:{stack.account}:model-invocation-job/*"
        grants = [
            # The guide lists batches for every evaluation job: Bedrock may answer the prompts of one as a batch.
            Grant(
                sid="RunBatches",
                actions=("bedrock:CreateModelInvocationJob",),
                resources=(batches, *arns(stack, [kind for kind in self._kinds if kind in _BATCH_KINDS], Use.BATCH)),
                wildcard=f"batches get their names when they start, and {MODELS_COME_LATER}",
            ),
            Grant(
                sid="StopBatches",
                actions=("bedrock:StopModelInvocationJob",),
                resources=(batches,),
                wildcard="batches get their names when they start.",
            ),
        ]
        if bedrock_kinds:
            grants.append(
                Grant(
                    sid="InvokeModels",
                    actions=("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"),
                    resources=tuple(arns(stack, bedrock_kinds, Use.INVOKE)),
                    wildcard=MODELS_COME_LATER,
                )
            )
        for kind in bedrock_kinds:
            if describe := ACCESS[kind].describe:
                sid = "Describe" + "".join(word.capitalize() for word in kind.split("-"))
                resources = tuple(arns(stack, [kind], Use.DESCRIBE))
                grants.append(Grant(sid=sid, actions=(describe,), resources=resources, wildcard=MODELS_COME_LATER))
        if ModelKind.SAGEMAKER_ENDPOINT in self._kinds:
            grants.append(
                Grant(
                    sid="InvokeEndpoints",
                    actions=("sagemaker:InvokeEndpoint",),
                    resources=tuple(arns(stack, [ModelKind.SAGEMAKER_ENDPOINT])),
                    wildcard=MODELS_COME_LATER,
                )
            )
        return grants

    def _create_jobs(self) -> list[Grant]:
        return [
            # The Service Authorization Reference checks this action on models, published policies on evaluation-job/*;
            # which of them Bedrock really checks could not be confirmed, so both are granted.
            Grant(
                sid="CreateJobs",
                actions=("bedrock:CreateEvaluationJob",),
                resources=(*arns(cdk.Stack.of(self), self._kinds), self.jobs_arn),
                wildcard=f"{JOBS_COME_LATER[:-1]}, and {MODELS_COME_LATER}",
            ),
            Grant(
                sid="PassBedrockRole",
                actions=("iam:PassRole",),
                resources=(self.role.role_arn,),
                conditions={"StringEquals": {"iam:PassedToService": BEDROCK}},
            ),
            *self._customer_key.use_for_evaluation_jobs(),
        ]


# CreateModelInvocationJob knows only these resource types, and the batch itself.
_BATCH_KINDS = frozenset({ModelKind.FOUNDATION_MODEL, ModelKind.CUSTOM_MODEL})
