"""The Lambdas: one table of what each is made of and what it may do. Everything it does not say is forbidden."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from gavel.names.object_keys import ANSWERS_PREFIX, DATASETS_PREFIX, EVALUATIONS_PREFIX, PRICES_KEY, SUITES_PREFIX


class Bundle(StrEnum):
    """Which dependencies a Lambda carries: `core`, boto3 and the logger; `api`, pydantic and YAML besides.

    `data` has numpy, scipy, DuckDB, msgspec and Jinja besides these.
    """

    CORE = "core"
    API = "api"
    DATA = "data"


@dataclass(frozen=True, kw_only=True)
class Handler:
    """One Lambda: `memory` and `disk` (/tmp) in MB, `timeout` in seconds; the rest are grants on the stack's resources.

    S3 patterns are keys of the bucket with `*`; `read_versions` are those whose versions are read by name; `table` and
    `jobs` are action names of DynamoDB and of Bedrock's evaluation jobs. `tells_missing`: S3 answers 404 for an object
    that is not there, instead of 403. Grants bring the
    environment variables that their use needs; all are told bucket and table. `reads_datasets`: it is told how large a
    dataset may be and which models can be called. `listing` and `unfinished` are indexes of the table;
    `follows_evaluations` may look at the state machine's executions. `knows_slots`: it is told how many jobs may run at
    once. `registers_scores` may add partitions to the catalogue's table. `keeps_schedules` may make, change and delete
    the schedules of suites. `delete` are patterns of keys whose objects may be deleted (versions stay), `list_versions`
    those whose versions may be listed. `publishes_events`: it tells the account of evaluations' ends, by event,
    message and metrics. `ends_waits` are the answers of Step Functions' callbacks with which it may end an execution's
    wait for a job. `takes_arrivals`: it takes the events of arrived output from their queue.
    """

    name: str
    purpose: str
    bundle: Bundle = Bundle.CORE
    memory: int
    timeout: int
    disk: int = 512
    read: tuple[str, ...] = ()
    read_versions: tuple[str, ...] = ()
    list_below: tuple[str, ...] = ()
    tells_missing: bool = False
    write: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()
    list_versions: tuple[str, ...] = ()
    table: tuple[str, ...] = ()
    listing: bool = False
    jobs: frozenset[str] = frozenset()
    reads_datasets: bool = False
    starts_evaluations: bool = False
    unfinished: bool = False
    follows_evaluations: bool = False
    publishes_events: bool = False
    knows_slots: bool = False
    registers_scores: bool = False
    keeps_schedules: bool = False
    ends_waits: tuple[str, ...] = ()
    takes_arrivals: bool = False

    @property
    def title(self) -> str:
        """The name in the form of a state: `plan_evaluation` is `PlanEvaluation`."""
        return "".join(word.capitalize() for word in self.name.split("_"))


SUITES: Final = f"{SUITES_PREFIX}*"
DATASETS: Final = f"{DATASETS_PREFIX}*"
ANSWERS: Final = f"{ANSWERS_PREFIX}*"
EVALUATIONS: Final = f"{EVALUATIONS_PREFIX}*"
FROZEN_SUITES: Final = f"{EVALUATIONS}/suite.yaml"  # the suite as it was when its evaluation started
RESULTS: Final = tuple(
    f"{EVALUATIONS}/{file}" for file in ("report.html", "summary.json", "summary.csv", "junit.xml", "comment.md")
)
MANIFESTS: Final = f"{EVALUATIONS}/manifest.json"
VALIDATIONS: Final = f"{EVALUATIONS}/validation.json"
PLANS: Final = f"{EVALUATIONS}/plan/*"
SHARDS: Final = f"{EVALUATIONS}/plan/shards/*"
RAW_OUTPUT: Final = f"{EVALUATIONS}/bedrock/*"
SCORES: Final = f"{EVALUATIONS}/scores/*"
LED_ANSWERS: Final = f"{EVALUATIONS}/plan/shards/answers-*"  # what a lead judge's jobs leave for the panel
# What the API gives links to: whoever opens one reads with this Lambda's permission.
LINKED: Final = (FROZEN_SUITES, *RESULTS, MANIFESTS, VALIDATIONS)

COLLECT_SCORES: Final = Handler(
    name="collect_scores",
    purpose="Reads the results of one job and writes its scores",
    bundle=Bundle.DATA,
    memory=2048,
    timeout=900,
    read=(MANIFESTS, SHARDS, RAW_OUTPUT),
    list_below=(RAW_OUTPUT,),
    write=(SCORES, LED_ANSWERS),
    tag=(RAW_OUTPUT,),
    table=("GetItem", "UpdateItem"),
)

# What the state machine calls; a state's name is a handler's title.
WORKFLOW_HANDLERS: Final = (
    Handler(
        name="plan_evaluation",
        purpose="Validates suite and dataset, plans the jobs and writes their datasets",
        bundle=Bundle.DATA,
        memory=2048,
        timeout=900,
        disk=8192,  # the records and answers once, up to 2 GiB each, and a Parquet file with what DuckDB sets aside
        read=(FROZEN_SUITES, PRICES_KEY),
        read_versions=(DATASETS, ANSWERS),
        reads_datasets=True,
        tells_missing=True,
        write=(MANIFESTS, VALIDATIONS, PLANS),
        table=("GetItem", "UpdateItem"),
        knows_slots=True,
    ),
    Handler(
        name="start_job",
        purpose="Creates one Bedrock evaluation job, or finds it when it exists",
        memory=512,
        timeout=120,
        read=(MANIFESTS, SHARDS),
        list_below=(RAW_OUTPUT,),
        table=("GetItem", "UpdateItem"),
        knows_slots=True,
        jobs=frozenset(
            {
                "CreateEvaluationJob",
                "GetEvaluationJob",
                "TagResource",
                "ListEvaluationJobs",
                "StopEvaluationJob",  # of one that came too late
            }
        ),
        ends_waits=("SendTaskSuccess",),  # of a job that is not started
    ),
    Handler(
        name="check_job",
        purpose="Looks at one Bedrock evaluation job",
        memory=256,
        timeout=60,
        table=("GetItem", "UpdateItem"),
        jobs=frozenset({"GetEvaluationJob", "StopEvaluationJob"}),
    ),
    COLLECT_SCORES,
    Handler(
        name="fail_job",
        purpose="Records why a job gave no scores, and stops it in Bedrock",
        memory=256,
        timeout=60,
        table=("GetItem", "UpdateItem"),
        jobs=frozenset({"StopEvaluationJob", "ListEvaluationJobs"}),
    ),
    Handler(
        name="summarize_evaluation",
        purpose="Joins the scores of all jobs into summaries, comparisons and the report",
        bundle=Bundle.DATA,
        memory=3008,
        timeout=900,
        disk=10240,  # the scores of all jobs with every explanation
        read=(MANIFESTS, PLANS, SCORES),
        tells_missing=True,  # a baseline may have been deleted
        write=RESULTS,
        table=("BatchWriteItem", "GetItem", "Query", "UpdateItem"),
        registers_scores=True,
    ),
    Handler(
        name="publish_verdict",
        purpose="Records the end of an evaluation and publishes its event",
        memory=256,
        timeout=60,
        table=("GetItem", "Query", "UpdateItem"),
        publishes_events=True,
    ),
    Handler(
        name="fail_evaluation",
        purpose="Records why an evaluation failed, stops its jobs and publishes its event",
        memory=512,
        timeout=300,
        table=("GetItem", "Query", "UpdateItem"),
        jobs=frozenset({"ListEvaluationJobs", "StopEvaluationJob"}),
        publishes_events=True,
    ),
)

# What CollectScores may, and tell of it.
COLLECT_ARRIVALS: Final = replace(
    COLLECT_SCORES,
    name="collect_arrivals",
    purpose="Collects the scores of jobs whose output has arrived, and ends the wait for them",
    jobs=frozenset({"GetEvaluationJob", "ListEvaluationJobs"}),
    ends_waits=("SendTaskFailure", "SendTaskSuccess"),
    takes_arrivals=True,
)

START_EVALUATION: Final = Handler(
    name="start_evaluation",
    purpose="Starts an evaluation for an uploaded dataset",
    memory=512,
    timeout=60,
    read=(SUITES, FROZEN_SUITES, ANSWERS),
    tells_missing=True,
    write=(FROZEN_SUITES,),
    table=("GetItem", "PutItem"),
    starts_evaluations=True,
)

API: Final = Handler(
    name="api",
    purpose="Answers the HTTP API",
    bundle=Bundle.API,
    memory=512,
    timeout=29,
    read=(SUITES, *LINKED, ANSWERS, DATASETS),
    read_versions=(DATASETS, SUITES),
    reads_datasets=True,
    tells_missing=True,
    write=(SUITES, FROZEN_SUITES, DATASETS),  # a form that uploads a dataset is signed with this role
    delete=(SUITES,),
    list_versions=(SUITES,),
    table=("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
    listing=True,
    jobs=frozenset({"StopEvaluationJob"}),
    starts_evaluations=True,
    keeps_schedules=True,
    ends_waits=("SendTaskFailure",),  # of a job that is stopped
)

DATA_API: Final = Handler(
    name="data_api",
    purpose="Answers the part of the HTTP API that reads data: records, comparisons, estimates, checks",
    bundle=Bundle.DATA,
    memory=2048,
    timeout=29,
    disk=2048,  # the scores of one evaluation
    read=(SUITES, PRICES_KEY, MANIFESTS, SCORES, DATASETS, ANSWERS),
    read_versions=(DATASETS, ANSWERS),
    reads_datasets=True,
    tells_missing=True,  # and so may list the scores of an evaluation
    table=("GetItem",),
    knows_slots=True,
)

START_SCHEDULED: Final = Handler(
    name="start_scheduled",
    purpose="Starts the evaluation of a suite whose schedule says that it is time",
    memory=512,
    timeout=60,
    read=(SUITES, FROZEN_SUITES, ANSWERS, DATASETS),
    tells_missing=True,
    write=(FROZEN_SUITES,),
    table=("GetItem", "PutItem", "UpdateItem"),
    listing=True,
    starts_evaluations=True,
)

RECONCILE: Final = Handler(
    name="reconcile",
    purpose="Ends what nobody else ends, and deletes old records of jobs on Bedrock",
    memory=512,
    timeout=600,
    table=("GetItem", "PutItem", "Query", "UpdateItem"),
    unfinished=True,
    jobs=frozenset({"BatchDeleteEvaluationJob", "GetEvaluationJob", "ListEvaluationJobs", "StopEvaluationJob"}),
    starts_evaluations=True,
    follows_evaluations=True,
    publishes_events=True,
    ends_waits=("SendTaskFailure",),  # of a job that does not run any more
)

HANDLERS: Final = (*WORKFLOW_HANDLERS, COLLECT_ARRIVALS, START_EVALUATION, START_SCHEDULED, API, DATA_API, RECONCILE)
