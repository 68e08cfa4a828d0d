"""Tells whether a running server still runs the code that stands in the tree."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def code_fingerprint(root: Path) -> str:
    """SHA-256 (hex) over the files that make a server what it is: `local/` and the lock of its environment."""
    digest = hashlib.sha256()
    sources = sorted(path for path in (root / "local").rglob("*") if path.suffix in {".py", ".json", ".yaml", ".txt"})
    for path in [*sources, root / "requirements" / "twin.txt"]:
        digest.update(str(path.relative_to(root)).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
