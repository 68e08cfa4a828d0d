"""Which deployment a command works with: the options that say so, and its API."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from gavel.names import identities
from gavel.problems import GavelError, InvalidInputError, WrongRequestError
from gavel_cli.output import CommandFailedError, CommandInvalidError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gavel.aws.api_client import ApiClient

STACK_VARIABLE: Final = "GAVEL_STACK"
LOCAL_STACK: Final = "gavel-twin"
DEFAULT_TEXT: Final = f"${STACK_VARIABLE}, or the only Gavel of the Region"
EXAMPLE: Final = "default-0123456789abcdef"

local_option = click.option("--local", is_flag=True, help="Work with the local twin: no AWS account, no cost.")
stack_option = click.option("--stack", help=f"Name of the deployed stack.  [default: {DEFAULT_TEXT}]")


def chosen_stack(stack: str | None, *, local: bool) -> str | None:
    """The stack's name, and with `local` a twin that serves; None lets the deployment be looked for.

    Raises CommandFailedError when there is no twin and none can be started.
    """
    if local:
        from gavel_cli.twin import use_twin  # noqa: PLC0415 - only --local needs it

        use_twin()
        return stack or LOCAL_STACK
    return stack or os.environ.get(STACK_VARIABLE)


def with_api[Answer](call: Callable[[ApiClient], Answer], *, local: bool, stack: str | None) -> Answer:
    """What a call of the deployment's API gives; what goes wrong is an error of the command."""
    name = chosen_stack(stack, local=local)
    # boto3 takes a third of a second to import, and a usage error needs none of it.
    from gavel.aws.api_client import ApiClient  # noqa: PLC0415
    from gavel.aws.deployment import find_deployment  # noqa: PLC0415

    with told():
        return call(ApiClient(find_deployment(name).api_url))


@contextmanager
def told() -> Iterator[None]:
    """Gavel's errors as errors of the command: exit code 2 for what the user has to change, 1 for all others."""
    try:
        yield
    except (InvalidInputError, WrongRequestError) as error:
        raise CommandInvalidError(str(error)) from error
    except GavelError as error:
        raise CommandFailedError(str(error)) from error


def known_id(_ctx: Any, _param: Any, value: str) -> str:
    """A click callback: raises CommandInvalidError for what is no id of an evaluation."""
    if not identities.is_evaluation_id(value):
        raise CommandInvalidError(f"{value} is no id of an evaluation; `gavel list` shows them, such as {EXAMPLE}")
    return value


def known_suite(_ctx: Any, _param: Any, value: str | None) -> str | None:
    """A click callback: raises CommandInvalidError for what cannot be a suite's name."""
    if value is not None and not identities.is_suite_name(value):
        raise CommandInvalidError(f"{value} is no suite's name (lower-case letters, digits and single hyphens)")
    return value


evaluation_argument = click.argument("evaluation", metavar="ID", callback=known_id)
