"""Signed requests out of the OpenAPI document, for the API of the twin; used by the test of the same matter.

The document is the one that the deployed API serves. Requests are signed as any caller signs them; a check of the
fuzzer sends some without a signature, and with a wrong one, and expects a refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

if TYPE_CHECKING:
    from local.twin import State

# Credentials that no account knows.
STRANGER = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


class Signed(AuthBase):
    """Signs a request for API Gateway with the credentials of the twin's administrator, or others."""

    def __init__(self, twin: State, host: str, credentials: Credentials | None = None) -> None:
        self._twin = twin
        self._host = host
        self._credentials = credentials or Credentials(twin.access_key_id, twin.secret_access_key)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        target = urlsplit(str(request.url))._replace(netloc=self._host).geturl()
        body = request.body or b""
        own = AWSRequest(method=str(request.method), url=target, data=body, headers={"Host": self._host})
        SigV4Auth(self._credentials, "execute-api", self._twin.region).add_auth(own)
        for name, value in own.headers.items():
            request.headers[name] = value
        return request


class _ToLoopback(HTTPAdapter):
    """The API's name resolves nowhere: connects to the loopback address, and checks the certificate by the name."""

    def __init__(self, host: str, **options: Any) -> None:
        self._host = host
        super().__init__(**options)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        name = urlsplit(f"//{self._host}").hostname
        super().init_poolmanager(*arguments, assert_hostname=name, server_hostname=name, **options)


def session_for(twin: State, api_url: str) -> tuple[requests.Session, str, str]:
    """A session that reaches the API, the address to call, and the API's own host."""
    target = urlsplit(api_url)
    session = requests.Session()
    session.trust_env = False
    session.verify = twin.ca_bundle
    session.mount("https://", _ToLoopback(target.netloc))
    return session, f"https://127.0.0.1:{target.port}", target.netloc
