"""Executions that wait for a job's end: StartJob leaves the token of its wait in the job's item, and who knows ends it.

A wait that was ended already, timed out, or belongs to an execution that is gone is no error: whoever comes second has
nothing left to do. A token lets its holder end the wait, so none is ever logged or shown.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from gavel.aws import clients
from gavel.aws.failures import code_of, translated
from gavel.names.statuses import JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gavel.aws.table import EvaluationTable
    from gavel.problems import WayError

# How the state machine calls the ends of a job.
STATUS_OF_END: Final[Mapping[JobStatus, str]] = {
    JobStatus.COLLECTED: "Collected",
    JobStatus.FAILED: "Failed",
    JobStatus.STOPPED: "Stopped",
}
_NOBODY_WAITS: Final = frozenset({"InvalidToken", "TaskDoesNotExist", "TaskTimedOut"})


def tell_end(tokens: Iterable[str], status: str) -> None:
    """End the waits: the job has ended, and nothing is left to be done for it."""
    output = json.dumps({"status": status})
    for token in tokens:
        with _unless_over():
            clients.step_functions().send_task_success(taskToken=token, output=output)


def wake_job(evaluation: str, job_id: str, way: type[WayError], cause: str, *, table: EvaluationTable) -> int:
    """Send whoever waits for the end of that job that way; how many did wait."""
    woken = 0
    for token in table.task_tokens(evaluation, job_id):
        with _unless_over():
            clients.step_functions().send_task_failure(taskToken=token, error=way.__name__, cause=cause)
            woken += 1
    return woken


@contextmanager
def _unless_over() -> Iterator[None]:
    try:
        with translated():
            yield
    except ClientError as error:
        if code_of(error) not in _NOBODY_WAITS:
            raise
