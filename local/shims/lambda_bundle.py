"""A Lambda's bundle is unpacked once, and shared by all environments that run it.

AWS: a function's code lies read-only in /var/task (Lambda Developer Guide, "Lambda runtimes"), and how long unpacking
takes is no matter of the function's. ministack unpacks the bundle anew for every process that it starts, inside the
server: twenty processes of a bundle of 200 MB keep everything else waiting for a minute.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
import types
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ministack.core import lambda_runtime

from local.shims.expected import ShimError

if TYPE_CHECKING:
    from collections.abc import Iterable

_lock: Final = threading.Lock()
_unpacked: Final[dict[str, Path]] = {}


def apply() -> None:
    """Let ministack's runtime unpack with a ZipFile that remembers what it has unpacked."""
    if getattr(lambda_runtime, "zipfile", None) is not zipfile:
        raise ShimError("ministack.core.lambda_runtime unpacks bundles otherwise than with zipfile; review the shim")
    shared = types.ModuleType("zipfile")
    vars(shared).update({name: value for name, value in vars(zipfile).items() if not name.startswith("__")})
    vars(shared)["ZipFile"] = SharedZipFile
    lambda_runtime.zipfile = shared


class SharedZipFile(zipfile.ZipFile):
    """A ZipFile whose whole content becomes a link to a folder that holds it already, where there is one."""

    def extractall(
        self,
        path: str | Path | None = None,  # type: ignore[override]
        members: Iterable[str | zipfile.ZipInfo] | None = None,
        pwd: bytes | None = None,
    ) -> None:
        """Put the link in the place of the empty folder `path`."""
        if path is None or members is not None or pwd is not None or self.filename is None:
            super().extractall(path, members, pwd)
            return
        with Path(self.filename).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with _lock:
            if digest not in _unpacked:
                folder = Path(tempfile.mkdtemp(prefix="lambda-bundle-"))
                super().extractall(folder)
                _unpacked[digest] = folder
        Path(path).rmdir()
        Path(path).symlink_to(_unpacked[digest], target_is_directory=True)
