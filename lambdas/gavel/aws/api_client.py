"""Calls Gavel's HTTP API with signed requests."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import HTTPClientError, NoCredentialsError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from gavel.aws import clients
from gavel.problems import GavelError, NotPermittedError, TryLaterError

_SERVICE = "execute-api"


class ApiError(GavelError):
    """The API refused a request; the text is its answer."""


@dataclass(frozen=True)
class ApiClient:
    """The API of one deployment."""

    url: str

    def start(self, *, dataset: str, version: str, suite: str) -> dict[str, Any]:
        """`POST /evaluations`: start an evaluation, or join the one that the upload has started."""
        return self._call("POST", "/evaluations", body={"dataset": dataset, "version_id": version, "suite": suite})

    def evaluation(self, evaluation: str) -> dict[str, Any]:
        """`GET /evaluations/{id}`."""
        return self._call("GET", f"/evaluations/{quote(evaluation, safe='')}")

    def stop(self, evaluation: str) -> dict[str, Any]:
        """`POST /evaluations/{id}/stop`."""
        return self._call("POST", f"/evaluations/{quote(evaluation, safe='')}/stop")

    def evaluations(self, *, limit: int = 50, token: str | None = None) -> dict[str, Any]:
        """`GET /evaluations`: one page."""
        query = {"limit": str(limit)} | ({"next_token": token} if token else {})
        return self._call("GET", f"/evaluations?{urlencode(query)}")

    def suite(self, suite: str, *, limit: int = 50) -> dict[str, Any]:
        """`GET /suites/{suite}/evaluations`."""
        return self._call("GET", f"/suites/{quote(suite, safe='')}/evaluations?{urlencode({'limit': str(limit)})}")

    def set_baseline(self, suite: str, evaluation: str) -> dict[str, Any]:
        """`PUT /suites/{suite}/baseline`."""
        return self._call("PUT", f"/suites/{quote(suite, safe='')}/baseline", body={"evaluation_id": evaluation})

    def clear_baseline(self, suite: str) -> dict[str, Any]:
        """`DELETE /suites/{suite}/baseline`."""
        return self._call("DELETE", f"/suites/{quote(suite, safe='')}/baseline")

    def _call(self, method: str, path: str, *, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = json.dumps(body).encode() if body is not None else b""
        headers = {"Content-Type": "application/json", "Host": urlsplit(self.url).netloc}
        request = AWSRequest(method=method, url=self.url + path, data=data, headers=headers)
        credentials = clients.session().get_credentials()
        if credentials is None:
            raise NoCredentialsError
        SigV4Auth(credentials, _SERVICE, clients.session().region_name).add_auth(request)
        prepared = request.prepare()
        prepared.url = _reachable(prepared.url)
        try:
            answer = _http(self.url).send(prepared)
        except HTTPClientError as error:
            raise TryLaterError(f"the API did not answer: {type(error).__name__}") from error
        return _read(answer.status_code, answer.content)


@cache
def _http(url: str) -> URLLib3Session:
    """The HTTP client for that host; it trusts AWS_CA_BUNDLE and goes through HTTPS_PROXY, as every AWS client does."""
    verify: Any = os.environ.get("AWS_CA_BUNDLE") or True
    return URLLib3Session(verify=verify, timeout=30, proxies=get_environ_proxies(url))


def _read(status: int, content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
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
    raise ApiError(text)


def _reachable(url: str) -> str:
    """Every name below `.localhost` is this machine (RFC 6761), which not every resolver knows."""
    parts = urlsplit(url)
    if not (parts.hostname or "").endswith(".localhost"):
        return url
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"localhost{port}").geturl()
