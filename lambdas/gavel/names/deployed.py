"""What a deployed stack calls things: the variables of its Lambdas, its metrics, and its outputs."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

DEFAULT_STACK: Final = "gavel-production"


class Variable(StrEnum):
    """Environment variables that `infra` sets and `gavel.aws.settings` reads."""

    BUCKET = "GAVEL_BUCKET"
    TABLE = "GAVEL_TABLE"
    EVENT_BUS = "GAVEL_EVENT_BUS"
    STATE_MACHINE_ARN = "GAVEL_STATE_MACHINE_ARN"
    BEDROCK_ROLE_ARN = "GAVEL_BEDROCK_ROLE_ARN"
    KEY_ARN = "GAVEL_KEY_ARN"
    MAX_CONCURRENT_JOBS = "GAVEL_MAX_CONCURRENT_JOBS"
    MAX_JOBS_PER_JUDGE = "GAVEL_MAX_JOBS_PER_JUDGE"
    MAX_DATASET_BYTES = "GAVEL_MAX_DATASET_BYTES"
    KEEP_BEDROCK_JOBS_DAYS = "GAVEL_KEEP_BEDROCK_JOBS_DAYS"
    MODEL_KINDS = "GAVEL_MODEL_KINDS"  # separated by commas
    REGION = "GAVEL_REGION"
    ACCOUNT = "GAVEL_ACCOUNT"
    CATALOG_DATABASE = "GAVEL_CATALOG_DATABASE"
    CATALOG_TABLE = "GAVEL_CATALOG_TABLE"
    SCHEDULE_GROUP = "GAVEL_SCHEDULE_GROUP"
    SCHEDULE_TARGET_ARN = "GAVEL_SCHEDULE_TARGET_ARN"
    SCHEDULE_ROLE_ARN = "GAVEL_SCHEDULE_ROLE_ARN"
    DEAD_LETTERS_ARN = "GAVEL_DEAD_LETTERS_ARN"
    TOPIC_ARN = "GAVEL_TOPIC_ARN"
    ARRIVALS_URL = "GAVEL_ARRIVALS_URL"
    SCORE_METRICS = "GAVEL_SCORE_METRICS"  # `true` or `false`
    SPENDING_LIMIT = "GAVEL_SPENDING_LIMIT"  # `gavel.pricing.ceiling.Ceiling` as text


METRICS_NAMESPACE: Final = "Gavel"
SERVICE_DIMENSION: Final = "service"  # the stack's name, so that two environments of an account stay apart


class Metric(StrEnum):
    """CloudWatch metrics of evaluations that have ended, and of the reconciler (`docs/events.md` lists them all)."""

    COMPLETED = "EvaluationsCompleted"
    REFUSED = "EvaluationsRefused"
    FAILED = "EvaluationsFailed"
    STOPPED = "EvaluationsStopped"
    BUDGET_REFUSALS = "BudgetRefusals"
    DURATION = "DurationSeconds"
    COVERAGE = "Coverage"
    COST = "CostUSD"
    GATES_FAILED = "GatesFailed"
    SCORE = "Score"
    OLDEST_UNFINISHED = "OldestUnfinishedHours"


class Output(StrEnum):
    """Names of the stack's outputs, which the command line reads to find a deployment."""

    BUCKET = "BucketName"
    TABLE = "TableName"
    STATE_MACHINE = "StateMachineArn"
    API = "ApiUrl"
    DEAD_LETTERS = "DeadLettersUrl"
    BEDROCK_ROLE = "BedrockRoleArn"
    VERSION = "GavelVersion"
    MAX_CONCURRENT_JOBS = "MaxConcurrentJobs"
    MAX_JOBS_PER_JUDGE = "MaxJobsPerJudge"
    MAX_DATASET_BYTES = "MaxDatasetBytes"
    MODEL_KINDS = "ModelKinds"
    SPENDING_LIMIT = "SpendingLimit"
    CATALOG_DATABASE = "CatalogDatabase"
    CATALOG_TABLE = "CatalogTable"
    TOPIC = "TopicArn"
