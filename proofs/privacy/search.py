"""Finds canaries in bytes, however they are wrapped: as they stand, escaped, encoded, compressed, or all of it."""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
import zlib
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from proofs.privacy.canaries import Canary, Field

DEPTH: Final = 3  # wrappings inside one another: base64 of gzip of escaped JSON
LARGEST: Final = 16 * 1024 * 1024  # bytes out of one compressed stream

_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_HEX: Final = re.compile(rb"(?:[0-9a-fA-F]{2}){12,}")
_ESCAPE: Final = re.compile(rb"\\+(?:u00([0-9a-fA-F]{2})|x([0-9a-fA-F]{2})|([\"/\\]))")
_GZIP: Final = b"\x1f\x8b\x08"
_ZLIB: Final = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")


def found(data: bytes, canaries: Iterable[Canary]) -> set[Field]:
    """The fields of which a canary, or a piece of one, is in the data."""
    sought = [(canary.field, piece) for canary in canaries for piece in canary.pieces]
    hits: set[Field] = set()
    for view in _views(data, DEPTH, set()):
        small = view.lower()
        hits |= {field for field, piece in sought if piece in small}
    return hits


def _views(data: bytes, depth: int, seen: set[int]) -> Iterator[bytes]:
    """The data, and everything that comes out of it by undoing up to `depth` wrappings."""
    mark = hash(data)
    if mark in seen or not data:
        return
    seen.add(mark)
    yield data
    if depth:
        for inner in _unwrapped(data):
            yield from _views(inner, depth - 1, seen)


def _unwrapped(data: bytes) -> Iterator[bytes]:
    if b"%" in data:
        yield unquote_to_bytes(data)
    if b"\\" in data:
        yield _ESCAPE.sub(_escaped, data)
    if b"\x00" in data:  # UTF-16 and UTF-32 of ASCII
        yield data.replace(b"\x00", b"")
    yield from _decompressed(data)
    for run in _BASE64.findall(data):
        text = run.translate(_URL_SAFE)
        # The run may begin with characters that stand before the encoded text.
        for start in range(4):
            cut = text[start:]
            yield base64.b64decode(cut[: len(cut) // 4 * 4])
    for run in _HEX.findall(data):
        yield binascii.unhexlify(run)


def _escaped(match: re.Match[bytes]) -> bytes:
    digits = match[1] or match[2]
    return bytes([int(digits, 16)]) if digits else match[3]


def _decompressed(data: bytes) -> Iterator[bytes]:
    for magic, window in ((_GZIP, 31), *((magic, 15) for magic in _ZLIB)):
        start = data.find(magic)
        while start >= 0:
            # These bytes may begin no stream. Not `zlib.decompress`: what follows a stream, or a stream that was cut,
            # must not hide its beginning.
            with contextlib.suppress(zlib.error):
                yield zlib.decompressobj(window).decompress(data[start:], LARGEST)
            start = data.find(magic, start + 1)
