"""The ASGI middleware: raw paths of evaluation jobs are answered here, everything else goes to the embedded AWS.

The embedded AWS sees every request first, so that it checks the signature (and records the call); then the emulator
decides IAM on the resources that AWS names, and does the work.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote

from local.bedrock.errors import ApiError
from local.bedrock.execution import Runner
from local.bedrock.faults import Faults
from local.bedrock.job_log import JobLog
from local.bedrock.jobs import JobStore
from local.bedrock.model_views import Question, question
from local.bedrock.openai_endpoint import OpenAIEndpoint
from local.bedrock.operations import Operations
from local.bedrock.stand_ins import StandInGenerator, StandInJudge
from local.bedrock.validation import query_members

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from local.bedrock.host import Caller, Host
    from local.bedrock.job_log import LogState
    from local.bedrock.operations import OperationsState
    from local.bedrock.settings import Settings

    type Message = MutableMapping[str, Any]
    type Receive = Callable[[], Awaitable[Message]]
    type Send = Callable[[Message], Awaitable[None]]
    type Application = Callable[[Message, Receive, Send], Awaitable[None]]

FAULTS_PATH: Final = "/_gavel/faults"
_SIGNED_FOR_BEDROCK: Final = re.compile(r"Credential=[^/]+/\d{8}/[a-z0-9-]+/bedrock/aws4_request")
_EVALUATION_PATH: Final = re.compile(r"/evaluation-jobs?(/|$)")

# Routes match the raw path: a job's ARN is one percent-encoded segment, and one that is not encoded matches nothing.
_ROUTES: Final = (
    ("POST", re.compile(r"/evaluation-jobs"), "CreateEvaluationJob", 202),
    ("GET", re.compile(r"/evaluation-jobs"), "ListEvaluationJobs", 200),
    ("POST", re.compile(r"/evaluation-jobs/batch-delete"), "BatchDeleteEvaluationJob", 202),
    ("GET", re.compile(r"/evaluation-jobs/([^/]+)"), "GetEvaluationJob", 200),
    ("POST", re.compile(r"/evaluation-job/([^/]+)/stop"), "StopEvaluationJob", 200),
)


class EvaluationJobs:
    """Mount it around the embedded AWS's application: `EvaluationJobs(app, host=…, settings=…)`."""

    def __init__(self, app: Application, *, host: Host, settings: Settings) -> None:
        """Jobs begin with the first request; the ASGI lifespan's end cancels them."""
        self._app = app
        self._host = host
        generator, judge = _models(settings)
        self._log = JobLog(settings.state_log)
        self._runner = Runner(host=host, settings=settings, generator=generator, judge=judge, log=self._log)
        self._operations = Operations(host=host, store=JobStore(), runner=self._runner, faults=settings.faults)

    def state(self) -> tuple[OperationsState, LogState]:
        """What the emulator in a new process needs to go on; it can be pickled."""
        return self._operations.state(), self._log.state()

    def resume(self, state: tuple[OperationsState, LogState]) -> None:
        """Go on from there; in the event loop, before the first request."""
        operations, log = state
        self._log.resume(log)
        self._operations.resume(operations)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        if scope["type"] == "lifespan":
            try:
                await self._app(scope, receive, send)
            finally:
                await self._runner.close()
            return
        path = _raw_path(scope) if scope["type"] == "http" else ""
        if path == FAULTS_PATH:
            await _answer(send, *self._control(scope, await _body(receive)))
        elif not path or not _SIGNED_FOR_BEDROCK.search(_headers(scope).get("authorization", "")):
            await self._app(scope, receive, send)
        elif _EVALUATION_PATH.match(path):
            await self._serve(scope, receive, send, path)
        elif asked := question(scope["method"], path, scope["query_string"].decode()):
            await self._tell(scope, receive, send, asked)
        else:
            await self._app(scope, receive, send)

    async def _tell(self, scope: Message, receive: Receive, send: Send, asked: Question) -> None:
        """Answer for the models that evaluation jobs know, and let the embedded AWS answer for the others."""
        first = await _ask(self._app, scope, await _body(receive))
        caller = self._host.caller(_headers(scope))
        answer = None if first.refused or (asked.lists and first.failed) else asked.answer(caller, first.body)
        if answer is None:
            await first.pass_on(send)
        elif denial := self._host.denial(caller, f"bedrock:{asked.operation}", asked.authorized_on(caller), {}):
            error = ApiError("AccessDeniedException", denial.message)
            await _answer(send, error.status, {"message": error.message}, error.code)
        else:
            await _answer(send, 200, answer)

    async def _serve(self, scope: Message, receive: Receive, send: Send, path: str) -> None:
        body = await _body(receive)
        first = await _ask(self._app, scope, body)
        if first.refused:
            await first.pass_on(send)
            return
        caller = self._host.caller(_headers(scope))
        if own := first.created:
            self._host.forget(caller, own)
        try:
            status, answer = self._dispatch(scope, caller, path, body)
        except ApiError as error:
            await _answer(send, error.status, {"message": error.message}, error.code)
        else:
            await _answer(send, status, answer)

    def _dispatch(self, scope: Message, caller: Caller, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        for method, pattern, operation, status in _ROUTES:
            found = pattern.fullmatch(path)
            if found and scope["method"] == method:
                self._fault(operation, "before")
                argument = unquote(found.group(1)) if found.groups() else ""
                answer = self._perform(operation, caller, argument=argument, scope=scope, body=body)
                self._fault(operation, "after")
                return status, answer
        raise ApiError("UnknownOperationException", "No operation of Amazon Bedrock matches this method and path.")

    def _perform(self, operation: str, caller: Caller, *, argument: str, scope: Message, body: bytes) -> dict[str, Any]:
        if operation == "GetEvaluationJob":
            return self._operations.get(caller, argument)
        if operation == "StopEvaluationJob":
            return self._operations.stop(caller, argument)
        if operation == "ListEvaluationJobs":
            query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
            return self._operations.list(caller, query_members(operation, query))
        if operation == "BatchDeleteEvaluationJob":
            return self._operations.batch_delete(caller, _parse(body))
        return self._operations.create(caller, _parse(body))

    def _fault(self, operation: str, when: str) -> None:
        if error := self._operations.faults.take(operation, when):
            text = "Rate exceeded" if error == "ThrottlingException" else "Injected by the emulator's faults."
            raise ApiError(error, text)

    def _control(self, scope: Message, body: bytes) -> tuple[int, dict[str, Any]]:
        """PUT replaces all faults, DELETE clears them; from this machine only."""
        if (scope.get("client") or ("",))[0] not in {"127.0.0.1", "::1"}:
            return 403, {"message": "Faults are set from this machine only."}
        if scope["method"] not in {"PUT", "DELETE"}:
            return 405, {"message": "PUT a description of faults, or DELETE them all."}
        try:
            self._operations.faults = Faults.from_json(json.loads(body) if scope["method"] == "PUT" else {})
        except (ValueError, TypeError, AttributeError) as error:
            return 400, {"message": str(error)}
        return 200, {}


def _models(settings: Settings) -> tuple[Any, Any]:
    if not settings.openai_url:
        return StandInGenerator(), StandInJudge()
    endpoint = OpenAIEndpoint(settings.openai_url, api_key=settings.openai_api_key, model=settings.openai_model)
    return endpoint, endpoint


class _First:
    """What the embedded AWS answered."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.body = b""

    @property
    def refused(self) -> bool:
        """Whether the signature or the credentials were no good, or the embedded AWS broke.

        A denial by IAM is not a refusal: there it decides on the resource "*", and the emulator decides again on the
        real ones.
        """
        status = int(self.start["status"])
        kind = dict(self.start["headers"]).get(b"x-amzn-errortype", b"").decode()
        if kind == "AccessDeniedException" and b"is not authorized to perform" in self.body:
            return False
        return status >= 500 or status == 403 or (status == 400 and kind not in {"", "ValidationException"})

    @property
    def failed(self) -> bool:
        """Whether it is an error of any kind."""
        return bool(self.start["status"] >= 300)

    async def pass_on(self, send: Send) -> None:
        """Let the client have this answer."""
        await send(self.start)
        await send({"type": "http.response.body", "body": self.body})

    @property
    def created(self) -> str:
        """ARN of the record that the embedded AWS made of a create request, or ""."""
        if self.start["status"] != 202:
            return ""
        return str(json.loads(self.body).get("JobArn", ""))


async def _ask(app: Application, scope: Message, body: bytes) -> _First:
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    first = _First()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            first.start = message
        else:
            first.body += message.get("body", b"")

    await app(scope, receive, send)
    return first


def _raw_path(scope: Message) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")


def _headers(scope: Message) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ApiError("SerializationException", "The request body is not a JSON object.")
    return value


async def _answer(send: Send, status: int, body: dict[str, Any], error: str | None = None) -> None:
    headers = [(b"content-type", b"application/json"), (b"x-amzn-requestid", str(uuid.uuid4()).encode())]
    if error:
        headers.append((b"x-amzn-errortype", error.encode()))
    content = json.dumps(body).encode()
    headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
