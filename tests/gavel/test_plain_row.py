"""The fast way to read a row says what the slow way says, whatever stands in the line, or says nothing."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

from hypothesis import example, given
from hypothesis import strategies as st

from gavel.metrics import BUILTIN_METRICS
from gavel.results import rows
from gavel.results.plain_row import plain_row
from gavel.results.row_scores import UNPARSED
from tests.gavel.result_builders import lines as lines_of
from tests.gavel.result_builders import read, row, score

TEXTS = st.text(
    st.sampled_from(list('ab "\\/{}[]:,\n\t\0\x1f\x7fé語😀\u2028\ufeff')) | st.characters(codec="utf-8"), max_size=12
)
# What stands in the place of a score in real files, and what JSON parsers differ in.
RESULTS = (
    st.sampled_from([0.0, 0.6667, 1, None, "", "0.5", " 1 ", "good", "nan", -0.0, 1e100, 1.1e100, 10**400, True])
    | st.sampled_from([2**53 + 1, 2**64, 123456789012345678901234567890, float("nan"), float("inf"), UNPARSED])
    | st.floats()
    | st.integers()
    | TEXTS
)
SAYINGS = TEXTS | st.sampled_from(
    [UNPARSED, f" \u2003{UNPARSED}.\n", f"It says {UNPARSED}", f"{UNPARSED}. Sorry", None]
)
DETAILS = st.lists(
    st.fixed_dictionaries(
        {}, optional={"modelIdentifier": st.sampled_from(["judge", "", None, "other"]), "explanation": SAYINGS}
    ),
    min_size=0,
    max_size=2,
)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {
            "metricName": st.sampled_from(["Builtin.Correctness", "mine", "", UNPARSED, None]),
            "evaluatorDetails": DETAILS,
        },
        optional={"result": RESULTS, "x": RESULTS},
    )
    | st.builds(score, st.sampled_from(["Builtin.Correctness", "mine"]), RESULTS, explanation=SAYINGS),
    max_size=3,
)
ANSWERS = st.lists(
    st.fixed_dictionaries(
        {}, optional={"response": TEXTS | st.none(), "modelIdentifier": TEXTS, "stopReason": TEXTS, "x": RESULTS}
    ),
    max_size=2,
)
RECORDS = st.fixed_dictionaries(
    {"prompt": TEXTS | st.none()},
    optional={"referenceResponse": TEXTS, "category": TEXTS | st.none(), "modelResponses": ANSWERS, "id": RESULTS},
)
ROWS = st.fixed_dictionaries(
    {"automatedEvaluationResult": st.fixed_dictionaries({"scores": ENTRIES})},
    optional={"inputRecord": RECORDS, "modelResponses": ANSWERS, "x": RESULTS},
)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """One line: mostly JSON of a row, sometimes with a key twice, a lone surrogate, or a few bytes changed."""
    given_row: dict[str, Any] = draw(ROWS)
    text = json.dumps(given_row, ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 3)) == 0:
        again = draw(
            st.sampled_from(["inputRecord", "modelResponses", "automatedEvaluationResult", "\\u0069nputRecord"])
        )
        text = f'{text[:-1]}, "{again}": {json.dumps(draw(RECORDS | ANSWERS | st.just({"scores": []})))}}}'
    if draw(st.integers(0, 7)) == 0:
        text = text.replace("a", draw(st.sampled_from(["\\ud800", "\\u0061", "\\ud83d\\ude00"])))
    data = bytearray(text.encode())
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        place = draw(st.integers(0, len(data)))
        data[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(data).replace(b"\n", b"")


def slowly(data: bytes) -> Any:
    with mock.patch.object(rows, "plain_row", return_value=None):
        return read(data)


@given(lines())
@example(b'{"automatedEvaluationResult":{"scores":[]},"automatedEvaluationResult":{}}')
@example(
    b'{"automatedEvaluationResult":{"scores":[{"metricName":"m","evaluatorDetails":[{}],"result":'
    + b"9" * 5000
    + b"}]}}"
)
@example(b'{"automatedEvaluationResult":{"scores":[]},"inputRecord":{"prompt":"\xff"}}')
def test_a_row_read_fast_is_the_row_read_slowly(line: bytes) -> None:
    fast, problems = read(line)
    slow, told = slowly(line)

    assert repr(fast) == repr(slow)
    assert problems.listed == told.listed


def test_rows_as_bedrock_writes_them_are_read_fast() -> None:
    scores = [score(metric.name) for metric in BUILTIN_METRICS]
    (line,) = lines_of(row([*scores[:9], score("mine", "good"), score("other", None)], category="c")).split(b"\n")

    assert plain_row(line) is not None


def test_rows_with_a_key_of_the_users_own_are_read_all_the_same() -> None:
    odd, plain = row({"m": 1.0}, prompt="odd", mine=1), row({"m": 1.0}, prompt="plain")

    found, problems = read(lines_of(*[odd, plain] * 40))

    assert [one.prompt for one in found] == ["odd", "plain"] * 40
    assert not problems.count


def test_a_judges_failure_is_no_score_however_it_is_written() -> None:
    sayings = [UNPARSED, f" {UNPARSED}.", f"\u2003{UNPARSED}\n"]

    found, _ = read(lines_of(*(row([score("m", 1.0, explanation=saying)]) for saying in sayings)))

    assert [one.scores[0].value for one in found] == [None] * 3
