"""Reading the result files of judge jobs."""

from __future__ import annotations

import io
import json
import math
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gavel.problems import Problems
from gavel.results.byte_lines import byte_lines
from gavel.results.row_scores import UNPARSED
from gavel.results.rows import read_results
from tests.gavel.result_builders import ABSENT, lines, read, row, score

REAL_SHAPE = (
    '{"automatedEvaluationResult":{"scores":[{"metricName":"Builtin.Correctness","evaluatorDetails":[{"modelIdentifier":'
    '"amazon.nova-pro-v1:0","explanation":"mostly right"}],"result":0.5}]},"inputRecord":{"prompt":"2 + 2 – wie viel?",'
    '"referenceResponse":"4","category":"sums","modelResponses":[{"modelIdentifier":"my-app","response":"four"}]},'
    '"modelResponses":[{"response":"four","modelIdentifier":"my-app","stopReason":"END_TURN"}]}'
).encode()


KEYS = st.sampled_from(
    ["scores", "metricName", "evaluatorDetails", "modelIdentifier", "explanation", "result", "inputRecord", "prompt"]
)


def only_score(entry: Any) -> Any:
    (parsed,), problems = read(lines(row([entry])))
    assert not problems
    (result,) = parsed.scores
    return result


def test_a_row_of_a_real_file_is_read_whole() -> None:
    (parsed,), problems = read(REAL_SHAPE)

    assert not problems
    assert (parsed.line, parsed.prompt, parsed.reference, parsed.category) == (1, "2 + 2 – wie viel?", "4", "sums")
    assert (parsed.model, parsed.response, parsed.stop_reason) == ("my-app", "four", "END_TURN")
    assert parsed.supplied_response == "four"
    (result,) = parsed.scores
    assert (result.metric, result.judge) == ("Builtin.Correctness", "amazon.nova-pro-v1:0")
    assert (result.value, result.explanation, result.why_missing) == (0.5, "mostly right", "")


@pytest.mark.parametrize(("result", "value"), [(1, 1.0), (0.6667, 0.6667), ("0.25", 0.25), (" 1 ", 1.0), ("1e-1", 0.1)])
def test_a_number_and_a_number_written_as_text_are_numbers(result: Any, value: float) -> None:
    assert only_score(score("Builtin.Helpfulness", result)).value == value


def test_a_zero_is_a_score_and_minus_zero_is_the_same_one() -> None:
    assert repr(only_score(score("Builtin.Refusal", 0)).value) == "0.0"
    assert repr(only_score(score("Builtin.Refusal", -0.0)).value) == "0.0"


@pytest.mark.parametrize(
    "result",
    [
        None,
        ABSENT,
        float("nan"),
        float("inf"),
        "NaN",
        "-Infinity",
        "",
        "  ",
        True,
        False,
        [1],
        {"value": 1},
        UNPARSED,
        10**400,
        "1e999",
    ],
)
@pytest.mark.parametrize("metric", ["Builtin.Correctness", "tone"])
def test_what_is_no_score_is_missing_with_a_reason_and_never_a_zero(result: Any, metric: str) -> None:
    parsed = only_score(score(metric, result))

    assert parsed.value is None
    assert parsed.why_missing


def test_the_failure_text_in_place_of_the_explanation_makes_the_score_missing() -> None:
    parsed = only_score(score("Builtin.Correctness", 0, explanation=UNPARSED))

    assert (parsed.value, parsed.why_missing) == (None, UNPARSED)


def test_an_explanation_that_quotes_the_failure_text_leaves_the_score_alone() -> None:
    quoting = f"The answer says '{UNPARSED}', which is right."

    assert only_score(score("Builtin.Correctness", 0.5, explanation=quoting)).value == 0.5


def test_the_failure_text_in_another_field_makes_the_score_missing() -> None:
    assert only_score(score("Builtin.Correctness", 0) | {"error": f"{UNPARSED}."}).value is None


def test_a_text_is_a_label_for_a_custom_metric_and_missing_for_a_built_in_one() -> None:
    assert only_score(score("tone", "Pass")).value == "Pass"
    builtin = only_score(score("Builtin.Correctness", "Pass"))
    assert (builtin.value, bool(builtin.why_missing)) == (None, True)


def test_a_score_without_explanation_or_details_is_still_a_score() -> None:
    assert only_score(score("m", 0.5, explanation=None)).explanation == ""
    assert only_score(score("m", 0.5, judge=None)).judge == "unknown"
    assert only_score(score("m", 0.5) | {"evaluatorDetails": []}).value == 0.5
    assert only_score(score("m", 0.5) | {"evaluatorDetails": [None, {}, {"modelIdentifier": "j"}]}).judge == "j"


def test_the_first_usable_of_two_scores_of_one_metric_wins_and_the_other_is_counted() -> None:
    (parsed,), _ = read(lines(row([score("m", None), score("m", 0.25), score("m", 0.75)])))

    assert [result.value for result in parsed.scores] == [0.25]
    assert parsed.repeats == 2


def test_one_metric_from_two_judges_makes_two_scores() -> None:
    (parsed,), _ = read(lines(row([score("m", 0.25, judge="a"), score("m", 0.75, judge="b")])))

    assert [(result.judge, result.value) for result in parsed.scores] == [("a", 0.25), ("b", 0.75)]
    assert parsed.repeats == 0


def test_the_model_is_that_of_the_answer_else_that_of_the_record() -> None:
    supplied: dict[str, Any] = {"modelResponses": [{"response": "x", "modelIdentifier": "from-record"}]}
    parsed, _ = read(lines(row({"m": 1}, model="live", **supplied), row({"m": 1}, model=None, **supplied)))

    assert [one.model for one in parsed] == ["live", "from-record"]
    assert [one.response for one in parsed] == ["answer", None]


def test_a_row_without_any_answer_keeps_its_scores() -> None:
    (parsed,), problems = read(lines(row({"m": None}, model=None)))

    assert (parsed.model, parsed.response, len(parsed.scores), bool(problems)) == ("unknown", None, 1, False)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (b'{"automated', "not JSON"),
        (b"\xff\xfe{", "not UTF-8"),
        (b"[1]", "not an object"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":' + b"9" * 5000 + b"}", "not JSON"),
        (b"{}", "is missing"),
        (b'{"automatedEvaluationResult":null}', "is missing"),
        (b'{"prompt":"p"}', "dataset's record"),
        (b'{"conversationTurns":[{"results":[]}]}', "RAG"),
        (b'{"humanEvaluationResult":{}}', "human evaluation"),
    ],
)
def test_a_line_of_another_kind_is_a_problem_with_its_number_and_the_others_go_on(line: bytes, word: str) -> None:
    parsed, problems = read(lines(row({"m": 1}), line, row({"m": 0})))

    assert [one.line for one in parsed] == [1, 3]
    (problem,) = problems.listed
    assert problem.line == 2
    assert word in problem.reason


def test_scores_of_no_use_are_problems_of_their_field_and_the_row_goes_on() -> None:
    broken = row([{"result": 1}, "text", score("m", 1)])
    parsed, problems = read(lines(broken, {"automatedEvaluationResult": {}, "inputRecord": {"prompt": "p"}}))

    assert [len(one.scores) for one in parsed] == [1, 0]
    assert [problem.field for problem in problems.listed] == [
        "automatedEvaluationResult.scores[0]",
        "automatedEvaluationResult.scores[1]",
        "automatedEvaluationResult.scores",
    ]


def test_no_text_of_prompts_or_answers_stands_in_a_problem() -> None:
    private = "correct-horse-battery"
    whole = json.dumps(row({"m": 1}, prompt=private, response=private)).encode()
    _, problems = read(b"\n".join([whole[:-5], whole.replace(b'"automated', b'"'), f"[{private}]".encode()]))

    assert problems.count == 3
    assert private not in str([problem.to_json() for problem in problems.listed])


def test_only_a_newline_ends_a_row() -> None:
    data = b"\xef\xbb\xbf" + lines(row({"m": 1}, prompt="one\u2028two\x85three")) + b"\r\n\r\n" + lines(row({"m": 1}))
    parsed, problems = read(data)

    assert [(one.line, one.prompt) for one in parsed] == [(1, "one\u2028two\x85three"), (3, "question")]
    assert not problems


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    (parsed,), _ = read(json.dumps(row({"m": 1}, prompt="a\ud800b", response="\U0001f600")).encode())

    assert (parsed.prompt, parsed.response) == ("a\ufffdb", "\U0001f600")


def test_a_line_beyond_the_bound_is_counted_and_not_kept() -> None:
    data = b"short\n" + b"x" * 5_000_000 + b"\nnext"

    assert list(byte_lines(io.BytesIO(data), max_line_bytes=1_000_000)) == [(1, b"short"), (2, None), (3, b"next")]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(UNPARSED),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.lists(anything | st.builds(lambda value: {"automatedEvaluationResult": value}, anything), max_size=4))
def test_no_json_whatever_stops_the_reading_and_every_value_is_a_number_or_a_label(rows: list[Any]) -> None:
    parsed, problems = read(b"\n".join(json.dumps(one).encode() for one in rows))

    assert len(parsed) + problems.count >= len(rows)
    for result in (result for one in parsed for result in one.scores):
        assert result.value is None or isinstance(result.value, str) or math.isfinite(result.value)
        assert (result.value is None) == bool(result.why_missing)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_whatever_stop_the_reading(data: bytes) -> None:
    parsed, problems = read(data)

    assert len(parsed) + problems.count <= data.count(b"\n") + 1


class _Endless(io.RawIOBase):
    """A file of a million copies of one line that is never in memory."""

    def __init__(self, line: bytes, copies: int) -> None:
        self._chunk, self._left = line * 1000, copies // 1000

    def read(self, size: int = -1, /) -> bytes:
        self._left -= 1
        return self._chunk if self._left >= 0 else b""


def test_memory_does_not_grow_with_the_number_of_rows() -> None:
    line = lines(row({"Builtin.Correctness": 1}, response="x" * 300)) + b"\n"

    def peak(copies: int) -> int:
        tracemalloc.start()
        count = sum(1 for _ in read_results(_Endless(line, copies), file="f", problems=Problems()))
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == copies
        return highest

    assert peak(20_000) < 1.5 * peak(2_000)
