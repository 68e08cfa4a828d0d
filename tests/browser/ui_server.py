"""The pages of `gavel ui` with a made-up source, served on this machine for a browser."""

from __future__ import annotations

import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gavel_cli.ui.door import Door
from gavel_cli.ui.server import Server
from gavel_cli.ui.site import Site
from tests.cli.ui_source import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel_cli.ui.source import Source


@dataclass(frozen=True)
class Served:
    """A server: `base` begins every address, `door` holds the key."""

    base: str
    door: Door
    site: Site


@contextmanager
def served(source: Source) -> Iterator[Served]:
    """Serve a source while the block runs."""
    with Server(0) as server, tempfile.TemporaryDirectory() as folder:
        door = Door(server.port)
        site = Site(source, door, Path(folder), now=lambda: NOW, patience_seconds=0.05)
        server.answer = site.answer
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield Served(f"http://127.0.0.1:{server.port}", door, site)
        finally:
            server.shutdown()
            thread.join()
