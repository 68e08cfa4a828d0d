"""The most memory that a process had resident."""

from __future__ import annotations

import re
from pathlib import Path


def peak_memory(pid: int | str = "self") -> int:
    """Peak resident memory of a process in bytes, on Linux.

    `ru_maxrss` would start with that of the process which this one came from.
    """
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)[1]) * 1024  # type: ignore[index] # on Linux
