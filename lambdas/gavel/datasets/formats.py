"""The formats of a dataset, known by the end of the file's name, and what a file says itself by its first bytes."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from gavel.names.object_keys import DATASET_SUFFIXES


class Format(StrEnum):
    """How a dataset is written; the value is the end of the file's name."""

    JSONL = ".jsonl"
    JSONL_GZ = ".jsonl.gz"
    CSV = ".csv"
    JSON = ".json"
    PARQUET = ".parquet"

    @property
    def by_line(self) -> bool:
        """Whether places in the file are lines; in the other formats they are numbers of records."""
        return self not in (Format.JSON, Format.PARQUET)


SUFFIXES_SHOWN: Final = ", ".join(DATASET_SUFFIXES)

GZIP: Final = b"\x1f\x8b"
PARQUET_MAGIC: Final = b"PAR1"
_CONTAINERS: Final = (
    (GZIP, "a gzip file", "name it .jsonl.gz if it holds JSON Lines, or decompress it (gunzip)"),
    (b"PK\x03\x04", "a zip file (or an Excel workbook)", "unpack it; save a workbook as CSV UTF-8"),
    (b"BZh", "a bzip2 file", "decompress it (bunzip2)"),
    (b"\xfd7zXZ", "an xz file", "decompress it (unxz)"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", "decompress it (unzstd)"),
    (PARQUET_MAGIC, "a Parquet file", "name it .parquet"),
)


def format_of(name: str) -> Format | None:
    """The format that a file's name says, None for a name that says none."""
    return next((known for known in Format if name.endswith(known.value)), None)


def not_text(head: bytes) -> tuple[str, str] | None:
    """Reason and remedy for a file whose first bytes, 16 or more, show that it is no UTF-8 text."""
    for magic, what, remedy in _CONTAINERS:
        if head.startswith(magic):
            return f"is {what}, and its name says something else", remedy
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head[:4]:
        return "is UTF-16 or UTF-32 text, or no text at all", "save the file as UTF-8"
    return None
