"""The execution that a thread works for: its record in ministack and its machine's role."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class StoppedError(Exception):
    """The execution was stopped or timed out while this thread still worked for it; nothing may catch it by name."""


@dataclass(frozen=True)
class Current:
    """`record` is ministack's own record of the execution, of a Map's parent for a child."""

    record: dict[str, Any]
    role_arn: str


# Threads that ministack starts copy the context of the thread that starts them, so a Map's children inherit this.
_current: ContextVar[Current | None] = ContextVar("gavel_current_execution", default=None)


@contextmanager
def working_for(record: dict[str, Any], role_arn: str) -> Iterator[None]:
    """Say for whom this thread works until the block ends."""
    token = _current.set(Current(record, role_arn))
    try:
        yield
    finally:
        _current.reset(token)


def role() -> str | None:
    """ARN of the machine's role, or None outside an execution."""
    current = _current.get()
    return current.role_arn if current else None


def machine_arn() -> str:
    """ARN of the machine, of a Map's parent for a child; empty outside an execution."""
    current = _current.get()
    return str(current.record["stateMachineArn"]) if current else ""


def stop_if_ended() -> None:
    """Raise StoppedError once the execution that this thread works for runs no more."""
    current = _current.get()
    if current and current.record["status"] != "RUNNING":
        raise StoppedError(current.record["status"])
