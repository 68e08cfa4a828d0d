"""Contenders of a row that exists for the tests of the table alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def prepare(folder: Path, size: int, seed: int) -> int:
    return (folder / "data").write_bytes(bytes([seed]) * size)


def slow(folder: Path, size: int) -> dict[str, Any]:
    total = sum(number * number for number in range(500_000))
    return {"bytes": len((folder / "data").read_bytes()), "odd": total % 2}


def quick(folder: Path, size: int) -> dict[str, Any]:
    return {"bytes": len((folder / "data").read_bytes()), "odd": 1}


def large(folder: Path, size: int) -> dict[str, Any]:
    held = bytearray(50_000_000)
    return {"bytes": len((folder / "data").read_bytes()) + len(held) - 50_000_000, "odd": 1}
