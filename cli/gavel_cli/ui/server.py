"""Carries requests from a socket of this machine to a function, and its answers back."""

from __future__ import annotations

import socketserver
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final

from gavel_cli.ui.web import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

ADDRESS: Final = "127.0.0.1"
_SILENCE_SECONDS: Final = 30


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Listens on the loopback address, and never on another one; port 0 takes a free one. Raises OSError."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 32

    def __init__(self, port: int) -> None:
        super().__init__((ADDRESS, port), _Handler)
        self.answer: Callable[[Request], Response] = lambda _: Response(HTTPStatus.SERVICE_UNAVAILABLE)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about a browser that went away; anything else is a fault of ours."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One request a connection: on one machine another connection costs nothing."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = _SILENCE_SECONDS

    def version_string(self) -> str:
        return "Gavel"

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal belongs to the address and to errors."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - the signature of the standard library
        """What the standard library refuses, in a form of ours."""
        self._send(Response(HTTPStatus(code), f"{HTTPStatus(code).phrase}\n".encode(), {"Content-Type": "text/plain"}))

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.server.answer(Request(self.command, self.path, headers)))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815 - names of the standard library

    def _send(self, response: Response) -> None:
        self.close_connection = True
        parts = None if isinstance(response.body, bytes) else response.body
        chunked = parts is not None and self.request_version == "HTTP/1.1"
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif isinstance(response.body, bytes):
            self.send_header("Content-Length", str(len(response.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            return
        if isinstance(response.body, bytes):
            self.wfile.write(response.body)
            return
        for part in response.body:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")
