"""Ends a server that nobody uses any more."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

logger = logging.getLogger(__name__)


class Activity:
    """ASGI middleware that remembers when the last request came or was answered."""

    def __init__(self, application: Application) -> None:
        """Wrap `application`."""
        self._application = application
        self._last = time.monotonic()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass everything on."""
        self._last = time.monotonic()
        try:
            await self._application(scope, receive, send)
        finally:
            self._last = time.monotonic()

    async def watch(self, limit: float, stop: asyncio.Event) -> None:
        """Set `stop` once no request has come for `limit` seconds."""
        while (quiet := time.monotonic() - self._last) < limit:
            await asyncio.sleep(min(30.0, limit - quiet))
        logger.warning("no request for %.0f s: the twin ends itself", limit)
        stop.set()
