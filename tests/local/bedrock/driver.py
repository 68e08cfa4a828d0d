"""Drives the middleware without a socket: signed-looking requests in, status and JSON out."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from local.bedrock.app import EvaluationJobs
from local.bedrock.settings import Settings
from tests.local.bedrock.builders import answered, create_request, jsonl
from tests.local.bedrock.memory_host import MemoryHost

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=AKIAME/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.headers.get("x-amzn-errortype", "")


@dataclass
class Aws:
    """The AWS behind the middleware: answers `status` and counts what it saw."""

    status: int = 200
    error: str = ""
    body: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append(scope["path"] if scope["type"] == "http" else scope["type"])
        if scope["type"] == "http":
            headers = [(b"x-amzn-errortype", self.error.encode())] if self.error else []
            await send({"type": "http.response.start", "status": self.status, "headers": headers})
            await send({"type": "http.response.body", "body": json.dumps(self.body).encode()})


@dataclass
class Emulator:
    """One middleware on one event loop. `objects` of the host hold a dataset with one answered record."""

    settings: Settings = field(default_factory=lambda: Settings(time_scale=0))
    host: MemoryHost = field(default_factory=MemoryHost)
    aws: Aws = field(default_factory=Aws)

    def __post_init__(self) -> None:
        self.host.objects["data"].setdefault("sets/d.jsonl", jsonl(answered()))
        self.app = EvaluationJobs(self.aws, host=self.host, settings=self.settings)

    def run[T](self, scenario: Callable[[Emulator], Awaitable[T]]) -> T:
        """Run a scenario on a loop of its own, then end the lifespan."""

        async def whole() -> T:
            try:
                return await scenario(self)
            finally:
                await self.app({"type": "lifespan"}, None, None)  # type: ignore[arg-type]  # the fake asks neither

        return asyncio.run(whole())

    async def call(
        self, method: str, path: str, body: Any = None, *, query: dict[str, str] | None = None, signed: bool = True
    ) -> Answer:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": urlencode(query or {}).encode(),
            "headers": [(b"authorization", AUTHORIZATION.encode())] if signed else [],
            "client": ("127.0.0.1", 1),
        }
        await self.app(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], headers, json.loads(b"".join(m["body"] for m in sent[1:])))

    async def create(self, **changes: Any) -> str:
        """ARN of a job that the API accepted."""
        answer = await self.call("POST", "/evaluation-jobs", create_request(**changes))
        assert answer.status == 202, answer
        return str(answer.body["jobArn"])

    async def get(self, arn: str) -> dict[str, Any]:
        answer = await self.call("GET", f"/evaluation-jobs/{quote(arn, safe='')}")
        assert answer.status == 200, answer
        return dict(answer.body)

    async def until(self, arn: str, *statuses: str) -> dict[str, Any]:
        """The job once it has one of the statuses (by default any that ends it)."""
        for _ in range(20_000):
            job = await self.get(arn)
            if job["status"] in (statuses or ("Completed", "Failed", "Stopped")):
                return job
            await asyncio.sleep(0.002)
        raise AssertionError(f"the job stayed {job['status']}")

    async def outcome(self, **changes: Any) -> dict[str, Any]:
        """A job from create to its end."""
        return await self.until(await self.create(**changes))

    async def stop(self, arn: str) -> Answer:
        return await self.call("POST", f"/evaluation-job/{quote(arn, safe='')}/stop")

    async def outcome_of_others(self) -> None:
        """Give every other task its turn, often enough for a job to end that could."""
        for _ in range(50):
            await asyncio.sleep(0.001)
