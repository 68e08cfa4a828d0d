"""Requests of the HTTP API, answered by the handlers in this process."""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from typing import Any, Final

from gavel.problems import Problem
from proofs.hostile_input import still_aws
from proofs.hostile_input.reader import BrokenPromiseError, Outcome, Reader

_DATA_PATHS: Final = r"/evaluations/[^/]+/records|/comparisons|/estimates|/datasets/validate"
_ID: Final = "default-0123456789abcdef"
_REFUSALS: Final = frozenset({400, 404, 405, 409, 413, 415, 422})
_ANSWERS: Final = frozenset({200, 201, 202, 204})
_WORDS: Final = (
    *(text.encode() for text in (
        '"dataset"', '"version_id"', '"suite"', '"evaluation_id"', '"name"', '"budget_usd"', '"a"', '"b"',
        '"by_category"',
        '"expression"', '"timezone"', '"enabled"', '"overlap"', '"start_within_minutes"', '"cron(0 6 ? * MON-FRI *)"',
        '"rate(1 day)"', '"rate(1 hours)"', '"at(2026-01-01T00:00:00)"', '"Europe/Berlin"', '"../etc/passwd"',
        f'"{still_aws.DATASET}"', '"datasets/x/y.csv"', '"default"', '"skip"', '"start"', "60.0", "1e999", "NaN", "-1",
        "9" * 400, "1e-7", "null", "true", '""', "\\ud800", "\\u0000", "\u2028", "\ufeff", "{", "}", "[", "]", '"', ",",
        ":", "\n", "version: 1\n", "judges: [{model: amazon.nova-pro-v1:0}]\n", "&a ", "*a", "!!x ",
        "?limit=5", "?next_token=00", "&below=1e5", "&missing=true", "application/yaml", "application/json",
    )),
    b"\0", b"\xff", b"\xed\xa0\x80",
)  # fmt: skip


class _Context:
    """What a handler reads of Lambda's context."""

    aws_request_id = "request-1"
    function_name = "api"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:api"


@cache
def _handlers() -> tuple[Any, Any]:
    still_aws.set_up()
    from handlers import api, data_api  # noqa: PLC0415 - read the environment

    return api.handler, data_api.handler


def event_of(data: bytes) -> dict[str, Any]:
    """The event for bytes: a line with method, path and query, a line with the content type, and then the body.

    API Gateway hands bodies over in base64 where they are no text, so that any bytes may come.
    """
    first, _, rest = data.partition(b"\n")
    kind, _, body = rest.partition(b"\n")
    method, _, target = first.decode("latin-1").partition(" ")
    path, _, query = target.partition("?")
    pairs = [part.partition("=") for part in query.split("&") if part]
    return {
        "version": "2.0",
        "rawPath": path or "/",
        "rawQueryString": query,
        "headers": {"content-type": kind.decode("latin-1")},
        "queryStringParameters": {name: value for name, _, value in pairs},
        "requestContext": {"http": {"method": method or "GET", "path": path or "/"}, "stage": "$default"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def read(data: bytes) -> Outcome:
    """Send bytes as a request; the answer is one of the API's own, never that Gavel failed."""
    event = event_of(data)
    handler = _handlers()[re.fullmatch(_DATA_PATHS, event["rawPath"]) is not None]
    answer = handler(event, _Context())
    status, body = answer["statusCode"], answer["body"]
    body.encode()
    if status in _ANSWERS:
        if body:
            json.loads(body)
        return Outcome(1, [Problem("request", None, None, f"{event['rawPath'][:30]} {status}", "-")])
    if status not in _REFUSALS:
        raise BrokenPromiseError(f"the API answered {status}: {body[:300]}")
    problem = json.loads(body)
    if problem["status"] != status or not problem["detail"]:
        raise BrokenPromiseError(f"a {status} is no problem document")
    errors = problem.get("errors", [])
    if any(not (error["field"] and error["reason"]) for error in errors):
        raise BrokenPromiseError(f"an error of a {status} lacks its field or its reason")
    found = [Problem("request", None, error["field"], error["reason"], "-") for error in errors]
    return Outcome(0, found or [Problem("request", None, None, problem["detail"], "-")])


def seeds() -> list[bytes]:
    """A valid request for every operation that takes a body, and some that take a query."""
    dataset = {"dataset": still_aws.DATASET}
    bodies: list[tuple[str, object]] = [
        ("POST /evaluations", dataset),
        ("POST /evaluations", {**dataset, "version_id": "v1", "suite": "default"}),
        ("POST /estimates", dataset),
        ("POST /datasets/validate", dataset),
        ("POST /datasets", {"name": "q.jsonl", "budget_usd": 2.5}),
        ("POST /comparisons", {"a": _ID, "b": _ID, "by_category": True}),
        ("PUT /suites/mine/baseline", {"evaluation_id": _ID}),
        (
            "PUT /suites/default/schedule",
            {**dataset, "expression": "rate(1 day)", "timezone": "Europe/Berlin", "start_within_minutes": 60},
        ),
    ]
    found = [f"{target}\napplication/json\n{json.dumps(body)}".encode() for target, body in bodies]
    found.append(b"PUT /suites/mine\napplication/yaml\nversion: 1\njudges: [{model: amazon.nova-pro-v1:0}]\n")
    found += [
        f"GET {target}\n\n".encode()
        for target in (
            "/evaluations?limit=5&suite=default&verdict=PASS",
            f"/evaluations/{_ID}/records?limit=5&below=0.5&missing=true",
            "/suites/default?version_id=v1",
        )
    ]
    return found


API: Final = Reader(name="api", about="requests of the HTTP API", read=read, seeds=seeds, words=_WORDS, longest=2048)
