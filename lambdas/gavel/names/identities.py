"""Names of suites, evaluations and jobs; every one is made from what the thing is, so the same thing has it again."""

from __future__ import annotations

import hashlib
import re
from typing import Final

DEFAULT_SUITE: Final = "default"
UNNAMED_SUITE: Final = "unnamed"

# A suite's name becomes a folder, a part of job names and of the evaluation id.
SUITE_NAME_PATTERN: Final = r"[a-z0-9](?:-?[a-z0-9]){0,39}"

EVALUATION_ID_PATTERN: Final = r"[a-z0-9](?:-?[a-z0-9]){0,39}-[0-9a-f]{16}"
_EVALUATION_ID = re.compile(EVALUATION_ID_PATTERN)


def is_suite_name(text: str) -> bool:
    """Whether `text` can name a suite."""
    return re.fullmatch(SUITE_NAME_PATTERN, text) is not None


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
