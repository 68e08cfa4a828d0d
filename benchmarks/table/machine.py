"""Where and with what was measured."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Final

_PACKAGES: Final = ("msgspec", "numpy", "scipy", "duckdb", "boto3")


def machine() -> dict[str, str]:
    """The machine and the versions, by name."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores, each run on one",
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()) + " (1, 5, 15 minutes)",
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
