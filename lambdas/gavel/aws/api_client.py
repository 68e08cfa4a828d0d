"""Calls Gavel's HTTP API with signed requests."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote, urlencode, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ConnectionError, HTTPClientError, NoCredentialsError  # noqa: A004 - botocore's own name
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from gavel.aws import clients
from gavel.aws.plain_words import ExpiredCredentialsError, have_expired, in_plain_words
from gavel.problems import GavelError, NotPermittedError, TryLaterError, WrongRequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

_SERVICE = "execute-api"
# For a deployment whose API takes tokens of an issuer (`jwt` in cdk.json) instead of signatures.
TOKEN_VARIABLE = "GAVEL_API_TOKEN"  # noqa: S105 - the name of a variable

# Answers in 4xx that say nothing of what was asked for: who asks, and how long it took.
_NOT_THE_REQUEST: Final = frozenset({401, 408})


class ApiError(GavelError):
    """The API or S3 failed at a request; the text is the answer."""


class NotFoundError(WrongRequestError):
    """The API knows no such thing."""


@dataclass(frozen=True)
class ApiClient:
    """The API of one deployment. Every method raises the errors of `in_plain_words`."""

    url: str

    def start(self, *, dataset: str, version: str, suite: str, idempotency_key: str | None = None) -> dict[str, Any]:
        """`POST /evaluations`: start an evaluation, or join the one that the upload or the key has started."""
        body = {"dataset": dataset, "version_id": version, "suite": suite}
        return self._call("POST", "/evaluations", body=body, idempotency_key=idempotency_key)

    def evaluation(self, evaluation: str) -> dict[str, Any]:
        """`GET /evaluations/{id}`."""
        return self._call("GET", f"/evaluations/{_part(evaluation)}")

    def stop(self, evaluation: str) -> dict[str, Any]:
        """`POST /evaluations/{id}/stop`."""
        return self._call("POST", f"/evaluations/{_part(evaluation)}/stop")

    def evaluations(
        self, *, limit: int = 50, token: str | None = None, **filters: str | Sequence[str] | None
    ) -> dict[str, Any]:
        """`GET /evaluations`: one page; filters are `suite`, `status` (one or several) and `verdict`."""
        return self._call("GET", "/evaluations" + _query(limit=limit, next_token=token, **filters))

    def results(self, evaluation: str, *, limit: int = 100, token: str | None = None, **filters: Any) -> dict[str, Any]:
        """`GET /evaluations/{id}/results`: one page; filters are `metric` and `category`."""
        query = _query(limit=limit, next_token=token, **filters)
        return self._call("GET", f"/evaluations/{_part(evaluation)}/results{query}")

    def records(self, evaluation: str, *, limit: int = 20, token: str | None = None, **filters: Any) -> dict[str, Any]:
        """`GET /evaluations/{id}/records`: one page; filters are those of the route."""
        query = _query(limit=limit, next_token=token, **filters)
        return self._call("GET", f"/evaluations/{_part(evaluation)}/records{query}")

    def link(self, evaluation: str, file: str = "report") -> dict[str, Any]:
        """`GET /evaluations/{id}/files/{file}`: a link that works for a few minutes."""
        return self._call("GET", f"/evaluations/{_part(evaluation)}/files/{_part(file)}")

    def suite(self, suite: str, *, limit: int = 50) -> dict[str, Any]:
        """`GET /suites/{suite}/evaluations`."""
        return self._call("GET", f"/suites/{_part(suite)}/evaluations{_query(limit=limit)}")

    def suites(self) -> dict[str, Any]:
        """`GET /suites`."""
        return self._call("GET", "/suites")

    def suite_file(self, suite: str, *, version: str | None = None) -> dict[str, Any]:
        """`GET /suites/{suite}`."""
        return self._call("GET", f"/suites/{_part(suite)}{_query(version_id=version)}")

    def put_suite(self, suite: str, content: bytes) -> dict[str, Any]:
        """`PUT /suites/{suite}` with the suite's YAML."""
        return self._call("PUT", f"/suites/{_part(suite)}", data=content, content_type="application/yaml")

    def delete_suite(self, suite: str) -> None:
        """`DELETE /suites/{suite}`."""
        self._call("DELETE", f"/suites/{_part(suite)}")

    def suite_versions(self, suite: str) -> dict[str, Any]:
        """`GET /suites/{suite}/versions`."""
        return self._call("GET", f"/suites/{_part(suite)}/versions")

    def set_baseline(self, suite: str, evaluation: str) -> dict[str, Any]:
        """`PUT /suites/{suite}/baseline`."""
        return self._call("PUT", f"/suites/{_part(suite)}/baseline", body={"evaluation_id": evaluation})

    def clear_baseline(self, suite: str) -> dict[str, Any]:
        """`DELETE /suites/{suite}/baseline`."""
        return self._call("DELETE", f"/suites/{_part(suite)}/baseline")

    def schedules(self) -> dict[str, Any]:
        """`GET /schedules`."""
        return self._call("GET", "/schedules")

    def schedule(self, suite: str) -> dict[str, Any]:
        """`GET /suites/{suite}/schedule`; raises NotFoundError where there is none."""
        return self._call("GET", f"/suites/{_part(suite)}/schedule")

    def put_schedule(self, suite: str, schedule: dict[str, Any]) -> dict[str, Any]:
        """`PUT /suites/{suite}/schedule`."""
        return self._call("PUT", f"/suites/{_part(suite)}/schedule", body=schedule)

    def delete_schedule(self, suite: str) -> None:
        """`DELETE /suites/{suite}/schedule`; raises NotFoundError where there is none."""
        self._call("DELETE", f"/suites/{_part(suite)}/schedule")

    def fetch(self, url: str) -> bytes:
        """What a link leads to. Raises ApiError when the link does not work, and TryLaterError."""
        try:
            answer = _http(url).send(AWSRequest(method="GET", url=url).prepare())
        except (ConnectionError, HTTPClientError) as error:
            raise TryLaterError(f"S3 did not answer: {type(error).__name__}") from error
        if answer.status_code != 200:
            raise ApiError(f"the link was refused with {answer.status_code}")
        return answer.content

    @in_plain_words()
    def _call(
        self,
        method: str,
        path: str,
        *,
        body: dict[str, Any] | None = None,
        data: bytes | None = None,
        content_type: str = "application/json",
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        if data is None:
            data = json.dumps(body).encode() if body is not None else b""
        headers = {"Content-Type": content_type, "Host": urlsplit(self.url).netloc}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        request = AWSRequest(method=method, url=self.url + path, data=data, headers=headers)
        if token := os.environ.get(TOKEN_VARIABLE):
            request.headers["Authorization"] = f"Bearer {token}"
        else:
            credentials = clients.session().get_credentials()
            if credentials is None:
                raise NoCredentialsError
            SigV4Auth(credentials, _SERVICE, clients.session().region_name).add_auth(request)
        prepared = request.prepare()
        prepared.url = _reachable(prepared.url)
        answer = _http(self.url).send(prepared)
        if answer.status_code == 403 and TOKEN_VARIABLE not in os.environ and have_expired():
            raise ExpiredCredentialsError
        return _read(answer.status_code, answer.content)


def _part(text: str) -> str:
    """A name as one part of a path."""
    return quote(text, safe="")


def _query(**values: Any) -> str:
    """The query of those values that are given."""
    given = {
        name: "true" if value is True else ",".join(value) if isinstance(value, list | tuple) else str(value)
        for name, value in values.items()
        if value is not None and value not in ("", [], ())
    }
    return f"?{urlencode(given, quote_via=quote)}" if given else ""


@cache
def _http(url: str) -> URLLib3Session:
    """The HTTP client for that host; it trusts AWS_CA_BUNDLE and goes through HTTPS_PROXY, as every AWS client does."""
    verify: Any = os.environ.get("AWS_CA_BUNDLE") or True
    return URLLib3Session(verify=verify, timeout=30, proxies=get_environ_proxies(url))


def _read(status: int, content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content) if content else {}
    except ValueError:
        document = {}
    if status < 300:
        return cast("dict[str, Any]", document)
    text = f"the API answered {status}: {document.get('detail') or document.get('message') or 'no details'}"
    for item in document.get("errors", []):
        text += f"; {item.get('field')}: {item.get('reason')}"
    if status == 403:
        raise NotPermittedError(f"{text}. Your credentials need execute-api:Invoke on the API.")
    if status in {429, 500, 502, 503, 504}:
        raise TryLaterError(text)
    if status == 404:
        raise NotFoundError(text)
    raise WrongRequestError(text) if 400 <= status < 500 and status not in _NOT_THE_REQUEST else ApiError(text)


def _reachable(url: str) -> str:
    """Every name below `.localhost` is this machine (RFC 6761), which not every resolver knows."""
    parts = urlsplit(url)
    if not (parts.hostname or "").endswith(".localhost"):
        return url
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"localhost{port}").geturl()
