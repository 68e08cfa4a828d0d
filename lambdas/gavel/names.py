"""Every name that two rooms share: S3 keys, table keys, statuses, events, environment variables.

`infra` grants permissions on these names, handlers use them, and the tests check both against this one page.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# --- S3 -------------------------------------------------------------------------------------------------------------

SUITES_PREFIX: Final = "suites/"
DATASETS_PREFIX: Final = "datasets/"
ANSWERS_PREFIX: Final = "answers/"  # files in which a suite's sources bring their answers, beside the dataset
EVALUATIONS_PREFIX: Final = "evaluations/"
DATASET_SUFFIXES: Final = (".jsonl", ".jsonl.gz", ".csv", ".json", ".parquet")
SHARD_SUFFIX: Final = ".jsonl"
DEFAULT_SUITE: Final = "default"
UNNAMED_SUITE: Final = "unnamed"
PRICES_KEY: Final = "prices.yaml"  # a user's own prices, which override the built-in ones

# The metadata of an uploaded dataset (`x-amz-meta-…`) that says how many USD its evaluation may cost at most.
BUDGET_METADATA: Final = "gavel-budget-usd"

# The metadata that names another suite: the evaluation is of a candidate for it, is compared with that suite's baseline
# and becomes nobody's.
CANDIDATE_METADATA: Final = "gavel-candidate-for"

# A suite's name becomes a folder, a part of job names and of the evaluation id.
SUITE_NAME_PATTERN: Final = r"[a-z0-9](?:-?[a-z0-9]){0,39}"

# The bucket's lifecycle knows Bedrock's raw output by this tag, which whoever collects it sets: a lifecycle rule's
# prefix cannot say "the folder bedrock/ of every evaluation".
RAW_OUTPUT_SUFFIX: Final = "_output.jsonl"  # the files of Bedrock's raw output that hold results
RAW_OUTPUT_TAG_KEY: Final = "gavel"
RAW_OUTPUT_TAG_VALUE: Final = "raw-output"

# A start takes note of the version of each file in the suite's folder of answers, so there cannot be any number.
MOST_ANSWER_FILES: Final = 100

# The key pattern of the Bedrock API's S3 URIs: no space, '+', '=', ':' or '%'.
BEDROCK_S3_KEY_PATTERN: Final = r"[-!_*'().a-z0-9A-Z]+(?:/[-!_*'().a-z0-9A-Z]+)*"


def suite_key(suite: str) -> str:
    """S3 key of a suite's YAML."""
    return f"{SUITES_PREFIX}{suite}.yaml"


def dataset_key(suite: str, file_name: str) -> str:
    """S3 key under which an upload of `file_name` starts an evaluation of `suite`."""
    return f"{DATASETS_PREFIX}{suite}/{file_name}"


def form_dataset_key(suite: str, file_name: str, token: str) -> str:
    """S3 key for the one file of an upload form; `token` are twelve hexadecimal digits that nobody can guess."""
    suffix = max((end for end in DATASET_SUFFIXES if file_name.endswith(end)), key=len)
    return dataset_key(suite, f"{file_name.removesuffix(suffix)}-form-{token}{suffix}")


_FORM_KEY: Final = re.compile(rf".*-form-[0-9a-f]{{12}}(?:{'|'.join(map(re.escape, DATASET_SUFFIXES))})", re.DOTALL)


def is_form_key(key: str) -> bool:
    """Whether an upload form gave a dataset this key: only the first upload under it starts an evaluation."""
    return _FORM_KEY.fullmatch(key) is not None


def answers_folder(suite: str) -> str:
    """Folder of the files in which a suite's sources bring their answers."""
    return f"{ANSWERS_PREFIX}{suite}/"


def answers_key(suite: str, file_name: str) -> str:
    """S3 key of one of those files; an upload there starts nothing."""
    return f"{answers_folder(suite)}{file_name}"


def suite_of_dataset_key(key: str) -> str:
    """The suite that a dataset's key names; a file directly under `datasets/` belongs to the default suite."""
    folder, _, _ = key.removeprefix(DATASETS_PREFIX).rpartition("/")
    return folder or DEFAULT_SUITE


def told_key(key: str) -> str:
    """What logs, histories and errors may say of a key: no file's name, no model's, nothing that a user has chosen.

    Below `datasets/` and `answers/` users name files, and Bedrock writes a model's name into the keys of its output.
    """
    for prefix in (DATASETS_PREFIX, ANSWERS_PREFIX):
        if key.startswith(prefix):
            return f"{prefix}…"
    folder, output, _ = key.partition("/bedrock/")
    return f"{folder}{output}…" if output and folder.startswith(EVALUATIONS_PREFIX) else key


def record_numbers_key(shard_key: str) -> str:
    """Beside every shard: the numbers of its records in the dataset, which Bedrock's own format has no place for."""
    return f"{shard_key.removesuffix(SHARD_SUFFIX)}.numbers.json"


@dataclass(frozen=True)
class EvaluationKeys:
    """The S3 keys of one evaluation. Every key fits Bedrock's own pattern for S3 URIs."""

    evaluation_id: str

    @property
    def prefix(self) -> str:
        """Folder of the evaluation, with a closing slash."""
        return f"{EVALUATIONS_PREFIX}{self.evaluation_id}/"

    @property
    def suite(self) -> str:
        """The suite's YAML as it was when the evaluation started."""
        return f"{self.prefix}suite.yaml"

    @property
    def manifest(self) -> str:
        """What was evaluated, exactly enough to run it again."""
        return f"{self.prefix}manifest.json"

    @property
    def validation(self) -> str:
        """Every problem found in the suite and the dataset."""
        return f"{self.prefix}validation.json"

    @property
    def jobs(self) -> str:
        """The plan's first round: one job a line, which the Distributed Map reads."""
        return f"{self.prefix}plan/jobs.jsonl"

    @property
    def panel_jobs(self) -> str:
        """The plan's second round, where there is one: the jobs that score answers which the first round made."""
        return f"{self.prefix}plan/panel.jsonl"

    def shard(self, responses: str, index: int) -> str:
        """Dataset of one job; `responses` is `live`, or `source-<n>` for answers the dataset brings.

        `answers-<n>` are the answers that the n-th generator gave to the lead judge's job, for the panel.
        """
        return f"{self.prefix}plan/shards/{responses}/{index:05d}{SHARD_SUFFIX}"

    def map_results(self) -> str:
        """Prefix under which Step Functions writes the outcome of the Distributed Map."""
        return f"{self.prefix}plan/runs"

    @property
    def bedrock(self) -> str:
        """Prefix that Bedrock writes raw results under, untouched."""
        return f"{self.prefix}bedrock/"

    @property
    def scores_folder(self) -> str:
        """Folder that holds score files and nothing else, with a closing slash."""
        return f"{self.prefix}scores/"

    def scores(self, job_id: str) -> str:
        """Parquet file with the scores of one job."""
        return f"{self.scores_folder}{job_id}.parquet"

    @property
    def summary(self) -> str:
        """All summaries and comparisons as JSON."""
        return f"{self.prefix}summary.json"

    @property
    def summary_csv(self) -> str:
        """All summaries as CSV."""
        return f"{self.prefix}summary.csv"

    @property
    def junit(self) -> str:
        """The gates as test cases, for CI systems."""
        return f"{self.prefix}junit.xml"

    @property
    def comment(self) -> str:
        """The verdict and the figures as a comment on a pull request, in Markdown."""
        return f"{self.prefix}comment.md"

    @property
    def report(self) -> str:
        """The report for people."""
        return f"{self.prefix}report.html"


# --- Identities -----------------------------------------------------------------------------------------------------

EVALUATION_ID_PATTERN: Final = r"[a-z0-9](?:-?[a-z0-9]){0,39}-[0-9a-f]{16}"
_EVALUATION_ID = re.compile(EVALUATION_ID_PATTERN)


def is_evaluation_id(text: str) -> bool:
    """Whether `text` has the form of an evaluation id."""
    return _EVALUATION_ID.fullmatch(text) is not None


def fingerprint(*parts: str) -> str:
    """SHA-256 (hex) over parts of any length; no two different lists of parts share their bytes."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def is_suite_name(text: str) -> bool:
    """Whether `text` can name a suite."""
    return re.fullmatch(SUITE_NAME_PATTERN, text) is not None


def evaluation_id(suite: str, *identity: str) -> str:
    """Deterministic id of an evaluation: the suite's name and a hash of what makes the evaluation the same one.

    For an upload the identity is bucket, key, version of the object and the suite's content; for a caller with an
    idempotency key it is that key. The same identity always gives the same id, so a repeated event is no new
    evaluation. What cannot name a suite (the folder of an upload may have any name) stands as `unnamed` in it.
    """
    return f"{suite if is_suite_name(suite) else UNNAMED_SUITE}-{fingerprint(suite, *identity)[:16]}"


def job_id(generator: int, judge: int, shard: int) -> str:
    """Name of a job inside its evaluation: positions of generator and judge in the manifest, and the shard."""
    return f"g{generator}-j{judge}-s{shard}"


def job_place(job: str) -> tuple[int, int, int]:
    """Generator, judge and shard of a job's name inside its evaluation."""
    generator, judge, shard = (int(part[1:]) for part in job.split("-"))
    return generator, judge, shard


def job_name(evaluation: str, job: str) -> str:
    """Bedrock job name, at most 63 characters of `[a-z0-9](-*[a-z0-9]){0,62}`, unique per account and Region.

    A suite's name is cut when the whole would be too long; the hash inside the evaluation id keeps it unique.
    """
    suite, _, digest = evaluation.rpartition("-")
    room = 63 - len(f"-{digest}-{job}")
    return f"{suite[:room].rstrip('-')}-{digest}-{job}"


# What `job_name` makes; whose job it is, its description says.
JOB_NAME_PATTERN: Final = r".+-(?P<digest>[0-9a-f]{16})-(?P<job>g\d+-j\d+-s\d+)"


def job_of_output(key: str) -> tuple[str, str] | None:
    """Evaluation and job to which an object belongs that Bedrock has written; None for every other key.

    Bedrock's keys below an evaluation's prefix begin with the name of the job and the id that Bedrock gave it.
    """
    found = re.match(rf"{EVALUATIONS_PREFIX}(?P<evaluation>{EVALUATION_ID_PATTERN})/bedrock/(?P<name>[^/]+)/", key)
    named = found and re.fullmatch(JOB_NAME_PATTERN, found["name"])
    if not found or not named or not key.endswith(RAW_OUTPUT_SUFFIX):
        return None
    evaluation, job = found["evaluation"], named["job"]
    return (evaluation, job) if job_name(evaluation, job) == found["name"] else None


def job_description(evaluation: str, job: str) -> str:
    """Description of a Bedrock job: a name may cut the suite's short, this holds both ids whole."""
    return f"Gavel evaluation {evaluation}, job {job}"


def described_job(description: str) -> tuple[str, str] | None:
    """Evaluation and job of such a description; None for any other text."""
    found = re.fullmatch(rf"Gavel evaluation ({EVALUATION_ID_PATTERN}), job (g\d+-j\d+-s\d+)", description)
    return (found[1], found[2]) if found else None


def client_request_token(evaluation: str, job: str) -> str:
    """Idempotency token of a job: the same for every attempt to start it, 64 characters of `[0-9a-f]`."""
    return fingerprint("client-request-token", evaluation, job)


# --- Statuses -------------------------------------------------------------------------------------------------------


class EvaluationStatus(StrEnum):
    """Where an evaluation stands. `rank` only grows, so a late writer can never move it back."""

    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUMMARIZING = "SUMMARIZING"
    COMPLETED = "COMPLETED"
    REFUSED = "REFUSED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"

    @property
    def rank(self) -> int:
        """Position in the order; final statuses share the last one."""
        return {"STARTING": 0, "RUNNING": 1, "SUMMARIZING": 2}.get(self.value, 9)

    @property
    def final(self) -> bool:
        """Whether nothing follows."""
        return self.rank == 9


class JobStatus(StrEnum):
    """Where a job stands in Gavel's table (Bedrock's own status is kept beside it)."""

    STARTED = "STARTED"
    COLLECTED = "COLLECTED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"

    @property
    def rank(self) -> int:
        """Position in the order; final statuses share the last one."""
        return 0 if self is JobStatus.STARTED else 9


# --- DynamoDB -------------------------------------------------------------------------------------------------------

PARTITION_KEY: Final = "pk"
SORT_KEY: Final = "sk"
LISTING_INDEX: Final = "listing"  # all evaluations by time of start: GSI over listing_pk, listing_sk
LISTING_PARTITION_KEY: Final = "listing_pk"
LISTING_SORT_KEY: Final = "listing_sk"
LISTING_ALL: Final = "EVALUATIONS"
# What the reconciler has to see to: a sparse GSI. An evaluation leaves OPEN when its end was announced, and ON_BEDROCK
# when Bedrock keeps no record of its jobs any more.
UNFINISHED_INDEX: Final = "unfinished"
UNFINISHED_PARTITION_KEY: Final = "unfinished_pk"
UNFINISHED_SORT_KEY: Final = "unfinished_sk"


class Unfinished(StrEnum):
    """Partitions of the index of unfinished evaluations; OPEN is sorted by start, ON_BEDROCK by end."""

    OPEN = "OPEN"
    ON_BEDROCK = "ON_BEDROCK"


HEAD: Final = "HEAD"
JOB_SORT_PREFIX: Final = "JOB#"
TASK_TOKENS: Final = "task_tokens"  # of the executions that wait for a job's end; who has one can end the wait
# Attribute of a collected job: which of its answers speak to their judge (`gavel.results.flags.marks_of`).
FLAGGED: Final = "flagged"
SUMMARY_SORT_PREFIX: Final = "SUMMARY#"
COMPARISON_SORT_PREFIX: Final = "COMPARISON#"
GATE_SORT_PREFIX: Final = "GATE#"

# What a suite remembers: an item for each of its evaluations, sorted by start, and its baseline.
SUITE_EVALUATION_SORT_PREFIX: Final = "EVALUATION#"
BASELINE_SORT: Final = "BASELINE"


def suite_partition(suite: str) -> str:
    """Partition of what the table remembers of a suite."""
    return f"SUITE#{suite}"


def suite_evaluation_sort(created_at: str, evaluation: str) -> str:
    """Sort key of an evaluation in its suite's history."""
    return f"{SUITE_EVALUATION_SORT_PREFIX}{created_at}#{evaluation}"


SCHEDULES_PARTITION: Final = "SCHEDULES"  # an item for each suite that has one, under the suite's name

RECONCILER_PARTITION: Final = "RECONCILER"  # what one run of the reconciler leaves for the next
RECORDS: Final = "RECORDS"
LAST_RUN: Final = "LAST_RUN"  # when it looked at everything last, and what it could not do

# What jobs reserve and spend under a budget: an item for each job, and sums by evaluation and by suite and month.
RESERVATION_SORT_PREFIX: Final = "BUDGET#"
SPENDING: Final = "SPENDING"
DEPLOYMENT_SPENDING: Final = "SPENDING"  # partition of the sums of all suites together; the sort key is the month


def spending_partition(suite: str) -> str:
    """Partition of the sums that a suite spent; the sort key is the month, `2026-01`."""
    return f"SPENDING#{suite}"


def evaluation_partition(evaluation: str) -> str:
    """Partition of everything the table holds about one evaluation."""
    return f"EVALUATION#{evaluation}"


# Who holds a job slot and who waits for one: a single item for all evaluations.
SLOTS_PARTITION: Final = "SLOTS"
SLOTS_SORT: Final = "SLOTS"
REUSE_SORT: Final = "JOB"


def upload_partition(key: str, version: str) -> str:
    """Partition of the note that says which evaluation an uploaded version has started."""
    return f"UPLOAD#{fingerprint(key, version)}"


def reuse_partition(content_hash: str) -> str:
    """Partition of the finished job that did the work of that hash (`gavel.planning.reuse`)."""
    return f"REUSE#{content_hash}"


# --- Events ---------------------------------------------------------------------------------------------------------

EVENT_SOURCE: Final = "gavel"


class EventType(StrEnum):
    """Detail types of the events that Gavel publishes."""

    COMPLETED = "Evaluation Completed"
    REFUSED = "Evaluation Refused"
    FAILED = "Evaluation Failed"
    STOPPED = "Evaluation Stopped"


# Ends at which there are results, unless no job had delivered.
WITH_RESULTS: Final = frozenset({EvaluationStatus.COMPLETED, EvaluationStatus.STOPPED})

EVENT_OF_STATUS: Final = {
    EvaluationStatus.COMPLETED: EventType.COMPLETED,
    EvaluationStatus.REFUSED: EventType.REFUSED,
    EvaluationStatus.FAILED: EventType.FAILED,
    EvaluationStatus.STOPPED: EventType.STOPPED,
}


# --- Environment of the Lambdas -------------------------------------------------------------------------------------


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


# --- Metrics --------------------------------------------------------------------------------------------------------

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


DEFAULT_STACK: Final = "gavel-production"

# --- Outputs of the stack -------------------------------------------------------------------------------------------


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
