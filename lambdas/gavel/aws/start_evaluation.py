"""Starts the evaluation of a dataset version with a suite; the same start any number of times is one evaluation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from gavel.aws import executions
from gavel.datasets.limits import MAX_SUITE_BYTES
from gavel.names import identities, object_keys
from gavel.problems import GavelError
from gavel.suites.suite import default_suite_bytes

if TYPE_CHECKING:
    from gavel.aws.settings import Settings
    from gavel.aws.storage import Bucket
    from gavel.aws.table import EvaluationTable

UPLOAD: Final = "upload"
API: Final = "api"
SCHEDULE: Final = "schedule"


class IdempotencyError(GavelError):
    """An idempotency key came a second time, with another start."""


@dataclass(frozen=True)
class Start:
    """What to evaluate: an object version below `datasets/`, a suite by name; and who asked: UPLOAD, API, SCHEDULE."""

    dataset_key: str
    dataset_version: str
    suite: str
    started_by: str
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Started:
    """The evaluation of a start, and whether this call made it."""

    evaluation_id: str
    created: bool


def suite_content(bucket: Bucket, suite: str) -> bytes | None:
    """The suite's YAML; the built-in one when the default suite was never uploaded; None for any other absent suite."""
    data = bucket.read(object_keys.suite_key(suite), most=MAX_SUITE_BYTES)
    if data is None and suite == identities.DEFAULT_SUITE:
        return default_suite_bytes()
    return data


def answer_versions(bucket: Bucket, suite: str) -> dict[str, str]:
    """The version of each file in the suite's folder of answers, by its name; the first MOST_ANSWER_FILES by name."""
    folder = object_keys.answers_folder(suite)
    versions = {}
    for key in islice(bucket.keys(folder), object_keys.MOST_ANSWER_FILES):
        version = bucket.version(key)
        if version is not None:
            versions[key.removeprefix(folder)] = version
    return versions


def start_evaluation(start: Start, *, settings: Settings, bucket: Bucket, table: EvaluationTable, now: str) -> Started:
    """Write the evaluation's head and start its execution.

    The id comes from the caller's idempotency key, or else from the versions of the dataset and of the suite's files of
    answers, and the suite's content; an uploaded version stays with the evaluation that its event started first, also
    when it is delivered again after the suite was changed, and so does all that comes by one upload form. A caller that
    dies between two writes is no harm: the next delivery of the same start finds what is there and goes on. Raises
    IdempotencyError when the idempotency key stands for another start.
    """
    content = suite_content(bucket, start.suite) if identities.is_suite_name(start.suite) else None
    digest = _digest(content)
    answers = answer_versions(bucket, start.suite) if content is not None else {}
    identity = (
        # With the bucket, so that two deployments in one account never mean the same jobs on Bedrock.
        keyed(settings.bucket, start.idempotency_key, by=start.started_by)
        if start.idempotency_key
        else (
            *("dataset", settings.bucket, start.dataset_key, start.dataset_version, digest),
            *(part for answer in answers.items() for part in answer),
        )
    )
    evaluation = identities.evaluation_id(start.suite, *identity)
    if start.started_by == UPLOAD:
        # S3 takes an upload form again and again, also when an answer was lost: the first upload counts.
        version = "form" if object_keys.is_form_key(start.dataset_key) else start.dataset_version
        evaluation = table.claim_upload(start.dataset_key, version, evaluation)
    if content is not None:
        # The plan reads this copy, and the first one stays: a suite that changes between start and plan, or between two
        # deliveries of a start, cannot make the evaluation another one.
        digest = _digest(
            bucket.put_first(object_keys.EvaluationKeys(evaluation).suite, content, content_type="application/yaml")
        )
    what = {"suite": start.suite, "dataset_key": start.dataset_key, "dataset_version": start.dataset_version}
    facts = {**what, "suite_sha256": digest, "started_by": start.started_by, "answers": answers}
    created = table.create_head(evaluation, facts, now=now)
    # A schedule's dataset may have changed between two deliveries of one run: the first start counts.
    if not created and start.idempotency_key and start.started_by == API:
        head = table.head(evaluation) or {}
        if any(head.get(name) != value for name, value in what.items()):
            raise IdempotencyError(f"the idempotency key was used for another start, evaluation {evaluation}")
    executions.start(evaluation, state_machine_arn=settings.state_machine_arn)
    return Started(evaluation, created)


def keyed(bucket: str, idempotency_key: str, *, by: str) -> tuple[str, ...]:
    """What makes the evaluation of a key the same one (`identities.evaluation_id`); a schedule's keys are its own."""
    return ("schedule" if by == SCHEDULE else "idempotency-key", bucket, idempotency_key)


def _digest(content: bytes | None) -> str:
    return "absent" if content is None else hashlib.sha256(content).hexdigest()
