"""What a bundle leaves behind: files that no Lambda imports, so that the `data` bundle fits Lambda's limit."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

# The services whose clients `gavel.aws` makes, and `sts`, which credentials may need; botocore brings more than four
# hundred others.
SERVICES: Final = frozenset(
    {
        "bedrock",
        "cloudformation",
        "dynamodb",
        "events",
        "glue",
        "s3",
        "scheduler",
        "sns",
        "sqs",
        "stepfunctions",
        "sts",
    }
)

# Command line scripts, type stubs, a driver for a protocol that we do not speak, and test suites, which ship inside the
# packages. Of SciPy the engine takes the distributions in `scipy.special`; nothing in there imports the parts below.
_FOLDERS: Final = (
    "bin",
    "*-stubs",
    "adbc_driver_duckdb",
    "numpy/**/tests",
    "scipy/**/tests",
    "scipy/cluster",
    "scipy/datasets",
    "scipy/differentiate",
    "scipy/fft",
    "scipy/fftpack",
    "scipy/integrate",
    "scipy/interpolate",
    "scipy/io",
    "scipy/misc",
    "scipy/ndimage",
    "scipy/odr",
    "scipy/optimize",
    "scipy/signal",
    "scipy/sparse",
    "scipy/spatial",
    "scipy/stats",
)

# Type stubs, C headers and static libraries, and the installer's notes (RECORD would list files that are gone).
_FILES: Final = (
    "**/*.pyi",
    "**/*.pxd",
    "**/*.a",
    "**/*.h",
    "**/py.typed",
    "*.dist-info/RECORD",
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
)


def prune(tree: Path) -> None:
    """Remove from the installed packages below `tree` what is never imported there. Licences and metadata stay."""
    for pattern in _FOLDERS:
        for folder in sorted(tree.glob(pattern)):
            shutil.rmtree(folder)
    for pattern in _FILES:
        for file in tree.glob(pattern):
            file.unlink()
    for library in ("botocore", "boto3"):
        _prune_services(tree / library / "data")
    for folder in sorted(tree.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _prune_services(data: Path) -> None:
    for folder in data.iterdir():
        # Files beside the folders (endpoints, partitions, retry rules) belong to every service.
        if folder.is_dir() and folder.name not in SERVICES:
            shutil.rmtree(folder)
