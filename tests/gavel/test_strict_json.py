"""JSON is taken as RFC 8259 means it, and refused with a reason that repeats none of its text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.datasets.strict_json import MAX_DEPTH, JsonError, decode

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b' \t{"a":[true,false,null]}\r', {"a": [True, False, None]}),
        ('"ß 語 😀"'.encode(), "ß 語 😀"),
        (b'"\\ud83d\\ude00"', "😀"),
        ('"line\u2028separator\u0085"'.encode(), "line\u2028separator\u0085"),
        (b'"\\u0000"', "\0"),
        (b"-0", 0),
        (b"1e308", 1e308),
        (b"1e-999", 0.0),
        (b"12345678901234567890123", 12345678901234567890123),
        (b'{"a": {"k": 1}, "b": {"k": 2}}', {"a": {"k": 1}, "b": {"k": 2}}),
    ],
)
def test_legal_json_is_taken(data: bytes, value: object) -> None:
    assert decode(data) == value


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"NaN", "NaN"),
        (b'{"a": Infinity}', "Infinity"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": -1e999}', "too large"),
        (b"9" * 1001, "more than 1000 digits"),
        (b'{"a": 1, "a": 2}', "`a` twice"),
        (b'{"x": {"a": 1, "b": 2, "a": 3}}', "`a` twice"),
        (b'"\\ud800"', "surrogate"),
        (b'"\\uDFFF tail"', "surrogate"),
        (b'{"\\udc00": 1}', "surrogate"),
        (b'["\\ude00\\ud83d"]', "surrogate"),
        (b'"\xed\xa0\x80"', "not UTF-8 at byte 2"),
        (b'"a\xffb"', "not UTF-8 at byte 3"),
        (b'"\xc0\xaf"', "not UTF-8 at byte 2"),
        (b'"cut \xe2\x82', "not UTF-8 at byte 6"),
        (b'"a\0b"', "NUL byte at byte 3"),
        (b'\xef\xbb\xbf{"a": 1}', "byte order mark"),
        (b'"a\tb"', "raw control character"),
        (b'"a\\qb"', "unknown escape"),
        (b'"a\\u12"', "broken"),
        (b'{"a" 1}', "colon"),
        (b'{"a": 1 "b": 2}', "comma between"),
        (b"{'a': 1}", "double quotes"),
        (b"{a: 1}", "double quotes"),
        (b"[1, 2,]", "at character"),
        (b'{"a": 1,}', "at character"),
        (b"// no\n1", "is not JSON"),
        (b"True", "is not JSON"),
        (b"+1", "is not JSON"),
        (b"01", "more than one JSON value"),
        (b'{"a": 1} {"b": 2}', "more than one JSON value"),
        (b'{"a": 1', "ends before"),
        (b'{"a": ', "ends before"),
        (b"", "ends before"),
        (b'"open', "ends inside a text"),
        (nested(MAX_DEPTH + 1), "levels deep"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "levels deep"),
        (nested(200_000), "levels deep"),
        (b"[" * 200_000, "levels deep"),
    ],
)
def test_what_is_no_strict_json_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(JsonError) as refused:
        decode(data)

    assert reason in refused.value.reason


def test_nesting_up_to_the_cap_is_taken() -> None:
    value = decode(nested(MAX_DEPTH))

    for _ in range(MAX_DEPTH - 1):
        value = value[0]
    assert value == []


def test_brackets_inside_texts_are_no_nesting() -> None:
    text = "[{" * 500

    assert decode(json.dumps({"prompt": text}).encode()) == {"prompt": text}


@pytest.mark.parametrize("pattern", ['{{"{0}": 1, "{0}": 2}}', '"{0}', '"{0}" {0}', '{{"a": {0}}}'])
def test_a_reason_never_repeats_private_text(pattern: str) -> None:
    private = "my secret, with blanks"

    with pytest.raises(JsonError) as refused:
        decode(pattern.format(private).encode())

    assert "secret" not in str(refused.value)


@given(JSON_VALUES, st.booleans())
def test_whatever_json_can_say_comes_back_unchanged(value: object, ascii_only: bool) -> None:
    assert decode(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_json_error(data: bytes) -> None:
    refused: JsonError | None = None
    try:
        decode(data)
    except JsonError as error:
        refused = error

    assert refused is None or (refused.reason and refused.remedy)
