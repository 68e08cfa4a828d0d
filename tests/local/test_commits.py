"""An answer is held until what it tells is kept; answers that come together are kept together."""

from __future__ import annotations

import asyncio
from typing import Any

from local.commits import Commits


class Server:
    """Counts in a request, and tells how many requests the image knew when an answer left."""

    def __init__(self) -> None:
        self.handled = 0
        self.kept: list[int] = []
        self.known: list[int] = []
        self.application = Commits(self._handle, lambda: self.kept.append(self.handled))

    async def request(self, kind: str = "http") -> None:
        async def send(message: Any) -> None:
            if message["type"].endswith("start"):
                self.known.append(self.kept[-1] if self.kept else 0)

        await self.application({"type": kind}, self._receive, send)

    async def _handle(self, scope: Any, receive: Any, send: Any) -> None:
        self.handled += 1
        await send({"type": f"{scope['type']}.response.start"})
        await send({"type": f"{scope['type']}.response.body", "body": b"", "more_body": False})

    @staticmethod
    async def _receive() -> Any:
        raise AssertionError("nobody asks")


def test_every_answer_leaves_after_an_image_that_knows_its_request() -> None:
    server = Server()

    async def one_by_one() -> None:
        for _ in range(3):
            await server.request()

    asyncio.run(one_by_one())

    assert server.known == [1, 2, 3]


def test_answers_that_come_together_share_an_image() -> None:
    server = Server()

    async def together() -> None:
        await asyncio.gather(*(server.request() for _ in range(20)))

    asyncio.run(together())

    assert (server.known, server.kept) == ([20] * 20, [20])


def test_what_is_no_request_is_not_held() -> None:
    server = Server()

    asyncio.run(server.request("lifespan"))

    assert server.kept == []
