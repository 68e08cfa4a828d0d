"""A request and an answer as plain data, so that everything between them is a function."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from gavel.report.environment import policy_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LONGEST_TARGET: Final = 4096
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})

# Nothing is kept, guessed, framed, or told to anyone.
EVERY_ANSWER: Final = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)
CLOSED: Final = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Request:
    """One request: the target as it stands in the request line, headers by their names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path, undecoded: no page's address needs an escape, so one that has some is no page's."""
        return self.target.partition("?")[0].partition("#")[0]

    @property
    def query(self) -> dict[str, str]:
        """The parameters, each the last of its name; none where the query is no query."""
        if len(self.target) > _LONGEST_TARGET:
            return {}
        try:
            return dict(parse_qsl(urlsplit(self.target).query, max_num_fields=20))
        except ValueError:
            return {}


@dataclass(frozen=True)
class Response:
    """One answer; a body in parts is sent as it comes."""

    status: HTTPStatus
    body: bytes | Iterable[bytes] = b""
    headers: Mapping[str, str] = _NO_HEADERS

    def __post_init__(self) -> None:
        headers = {**EVERY_ANSWER, "Content-Security-Policy": CLOSED, **self.headers}
        object.__setattr__(self, "headers", MappingProxyType(headers))


def page(html: str, *, style: str, script: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """One of our pages: it runs its own style and script, by hash, and talks to this server alone."""
    policy = (
        f"{CLOSED}; style-src 'sha256-{policy_hash(style)}'; script-src 'sha256-{policy_hash(script)}'; "
        "connect-src 'self'; form-action 'self'; img-src data:"
    )
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
    return Response(status, html.encode(errors="replace"), headers)


def report(body: bytes | Iterable[bytes]) -> Response:
    """A report as it is. It brings a policy of its own; this one holds even for one that somebody else wrote.

    A sandbox has an origin of its own, so a report's script can read none of our pages, nor reach any network.
    """
    policy = f"{CLOSED}; sandbox allow-scripts; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    return Response(
        HTTPStatus.OK, body, {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
    )


def download(body: bytes | Iterable[bytes], *, name: str, content_type: str) -> Response:
    """A file that the browser saves. `name` must be safe inside quotes."""
    headers = {"Content-Type": content_type, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(HTTPStatus.OK, body, headers)


def redirect(to: str, headers: Mapping[str, str] = _NO_HEADERS) -> Response:
    """Sends the browser to another page of ours."""
    return Response(HTTPStatus.SEE_OTHER, b"", {**headers, "Location": to})
