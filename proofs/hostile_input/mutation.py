"""Makes broken inputs out of valid ones: by bytes, by words, by tokens, by lines and by nesting."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

_TOKEN: Final = re.compile(rb'"(?:[^"\\\n]|\\.)*"|[-+.\w]+|\s+|.', re.DOTALL)
_NUMBER: Final = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_NUMBERS: Final = (
    b"0", b"-0", b"-1", b"1e999", b"-1e999", b"1e-999", b"9" * 30, b"9" * 5000, b"0.1" + b"0" * 400, b"NaN",
    b"2147483648", b"18446744073709551616", b"1.5", b"01", b"+1", b".5", b"0x10", b"1_000",
)  # fmt: skip
_PAIRS: Final = ((b"[", b"]"), (b'{"a":', b"}"), (b'"', b'"'), (b"[[", b"]"), (b"- ", b""), (b"{a: ", b"}"))
_MOST_STEPS: Final = 4


def mutate(data: bytes, rng: Random, *, words: Sequence[bytes], longest: int) -> bytes:
    """One to four changes; the same for the same state of `rng`."""
    for _ in range(rng.randint(1, _MOST_STEPS)):
        data = rng.choice(_CHANGES)(data, rng, words)[:longest]
    return data


def _flip(data: bytes, rng: Random, _words: Sequence[bytes]) -> bytes:
    if not data:
        return b"\0"
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]


def _byte(data: bytes, rng: Random, _words: Sequence[bytes]) -> bytes:
    place = rng.randint(0, len(data))
    return data[:place] + bytes([rng.randrange(256)]) + data[place + rng.randint(0, 1) :]


def _cut(data: bytes, rng: Random, _words: Sequence[bytes]) -> bytes:
    start, end = _slice(data, rng)
    return data[:start] + data[end:]


def _repeat(data: bytes, rng: Random, _words: Sequence[bytes]) -> bytes:
    start, end = _slice(data, rng)
    return data[:end] + data[start:end] * rng.choice((1, 1, 2, 50)) + data[end:]


def _word(data: bytes, rng: Random, words: Sequence[bytes]) -> bytes:
    place = rng.randint(0, len(data))
    word = rng.choice(words)
    return data[:place] + word + data[place + (len(word) if rng.random() < 0.5 else 0) :]


def _token(data: bytes, rng: Random, words: Sequence[bytes]) -> bytes:
    """Replace, drop, double or swap a token."""
    tokens = _TOKEN.findall(data)
    if not tokens:
        return rng.choice(words)
    one, other = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    kind = rng.randrange(4)
    if kind == 0:
        tokens[one] = rng.choice(words)
    elif kind == 1:
        del tokens[one]
    elif kind == 2:
        tokens.insert(other, tokens[one])
    else:
        tokens[one], tokens[other] = tokens[other], tokens[one]
    return b"".join(tokens)


def _number(data: bytes, rng: Random, words: Sequence[bytes]) -> bytes:
    found = [match.span() for match in _NUMBER.finditer(data)]
    if not found:
        return _word(data, rng, words)
    start, end = rng.choice(found)
    return data[:start] + rng.choice(_NUMBERS) + data[end:]


def _line(data: bytes, rng: Random, _words: Sequence[bytes]) -> bytes:
    """Drop, double or move a line, or join two."""
    lines = data.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(4)
    if kind == 0:
        del lines[one]
    elif kind == 1:
        lines.insert(other, lines[one])
    elif kind == 2:
        lines[one], lines[other] = lines[other], lines[one]
    else:
        lines[one : one + 2] = [b"".join(lines[one : one + 2])]
    return b"\n".join(lines)


def _nest(data: bytes, rng: Random, _words: Sequence[bytes]) -> bytes:
    start, end = _slice(data, rng)
    before, after = rng.choice(_PAIRS)
    times = rng.choice((1, 2, 10, 40, 400))
    return data[:start] + before * times + data[start:end] + after * times + data[end:]


def _slice(data: bytes, rng: Random) -> tuple[int, int]:
    start = rng.randint(0, len(data))
    return start, min(len(data), start + int(2 ** rng.uniform(0, 8)))


_CHANGES: Final[tuple[Callable[[bytes, Random, Sequence[bytes]], bytes], ...]] = (
    _flip, _byte, _cut, _repeat, _word, _token, _token, _number, _line, _nest,
)  # fmt: skip
