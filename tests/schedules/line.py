"""The line to AWS: every call of the product goes through here, and the adversary decides what becomes of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from greenlet import getcurrent

from tests.schedules.adversary import Fate
from tests.schedules.kernel import Crash
from tests.schedules.roles import forbidden

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.schedules.adversary import Adversary
    from tests.schedules.kernel import Kernel

# How long the SDK waits for an answer that does not come, before it gives up.
READ_TIMEOUT: Final = 30.0
_BUSY: Final = {
    "s3": "SlowDown",
    "dynamodb": "ProvisionedThroughputExceededException",
    "bedrock": "ThrottlingException",
    "events": "ThrottlingException",
    "glue": "ThrottlingException",
    "sns": "Throttling",
    "sqs": "ThrottlingException",
    "states": "ThrottlingException",
}


def refusal(code: str, operation: str, message: str = "") -> ClientError:
    """An error as AWS answers it."""
    return ClientError({"Error": {"Code": code, "Message": message or f"{operation} was refused"}}, operation)


@dataclass
class Line:
    """The way between the product and AWS. `calls` counts what was asked for, by service and operation.

    With `calm` nothing goes wrong: whoever only looks at the outcome uses the same clients. `denied` are the calls that
    the caller's role does not allow; they go on here, for a denial would hide what comes after it. `fates` counts what
    became of calls, `trouble` what went wrong besides, by its kind.
    """

    kernel: Kernel
    adversary: Adversary
    calm: bool = False
    denied: set[str] = field(default_factory=set)
    calls: dict[tuple[str, str], int] = field(default_factory=dict)
    fates: Counter[Fate] = field(default_factory=Counter)
    trouble: Counter[str] = field(default_factory=Counter)
    trace: list[str] | None = None

    @property
    def faults(self) -> int:
        """How many calls did not go well."""
        return self.fates.total() - self.fates[Fate.WELL]

    def note(self, text: str) -> None:
        """Write down what happens, where somebody wants to read it."""
        if self.trace is not None:
            self.trace.append(f"{self.kernel.text} {text}")

    def call(self, service: str, operation: str, effect: Callable[[], Any], *, resource: str = "") -> Any:
        """Make a call: `effect` is what it does on AWS and what AWS answers, in one instant.

        `resource` is what IAM decides by, as `roles.forbidden` takes it.
        """
        self.calls[service, operation] = self.calls.get((service, operation), 0) + 1
        if self.calm or getcurrent() is self.kernel.hub:
            return effect()
        if denial := forbidden(self.kernel.who(), service, operation, resource):
            self.denied.add(denial)
        fate = self.adversary.fate(operation)
        self.fates[fate] += 1
        self.note(f"  {self.kernel.who()} {service} {operation} {'' if fate is Fate.WELL else fate.name}".rstrip())
        self._travel(fate)
        if fate is Fate.CRASH_BEFORE:
            raise Crash
        if fate is Fate.THROTTLED:
            raise refusal(_BUSY[service], operation, "Rate exceeded")
        if fate is Fate.LOST_REQUEST:
            raise ConnectTimeoutError(endpoint_url=service)
        try:
            answer = effect()
        except ClientError:
            # What was refused changed nothing, so there is no use in losing the answer: it is asked for again.
            self._travel(fate)
            raise
        if fate is Fate.REPEATED:
            answer = self._again(effect)
        self._travel(fate)
        if fate is Fate.CRASH_AFTER:
            raise Crash
        if fate is Fate.LOST_ANSWER:
            self.kernel.sleep(READ_TIMEOUT)
            raise ReadTimeoutError(endpoint_url=service)
        return answer

    def _again(self, effect: Callable[[], Any]) -> Any:
        """What the SDK gets that asks a second time; it says so when it is refused."""
        self.kernel.sleep(READ_TIMEOUT)
        try:
            return effect()
        except ClientError as error:
            error.response["ResponseMetadata"] = {"RetryAttempts": 1}  # type: ignore[typeddict-item]
            raise

    def _travel(self, fate: Fate) -> None:
        self.kernel.sleep(self.adversary.delay() + (self.adversary.random.random() * 40 if fate is Fate.SLOW else 0))
