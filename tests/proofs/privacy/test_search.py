"""The searcher finds a planted canary, however it is wrapped, and nothing where there is none."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from proofs.privacy.canaries import Canary, Field, Flock
from proofs.privacy.search import found

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = Canary(Field.PROMPT)
WRAPPINGS: dict[str, Callable[[bytes], bytes]] = {
    "as it stands": lambda data: data,
    "in capitals": bytes.upper,
    "in a URL": lambda data: quote(data, safe="").encode(),
    "in a URL, every character": lambda data: b"".join(b"%%%02X" % byte for byte in data),
    "in JSON, every character": lambda data: b"".join(b"\\u%04x" % byte for byte in data),
    "in JSON inside JSON": lambda data: json.dumps(json.dumps({"a": f'"{data.decode()}"'})).encode(),
    "base64": base64.b64encode,
    "base64, one character off": lambda data: base64.b64encode(b"x" + data),
    "base64, two characters off": lambda data: base64.b64encode(b"xy" + data),
    "base64 after other letters": lambda data: b"key/" + b"abc" + base64.b64encode(data),
    "base64 of URLs": lambda data: base64.urlsafe_b64encode(b"\xfb\xff" + data).rstrip(b"="),
    "hexadecimal": lambda data: data.hex().encode(),
    "UTF-16": lambda data: data.decode().encode("utf-16-le"),
    "gzip": gzip.compress,
    "gzip inside other bytes, cut off": lambda data: b"before" + gzip.compress(data * 3)[:-6],
    "zlib": zlib.compress,
    "gzip in base64 in JSON": lambda data: json.dumps({"a": base64.b64encode(gzip.compress(data)).decode()}).encode(),
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("part", ["name", "text", "card", "mail"])
def test_a_wrapped_canary_is_found(wrapping: str, part: str) -> None:
    planted = f"before {getattr(CANARY, part)} after".encode()

    assert found(WRAPPINGS[wrapping](planted), [CANARY]) == {Field.PROMPT}


@pytest.mark.parametrize("cut", range(0, 20, 4))
def test_a_piece_of_a_canary_is_a_find(cut: int) -> None:
    assert found(CANARY.token[cut : cut + 12].encode(), [CANARY]) == {Field.PROMPT}


def test_the_fields_of_several_canaries_are_told_apart() -> None:
    flock = Flock()

    assert found(f"{flock.answer.name} {flock.live.lower}".encode(), flock.all) == {Field.ANSWER, Field.MODEL}


def test_nothing_is_found_where_there_is_none() -> None:
    others = json.dumps([Canary(Field.PROMPT).text, "CANARY-", "4929", "@.example"]).encode()

    assert found(others + gzip.compress(others) + base64.b64encode(others), [CANARY]) == set()


def test_every_canary_of_a_flock_is_another() -> None:
    pieces = [piece for canary in (*Flock().all, *Flock().all) for piece in canary.pieces]

    assert len(set(pieces)) == len(pieces)
