"""The dead letter queue: looked at without taking anything away, replayed to the Lambdas that the events are for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from gavel.aws import clients
from gavel.aws.failures import code_of, told, translated
from gavel.dead_letters import DeadLetter, Target, read_dead_letter
from gavel.problems import GavelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# So long nobody else sees a message that is being looked at: longer than a replay's Lambda may take.
HIDDEN_SECONDS: Final = 120
MOST: Final = 1000
_EMPTY_ANSWERS: Final = 2  # SQS asks a part of its servers each time, so one empty answer says little
_TEN: Final = 10


@dataclass(frozen=True)
class Waiting:
    """A message that waits: its id, when it was sent (ISO 8601), what it says, and the receipt to delete it with."""

    message_id: str
    sent_at: str
    letter: DeadLetter
    receipt: str


@dataclass(frozen=True)
class Replayed:
    """What became of a message: `done` and deleted, or still there for the reason in `text`."""

    waiting: Waiting
    done: bool
    text: str


@dataclass(frozen=True)
class DeadLetterQueue:
    """The queue of one deployment. Every method raises the errors of `failures.translated`."""

    url: str
    stack: str
    bucket: str

    def waiting(self) -> list[Waiting]:
        """Messages of the queue, the oldest first, at most MOST; for two minutes nobody else sees them.

        Whoever does not delete them gives them back with `give_back`.
        """
        seen: dict[str, Waiting] = {}
        empty = 0
        while empty < _EMPTY_ANSWERS and len(seen) < MOST:
            page = list(self._receive())
            empty = 0 if page else empty + 1
            seen |= {one.message_id: one for one in page}
        return sorted(seen.values(), key=lambda one: (one.sent_at, one.message_id))

    def give_back(self, messages: Iterable[Waiting]) -> None:
        """Let everybody see messages again that were only looked at."""
        for message in messages:
            try:
                with translated():
                    clients.sqs().change_message_visibility(
                        QueueUrl=self.url, ReceiptHandle=message.receipt, VisibilityTimeout=0
                    )
            except ClientError as error:
                if code_of(error) not in _GONE:
                    raise

    def delete(self, message: Waiting) -> None:
        """Take a message away for good."""
        with translated():
            clients.sqs().delete_message(QueueUrl=self.url, ReceiptHandle=message.receipt)

    def replay(self, messages: Sequence[Waiting]) -> Iterator[Replayed]:
        """Call the Lambda of each with its event, and delete what it took; what it did not take waits again.

        Every start has its identity from the event, so an event that was handled after all starts nothing again.
        """
        for message in messages:
            try:
                answer = self._call(message.letter)
            except (GavelError, ClientError) as error:
                self.give_back([message])
                yield Replayed(message, done=False, text=f"{type(error).__name__}: {told(error)}")
                continue
            self.delete(message)
            yield Replayed(message, done=True, text=answer)

    def _receive(self) -> Iterator[Waiting]:
        with translated():
            answer = clients.sqs().receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=_TEN,
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=1,
                AttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
            )
        for message in answer.get("Messages", []):
            attributes = {
                name: str(value.get("StringValue", "")) for name, value in message.get("MessageAttributes", {}).items()
            }
            sent = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
            yield Waiting(
                message["MessageId"],
                sent.isoformat(timespec="seconds").replace("+00:00", "Z"),
                read_dead_letter(message["Body"], attributes, bucket=self.bucket),
                message["ReceiptHandle"],
            )

    def _call(self, letter: DeadLetter) -> str:
        """Call the Lambda and give what it did, in words. Raises ReplayFailedError when it fails."""
        if letter.target is None:
            raise ReplayFailedError("it is nothing that Gavel could do; `gavel dead-letters discard` takes it away")
        # The reconciler works for minutes, and what fails of it comes back into the queue by itself.
        at_once = letter.target is not Target.RECONCILE
        with translated():
            answer = clients.lambda_for_replays().invoke(
                FunctionName=f"{self.stack}-{letter.target}",
                InvocationType="RequestResponse" if at_once else "Event",
                Payload=json.dumps(letter.event).encode(),
            )
        payload = answer["Payload"].read() if at_once else b""
        result: Any = json.loads(payload) if payload else {}
        if answer.get("FunctionError"):
            raise ReplayFailedError(f"{result.get('errorType', 'error')}: {result.get('errorMessage', 'no message')}")
        return _done(letter, result)


class ReplayFailedError(GavelError):
    """A Lambda did not take an event again; the text says why."""


def _done(letter: DeadLetter, result: Any) -> str:
    if letter.target is Target.START_EVALUATION:
        return f"evaluation {result['evaluation_id']} " + ("started" if result["created"] else "was started before")
    if letter.target is Target.START_SCHEDULED:
        return f"run {result['run']}" + (f", evaluation {result['evaluation_id']}" if "evaluation_id" in result else "")
    return "the reconciler was called"


# A message that somebody else has deleted meanwhile, or whose time ran out so that others see it already.
_GONE: Final = frozenset({"InvalidParameterValue", "MessageNotInflight", "ReceiptHandleIsInvalid"})
