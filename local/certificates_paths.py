"""Where a twin's certificates lie; apart, so that it can be named without the library that makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Certificates:
    """Paths of PEM files: the authority that clients trust, the server's certificate and its key."""

    authority: Path
    server: Path
    key: Path
