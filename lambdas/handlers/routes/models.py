"""Bodies of requests and of answers. Requests know no other keys; answers may gain keys without a new version."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from annotated_types import Ge, Le
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from gavel.names import identities, object_keys
from gavel.names.statuses import EvaluationStatus
from gavel.schedules.schedule import EXPRESSION_PATTERN

_SUFFIXES: Final = "|".join(map(re.escape, object_keys.DATASET_SUFFIXES))
DATASET_PATTERN: Final = rf"^{re.escape(object_keys.DATASETS_PREFIX)}[^\x00-\x1f\x7f]+({_SUFFIXES})$"
FILE_PATTERN: Final = rf"^[A-Za-z0-9][A-Za-z0-9._-]{{0,120}}({_SUFFIXES})$"
SUITE_PATTERN: Final = f"^{identities.SUITE_NAME_PATTERN}$"
EVALUATION_PATTERN: Final = f"^{identities.EVALUATION_ID_PATTERN}$"

SuiteName = Annotated[str, Field(pattern=SUITE_PATTERN, description="Lower-case letters, digits, single hyphens.")]
EvaluationId = Annotated[str, Field(pattern=EVALUATION_PATTERN)]
DatasetKey = Annotated[
    str,
    Field(
        pattern=DATASET_PATTERN, max_length=1024, description="S3 key of the dataset: `datasets/<suite>/<name>.jsonl`."
    ),
]
Version = Annotated[str, Field(min_length=1, max_length=1024, description="Version of the S3 object.")]


def _whole(value: Any) -> Any:
    """JSON knows one kind of number: 60.0 is the whole number 60."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Request(BaseModel):
    """A body: JSON of the right types, with no key that is not known here."""

    model_config = ConfigDict(extra="forbid", strict=True)


class DatasetRequest(Request):
    """Names a dataset in the bucket, and the suite it is meant for."""

    dataset: DatasetKey
    version_id: Version | None = None
    suite: SuiteName | None = Field(default=None, description="Left out: the folder of the dataset names it.")


class BaselineRequest(Request):
    """Names an evaluation of the suite."""

    evaluation_id: EvaluationId


class UploadRequest(Request):
    """Asks for a form with which a dataset can be uploaded."""

    suite: SuiteName = identities.DEFAULT_SUITE
    name: str = Field(pattern=FILE_PATTERN, description="Name of the file; its end tells the format.")
    budget_usd: float | None = Field(
        default=None, ge=0.000001, le=1_000_000, description="What its evaluation may cost at most, in USD."
    )


class ComparisonRequest(Request):
    """Names two evaluations; differences are A minus B."""

    a: EvaluationId
    b: EvaluationId
    by_category: bool = False


class ScheduleRequest(Request):
    """When a suite's evaluation starts by itself, and on which dataset."""

    expression: str = Field(
        min_length=1,
        max_length=256,
        description="`cron(0 6 ? * MON-FRI *)` or `rate(1 day)`, as EventBridge has it; once an hour at most.",
        json_schema_extra={"pattern": EXPRESSION_PATTERN},
    )
    timezone: str = Field(
        default="UTC", pattern=r"^[A-Za-z][A-Za-z0-9_+/-]{0,49}$", description="Such as Europe/Berlin."
    )
    dataset: DatasetKey
    enabled: bool = True
    overlap: Literal["skip", "start"] = Field(
        default="skip", description="What to do when an evaluation of the suite has not ended yet."
    )
    start_within_minutes: Annotated[int, Ge(5), Le(1440), BeforeValidator(_whole)] = Field(
        default=60, description="A start that comes later than this counts as missed and is skipped."
    )


class Open(BaseModel):
    """An answer that may hold more than is named here."""

    model_config = ConfigDict(extra="allow")


class FieldError(Open):
    """One thing to mend; `line` and `column` from 1 where a file is meant."""

    field: str
    reason: str
    remedy: str | None = None
    line: int | None = None
    column: int | None = None
    record: int | None = None


class ProblemDocument(Open):
    """An error as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] | None = None


class GatewayRefusal(Open):
    """What API Gateway itself answers."""

    message: str


class Started(Open):
    """The evaluation of a start, and whether this call made it."""

    evaluation_id: EvaluationId
    created: bool


class EvaluationHead(Open):
    """An evaluation in a list."""

    evaluation_id: str
    status: EvaluationStatus
    suite: str
    created_at: str
    dataset_key: str


class EvaluationList(Open):
    """A page of evaluations, the newest first; a page may be short while `next_token` continues it."""

    evaluations: list[EvaluationHead]
    next_token: str | None


class EvaluationView(EvaluationHead):
    """One evaluation: jobs, verdict, figures over all categories, comparisons, keys of its files."""

    bucket: str
    jobs: dict[str, Any]
    failed_jobs: list[dict[str, Any]]
    keys: dict[str, str]
    summaries: list[dict[str, Any]]
    comparisons: list[dict[str, Any]]
    verdict: dict[str, Any] | None
    candidate_for: str | None = Field(
        default=None, description="The suite with whose baseline it is compared; it becomes nobody's baseline."
    )


class Stopping(Open):
    """What a request to stop did."""

    evaluation_id: str
    status: EvaluationStatus
    stop_requested_at: str | None
    jobs_asked_to_stop: int


class Summary(Open):
    """The figures of one generator (`model`), judge and metric; `category` is null for all records together."""

    model: str
    judge: str
    metric: str
    category: str | None


class Results(Open):
    """A page of figures."""

    evaluation_id: str
    results: list[Summary]
    next_token: str | None


class Score(Open):
    """What one judge gave on one metric; a missing score is never a zero."""

    judge: str
    metric: str
    value: float | None
    label: str | None
    missing: bool
    reason: str
    explanation: str


class AnswerScores(Open):
    """One generator's answer to one record, with its scores."""

    generator: str
    response: str | None
    stop_reason: str | None
    flags: list[str] = Field(
        description="What the answer does to its judge, such as `asks for a score`; changes no score. Mostly empty."
    )
    scores: list[Score]


class EvaluatedRecord(Open):
    """One record of the dataset with every answer; `cut` when texts were too long to be whole here."""

    record: int
    category: str | None
    prompt: str | None
    reference: str | None
    answers: list[AnswerScores]
    cut: bool


class Records(Open):
    """A page of records in the dataset's order."""

    evaluation_id: str
    records: list[EvaluatedRecord]
    next_token: str | None


class Link(Open):
    """A link that reads one file without further credentials until it expires."""

    url: str
    key: str
    expires_at: str


class Upload(Open):
    """A form to POST to S3: `fields` first, the file last. S3 refuses what is larger than `max_bytes`."""

    url: str
    fields: dict[str, str]
    key: str
    max_bytes: int
    expires_at: str


class Validation(Open):
    """Whether a dataset can be evaluated with a suite, and all that is wrong."""

    valid: bool
    dataset: str
    suite: str
    records: int
    error_count: int
    errors: list[dict[str, Any]]


class Estimation(Open):
    """What an evaluation would cost; `estimate` is null where errors forbid one."""

    allowed: bool
    dataset: str
    suite: str
    estimate: dict[str, Any] | None
    error_count: int
    errors: list[dict[str, Any]]


class SuiteEntry(Open):
    """A suite in a list."""

    suite: str
    updated_at: str | None


class SuiteList(Open):
    """All suites by name; the built-in default stands among them."""

    suites: list[SuiteEntry]


class SuiteVersion(Open):
    """One version of a suite; `content` is its YAML. The built-in default has version null."""

    suite: str
    version_id: str | None
    sha256: str
    content: str


class SuitePut(Open):
    """What a suite became; `created` is false when these bytes were there already."""

    suite: str
    version_id: str | None
    sha256: str
    created: bool


class VersionEntry(Open):
    """One version in the history of a suite's file."""

    version_id: str
    updated_at: str
    current: bool
    deleted: bool


class VersionList(Open):
    """The versions of a suite, the newest first."""

    suite: str
    versions: list[VersionEntry]


class BaselineView(Open):
    """What a suite's evaluations are compared with; null for nothing."""

    suite: str
    baseline: dict[str, Any] | None


class SuiteHistory(BaselineView):
    """A suite's last evaluations with their figures, the newest first."""

    evaluations: list[dict[str, Any]]


class ScheduleView(Open):
    """A suite's schedule, and how its last run went."""

    suite: str
    expression: str
    timezone: str
    dataset: str
    enabled: bool
    overlap: str
    start_within_minutes: int
    last_run: dict[str, Any] | None


class ScheduleList(Open):
    """All schedules, by suite."""

    schedules: list[ScheduleView]


class Comparisons(Open):
    """The differences of two evaluations, A minus B; `docs/schemas/compare-v1.schema.json` says what each means."""

    a: str
    b: str
    comparisons: list[dict[str, Any]]
    problem_count: int
    problems: list[dict[str, Any]]
