"""What a bundle is built for: processor, C library and Python."""

from __future__ import annotations

import importlib.util
import platform
import sys
from dataclasses import dataclass
from typing import Final

from infra.config import Architecture

LAMBDA_PYTHON: Final = (3, 13)

# Lambda's Python 3.13 runs on Amazon Linux 2023, whose C library is glibc 2.34; wheels for 2.28 and older run there.
_PLATFORMS: Final = {
    Architecture.ARM64: "aarch64-manylinux_2_28",
    Architecture.X86_64: "x86_64-manylinux_2_28",
}


@dataclass(frozen=True)
class BundleTarget:
    """A bundle's destination: `architecture` as Lambda knows it, Python `version`, uv's `platform` (None: this one)."""

    name: str
    architecture: Architecture
    version: tuple[int, int]
    platform: str | None

    @classmethod
    def of(cls, architecture: Architecture) -> BundleTarget:
        """The target of an environment's architecture; `host` is the interpreter that runs this and its machine."""
        if architecture is not Architecture.HOST:
            return cls(architecture.value, architecture, LAMBDA_PYTHON, _PLATFORMS[architecture])
        own = Architecture.ARM64 if platform.machine() in ("arm64", "aarch64") else Architecture.X86_64
        return cls(architecture.value, own, sys.version_info[:2], None)

    @property
    def installer_arguments(self) -> tuple[str, ...]:
        """Arguments that make uv choose wheels for the target, and never build anything."""
        if self.platform is None:
            return ("--python", sys.executable, "--only-binary", ":all:")
        version = ".".join(map(str, self.version))
        return ("--python-platform", self.platform, "--python-version", version, "--only-binary", ":all:")

    @property
    def byte_code(self) -> str | None:
        """Magic number (hex) of the byte code that this interpreter can add; None when the target's Python is another.

        Without byte code a Lambda compiles every module at each cold start, for its code folder is read-only.
        """
        return importlib.util.MAGIC_NUMBER.hex() if sys.version_info[:2] == self.version else None
