"""The ASGI middleware, before everything else of the twin. Without rules it passes all on, untouched.

PUT /_gavel/disturbances/NAME sets the rules of a name, GET tells what became of them, DELETE clears them; from this
machine only.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any, Final

from local.disturbances.refusals import refusal
from local.disturbances.requests import call_of
from local.disturbances.rules import Call, Kind, rules

if TYPE_CHECKING:
    from local.activity import Application, Message, Receive, Send
    from local.disturbances.rules import Rule

CONTROL_PATH: Final = re.compile(r"/_gavel/disturbances/([A-Za-z0-9-]{1,100})")
_REFUSED: Final = frozenset({Kind.THROTTLE, Kind.ERROR, Kind.QUOTA})
_CREATE: Final = "CreateEvaluationJob"


class TornError(ConnectionError):
    """The answer ends here: the server closes the connection."""


class Disturbances:
    """Mount it around the twin's application."""

    def __init__(self, application: Application) -> None:
        """No rules yet."""
        self._application = application
        self._rules: dict[str, list[Rule]] = {}
        # Calls about a job name it by its ARN, and rules by its name.
        self._job_names: dict[str, str] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        path = _path(scope) if scope["type"] == "http" else ""
        if control := CONTROL_PATH.fullmatch(path):
            status, answer = self._control(scope, control[1], await _body(receive))
            await _answer(send, status, json.dumps(answer).encode())
        elif path and self._rules:
            await self._disturb(scope, receive, send, path)
        else:
            await self._application(scope, receive, send)

    async def _disturb(self, scope: Message, receive: Receive, send: Send, path: str) -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _body(receive)
        call = call_of(scope["method"], path, scope["query_string"].decode("latin-1"), headers, body)
        rule = self._rule(call) if call else None
        send_on = self._learning(send, body) if call and call.operation == _CREATE else send
        if call is None or rule is None:
            await self._application(scope, _replayed(body, receive), send_on)
        elif rule.kind in _REFUSED:
            status, fields, content = refusal(rule.kind, call)
            await send({"type": "http.response.start", "status": status, "headers": fields})
            await send({"type": "http.response.body", "body": content})
        elif rule.kind is Kind.LOST_REQUEST:
            await _tear(scope, send)
        elif rule.kind is Kind.LOST_ANSWER:
            await self._application(scope, _replayed(body, receive), self._learning(_ignore, body))
            await _tear(scope, send)
        else:
            await self._late(scope, _replayed(body, receive), send_on, rule)

    async def _late(self, scope: Message, receive: Receive, send: Send, rule: Rule) -> None:
        if rule.kind is Kind.SLOW:
            await asyncio.sleep(rule.seconds)
            await self._application(scope, receive, send)
            return

        async def send_late(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(rule.seconds)
            await send(message)

        await self._application(scope, receive, send_late)

    def _rule(self, call: Call) -> Rule | None:
        known = [name for arn, name in self._job_names.items() if arn in call.text] if call.service == "bedrock" else []
        if known:
            call = Call(call.service, call.operation, "\n".join((call.text, *known)), call.agent)
        return next((rule for own in self._rules.values() for rule in own if rule.takes(call)), None)

    def _learning(self, send: Send, request: bytes) -> Send:
        """Remember the name of a job that was created, by its ARN."""

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.body" and b'"jobArn"' in message.get("body", b""):
                name = json.loads(request or b"{}").get("jobName")
                if name:
                    self._job_names[json.loads(message["body"])["jobArn"]] = name
            await send(message)

        return send_on

    def _control(self, scope: Message, name: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if (scope.get("client") or ("",))[0] not in {"127.0.0.1", "::1"}:
            return 403, {"message": "Disturbances are set from this machine only."}
        if scope["method"] == "DELETE":
            self._rules.pop(name, None)
        elif scope["method"] == "PUT":
            try:
                self._rules[name] = rules(json.loads(body))
            except (ValueError, TypeError) as error:
                return 400, {"message": str(error)}
        elif scope["method"] != "GET":
            return 405, {"message": "PUT rules, GET what became of them, or DELETE them."}
        return 200, {"calls": [rule.to_json() for rule in self._rules.get(name, [])]}


async def _tear(scope: Message, send: Send) -> None:
    """Break off amid an answer in chunks: nobody can take this for one, and the SDK sees a broken connection.

    The answer to a HEAD has no body; there the server itself says 500, and closes the connection.
    """
    if scope["method"] == "HEAD":
        raise TornError("torn off by the twin's disturbances")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b" ", "more_body": True})
    raise TornError("torn off by the twin's disturbances")


async def _ignore(message: Message) -> None:
    """The answer that nobody gets."""


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The request again, whose body was read; what comes after it (the client goes away) is the connection's."""
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _path(scope: Message) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")


async def _body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(chunks)
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def _answer(send: Send, status: int, content: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
