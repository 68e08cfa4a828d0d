"""No answer leaves the server before what it tells survives the server: as on AWS, an acknowledged write is durable."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.activity import Application, Message, Receive, Send

# Answers that come within this time share an image.
GATHER_SECONDS: Final = 0.02


class Commits:
    """ASGI middleware that holds every answer until `keep` was called after it was made."""

    def __init__(self, application: Application, keep: Callable[[], None]) -> None:
        """`keep` is called in the event loop's thread, where the embedded AWS works: never amid a request."""
        self._application = application
        self._keep = keep
        self._next: asyncio.Task[None] | None = None
        self._last = 0.0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass everything on, answers a little later."""

        async def send_kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._kept()
            await send(message)

        await self._application(scope, receive, send_kept)

    async def _kept(self) -> None:
        if self._next is None:
            self._next = asyncio.create_task(self._keep_soon())
        await asyncio.shield(self._next)

    async def _keep_soon(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._last + GATHER_SECONDS - loop.time()))
        self._next = None  # answers that are made from here on are for the next image
        self._keep()
        self._last = loop.time()
