"""Whether Bedrock has room for evaluation jobs, and whether something was left undone."""

from __future__ import annotations

from typing import Final

from gavel.diagnosis.finding import Finding, ok, warning

JOBS: Final = "running jobs"
DEAD_LETTERS: Final = "dead letters"

# AWS general reference, Amazon Bedrock quotas: concurrent automatic model evaluation jobs, which no request raises.
KNOWN_QUOTA: Final = 20
QUOTA_CODE: Final = "L-557C8C47"


def jobs(running: int, *, quota: int | None, most: int | None) -> list[Finding]:
    """Automatic jobs in progress against the account's quota (None where it cannot be read) and the stack's own limit.

    Whose jobs these are, and who judges in them, a list of jobs does not tell.
    """
    limit = KNOWN_QUOTA if quota is None else quota
    source = " as documented" if quota is None else ""
    own = "" if most is None else f"; the stack runs {most} at most"
    text = f"{running} in progress in this account and Region, of {limit}{source}{own}"
    found = []
    if running >= limit:
        found.append(warning(JOBS, f"{text}: new jobs wait", "wait, or stop some: `aws bedrock stop-evaluation-job`"))
    if most is not None and most > limit:
        remedy = f"set the environment's `max_concurrent_jobs` (cdk.json) to {limit} or less, then `make deploy`"
        found.append(warning(JOBS, f"the stack would run {most} jobs at once, and Bedrock runs {limit}", remedy))
    return found or [ok(JOBS, text)]


def dead_letters(count: int) -> Finding:
    """Messages in the queue of what EventBridge could not deliver and of Lambdas' failed asynchronous calls."""
    if not count:
        return ok(DEAD_LETTERS, "none")
    remedy = (
        "`gavel dead-letters list` says why, and `gavel dead-letters replay --all` hands them on once that is mended"
    )
    return warning(DEAD_LETTERS, f"about {count} wait in the queue", remedy)
