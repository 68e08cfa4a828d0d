"""Who is let in: the browser that was opened with the token, and no other page, program or user of this machine."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final

from gavel_cli.ui.web import Response, redirect

if TYPE_CHECKING:
    from gavel_cli.ui.web import Request

HOSTS: Final = ("127.0.0.1", "localhost")
METHODS: Final = ("GET", "HEAD")
_TEXT: Final = {"Content-Type": "text/plain; charset=utf-8"}


@dataclass
class Door:
    """The lock of a server on one port.

    `token` stands in the address that is printed. `ticket` stands in the one that a browser is started with, where
    every user of the machine can read it among the processes: it opens once. The cookie holds neither.
    """

    port: int
    token: str = field(default_factory=secrets.token_urlsafe)
    ticket: str | None = field(default_factory=secrets.token_urlsafe)
    _cookie: str = field(default_factory=secrets.token_urlsafe)

    @property
    def address(self) -> str:
        """What a person opens."""
        return f"http://{HOSTS[0]}:{self.port}/?token={self.token}"

    @property
    def address_once(self) -> str:
        """What a browser is started with."""
        return f"http://{HOSTS[0]}:{self.port}/?token={self.ticket}"

    @property
    def _name(self) -> str:
        # A cookie belongs to a host whatever the port, and two servers must not take each other's.
        return f"gavel-ui-{self.port}"

    def refuse(self, request: Request) -> Response | None:
        """The answer to a request that is not let in or that brings the token; None for one that comes in."""
        # A page of the Internet may make its own name mean 127.0.0.1 (DNS rebinding); the Host header still says it.
        if request.headers.get("host", "").lower() not in {f"{host}:{self.port}" for host in HOSTS}:
            return _told(HTTPStatus.MISDIRECTED_REQUEST, f"This server answers to {HOSTS[0]}:{self.port} only.")
        if request.method not in METHODS:
            allow = {"Allow": ", ".join(METHODS)}
            return Response(HTTPStatus.METHOD_NOT_ALLOWED, b"These pages can only be read.\n", {**_TEXT, **allow})
        if request.path == "/" and (given := request.query.get("token")) is not None and self._opens(given):
            cookie = f"{self._name}={self._cookie}; HttpOnly; SameSite=Strict; Path=/"
            return redirect("/", {"Set-Cookie": cookie})
        if not self._knows(request.headers.get("cookie", "")):
            return _told(
                HTTPStatus.FORBIDDEN, "Open the address that `gavel ui` printed: it holds the key to these pages."
            )
        return None

    def _opens(self, given: str) -> bool:
        if _same(given, self.token):
            return True
        if self.ticket is not None and _same(given, self.ticket):
            self.ticket = None
            return True
        return False

    def _knows(self, header: str) -> bool:
        try:
            morsel = SimpleCookie(header).get(self._name)
        except CookieError:
            return False
        return morsel is not None and _same(morsel.value, self._cookie)


def _same(one: str, other: str) -> bool:
    """Whether two texts are the same, in a time that says nothing of where they differ."""
    return secrets.compare_digest(one.encode(errors="replace"), other.encode())


def _told(status: HTTPStatus, text: str) -> Response:
    return Response(status, f"{text}\n".encode(), _TEXT)
