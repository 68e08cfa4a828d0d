"""The product with one safeguard taken out: each must be caught, or the schedules would prove nothing."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

from botocore.exceptions import ClientError

from gavel.admission import rules
from gavel.aws import clients, end_evaluation, job_end, jobs, slots, start_job
from gavel.aws.failures import code_of, translated
from gavel.names import table_keys
from gavel.planning.plan import Job
from gavel.planning.request import evaluation_job_request
from tests.schedules.dynamodb import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.schedules.dynamodb import Key

Mutant = contextlib.AbstractContextManager[None]


@contextlib.contextmanager
def a_token_of_its_own_for_each_attempt() -> Iterator[None]:
    """The SDK's default, were the token left out of the request."""
    original, count = evaluation_job_request, iter(range(10**9))

    def request(*given: Any, **named: Any) -> dict[str, Any]:
        return {**original(*given, **named), "clientRequestToken": f"token-{next(count)}"}

    with mock.patch.object(start_job, "evaluation_job_request", request):
        yield


@contextlib.contextmanager
def no_condition_on_ranks() -> Iterator[None]:
    """Heads and jobs are written whatever they are."""
    with _without_conditions(lambda key: key[0].startswith("EVALUATION#")):
        yield


@contextlib.contextmanager
def no_condition_on_the_version_of_the_slots() -> Iterator[None]:
    """Of two who change the slots at the same time, the second one undoes what the first one did."""
    with _without_conditions(lambda key: key[0] == table_keys.SLOTS_PARTITION):
        yield


@contextlib.contextmanager
def no_adoption_of_a_job_whose_name_is_taken() -> Iterator[None]:
    """ConflictException is taken for a refusal."""

    def start(request: Mapping[str, Any], *rest: Any, **named: Any) -> str:
        try:
            with translated(denials=False):
                return str(clients.bedrock().create_evaluation_job(**request)["jobArn"])
        except ClientError as error:
            raise jobs.JobRefusedError(f"CreateEvaluationJob: {code_of(error)}") from error

    with mock.patch.object(jobs, "start", start):
        yield


@contextlib.contextmanager
def no_look_at_the_slots() -> Iterator[None]:
    """Whoever asks for a slot gets one."""
    with mock.patch("gavel.aws.slots.decide", return_value=rules.GRANTED):
        yield


@contextlib.contextmanager
def no_question_before_a_lease_is_taken() -> Iterator[None]:
    """A lease that has run out is taken for the lease of a job that has ended."""
    with mock.patch("gavel.aws.slots._runs", return_value=False):
        yield


@contextlib.contextmanager
def a_slot_is_given_back_whoever_took_it() -> Iterator[None]:
    """Another delivery may have started the job, whose slot it is."""

    def give_back(*given: Any, lease: Any, **named: Any) -> bool:
        slots.release(*given, **named)
        return True

    with mock.patch.object(slots, "give_back", give_back):
        yield


@contextlib.contextmanager
def lists_are_believed_at_once() -> Iterator[None]:
    """A job that a list does not show yet is taken for one that Bedrock never had."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(jobs, "LISTED_AFTER_SECONDS", 0))
        # Nor is the time waited in which another delivery may be at work: it would hide most of what this does.
        stack.enter_context(mock.patch.object(slots, "STRAGGLER_SECONDS", 0))
        yield


@contextlib.contextmanager
def the_panel_has_the_generators_answer_again() -> Iterator[None]:
    """A judge's job gets the live dataset, and with it a generator."""

    def answers_are_made(job: Any) -> dict[str, Any]:
        return {**original(job), "lead": None}

    original = Job.to_json
    with mock.patch.object(Job, "to_json", answers_are_made):
        yield


@contextlib.contextmanager
def a_job_that_ended_gives_nothing_back() -> Iterator[None]:
    """Its slot and its money stay where they are."""
    with contextlib.ExitStack() as stack:
        for module in (job_end, start_job, end_evaluation):
            stack.enter_context(mock.patch.object(module, "give_back"))
        yield


@contextlib.contextmanager
def _without_conditions(concerned: Callable[[Key], bool]) -> Iterator[None]:
    original = Table._write

    def write(table: Table, operation: str, key: Key, request: Mapping[str, Any], change: Any) -> dict[str, Any]:
        kept = {name: value for name, value in request.items() if name != "ConditionExpression" or not concerned(key)}
        return original(table, operation, key, kept, change)

    with mock.patch.object(Table, "_write", write):
        yield


MUTANTS: Final[tuple[Callable[[], Mutant], ...]] = (
    a_token_of_its_own_for_each_attempt,
    no_condition_on_ranks,
    no_condition_on_the_version_of_the_slots,
    no_adoption_of_a_job_whose_name_is_taken,
    no_look_at_the_slots,
    no_question_before_a_lease_is_taken,
    a_slot_is_given_back_whoever_took_it,
    lists_are_believed_at_once,
    the_panel_has_the_generators_answer_again,
    a_job_that_ended_gives_nothing_back,
)
