"""A dataset is read as a stream: valid records come out, and every problem of every other line is told."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.datasets import facts as dataset_facts
from gavel.datasets.reader import (
    LENIENT_RULES,
    DatasetReader,
    DatasetRules,
    Record,
    Response,
    Responses,
    read_dataset,
    rules_for,
)
from gavel.problems import Problem, Problems
from gavel.suites.suite import default_suite, load_suite

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[2] / "examples" / "datasets"
BEDROCK = DatasetRules()
GOOD = {"prompt": "good"}


class Chunks:
    """A stream that hands out the given pieces, whatever size is asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, size: int, /) -> bytes:
        return next(self._pieces, b"")


def line(**fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def answered(*sources: str, prompt: str = "p") -> dict[str, Any]:
    return {"prompt": prompt, "modelResponses": [{"response": "r", "modelIdentifier": source} for source in sources]}


def read(data: bytes, rules: DatasetRules = BEDROCK) -> tuple[list[Record], list[Problem], DatasetReader]:
    problems = Problems()
    reader = read_dataset(io.BytesIO(data), file="data.jsonl", rules=rules, problems=problems, hashed=True)
    return list(reader), problems.listed, reader


def read_objects(*objects: dict[str, Any], rules: DatasetRules = BEDROCK) -> tuple[list[Record], list[Problem]]:
    records, problems, _ = read(b"\n".join(line(**item) for item in objects), rules)
    return records, problems


def places(problems: list[Problem]) -> list[tuple[int | None, str | None]]:
    return [(problem.line, problem.field) for problem in problems]


def the_problem(*objects: dict[str, Any], rules: DatasetRules = BEDROCK) -> Problem:
    (problem,) = read_objects(*objects, rules=rules)[1]
    return problem


# --- Records --------------------------------------------------------------------------------------------------------


def test_a_record_carries_its_fields_its_number_and_its_line() -> None:
    full = {
        "prompt": "p",
        "referenceResponse": "ref",
        "category": "c",
        "modelResponses": [{"response": "r", "modelIdentifier": "app"}],
        "ticket": 7,
    }

    (record,), problems, _ = read(b"\n\n" + line(**full))

    assert not problems
    assert record == Record(
        number=1, line=3, prompt="p", reference="ref", category="c", responses=(Response("app", "r"),)
    )


@pytest.mark.parametrize("file", ["live.jsonl", "bring-your-own.jsonl"])
def test_every_record_of_the_examples_is_valid(file: str) -> None:
    data = (EXAMPLES / file).read_bytes()

    records, problems, _ = read(data, rules_for(default_suite()))

    assert not problems
    assert len(records) == data.count(b"\n") >= 30


def test_the_real_dataset_keeps_its_texts_exactly() -> None:
    data = (EXAMPLES / "bring-your-own.jsonl").read_bytes()

    records, _, reader = read(data)

    lines = [json.loads(item) for item in data.decode().split("\n") if item]
    assert [(record.prompt, record.responses[0].text) for record in records] == [
        (item["prompt"], item["modelResponses"][0]["response"]) for item in lines
    ]
    assert reader.facts.sources == ("third-party-model",)


def test_keys_that_mean_nothing_here_are_tolerated() -> None:
    (record,), problems, _ = read(line(prompt="p", promptId="x", notes=None, cat="c", response="?"))

    assert not problems
    assert (record.prompt, record.category, record.responses) == ("p", None, ())


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_lines_may_end_in_lf_or_crlf_and_the_last_in_nothing(end: bytes, last: bool) -> None:
    data = end.join([line(prompt="a"), line(prompt="b")]) + (end if last else b"")

    records, problems, reader = read(data)

    assert [record.prompt for record in records] == ["a", "b"]
    assert not problems
    assert reader.facts.lines == 2


def test_blank_lines_are_skipped_and_still_counted_in_line_numbers() -> None:
    records, problems, reader = read(b"\n  \t\r\n" + line(prompt="a") + b"\n\n" + line(prompt="b") + b"\n\n")

    assert not problems
    assert [(record.number, record.line) for record in records] == [(1, 3), (2, 5)]
    assert (reader.facts.records, reader.facts.lines) == (2, 6)


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085"])
def test_unicode_line_separators_do_not_end_a_line(separator: str) -> None:
    (record,), problems, _ = read(line(prompt=f"a{separator}b"))

    assert not problems
    assert record.prompt == f"a{separator}b"


def test_a_byte_order_mark_is_skipped_at_the_start_and_refused_elsewhere() -> None:
    records, problems, _ = read(b"\xef\xbb\xbf" + line(prompt="a") + b"\n\xef\xbb\xbf" + line(prompt="b"))

    assert [record.prompt for record in records] == ["a"]
    assert [(problem.line, "byte order mark" in problem.reason) for problem in problems] == [(2, True)]


@given(st.lists(st.integers(min_value=1, max_value=9), min_size=1))
def test_a_stream_may_hand_out_pieces_of_any_size(sizes: list[int]) -> None:
    data = b"\xef\xbb\xbf" + line(prompt="grün") + b"\r\n\n" + b"{}\n" + line(prompt="语")

    def pieces() -> Iterator[bytes]:
        rest, index = data, 0
        while rest:
            size = sizes[index % len(sizes)]
            yield rest[:size]
            rest, index = rest[size:], index + 1

    problems = Problems()
    records = list(read_dataset(Chunks(pieces()), file="f.jsonl", rules=BEDROCK, problems=problems))

    assert [(record.line, record.prompt) for record in records] == [(1, "grün"), (4, "语")]
    assert places(problems.listed) == [(3, "prompt")]


# --- Fields ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({}, "prompt", "is missing"),
        ({"prompt": None}, "prompt", "is null"),
        ({"prompt": 5}, "prompt", "is a number"),
        ({"prompt": True}, "prompt", "is true or false"),
        ({"prompt": ["p"]}, "prompt", "is a list"),
        ({"prompt": ""}, "prompt", "is blank"),
        ({"prompt": " \n\u3000"}, "prompt", "is blank"),
        ({"prompt": "a\0b"}, "prompt", "U+0000"),
        ({"prompt": "p", "referenceResponse": None}, "referenceResponse", "is null"),
        ({"prompt": "p", "referenceResponse": ""}, "referenceResponse", "is blank"),
        ({"prompt": "p", "referenceResponse": {}}, "referenceResponse", "is an object"),
        ({"prompt": "p", "category": ""}, "category", "is blank"),
        ({"prompt": "p", "category": 1.5}, "category", "is a number"),
        ({"prompt": "p", "category": "a\nb"}, "category", "line break"),
        ({"prompt": "p", "category": "a\x1b[31m"}, "category", "control character"),
        ({"prompt": "p", "category": "a\u202eb"}, "category", "control character"),
        ({"prompt": "p", "category": "ä" * 129}, "category", "longer than 256 bytes"),
        ({"prompt": "p", "modelResponses": None}, "modelResponses", "is null"),
        ({"prompt": "p", "modelResponses": {}}, "modelResponses", "is an object"),
        ({"prompt": "p", "modelResponses": []}, "modelResponses", "is empty"),
        ({"prompt": "p", "modelResponses": ["r"] * 1}, "modelResponses[0]", "is text, not an object"),
    ],
)
def test_a_field_that_cannot_be_used_is_refused_with_its_line(fields: dict[str, Any], field: str, reason: str) -> None:
    problem = the_problem({"prompt": "first", **answered("app")} if "modelResponses" in fields else GOOD, fields)

    assert (problem.file, problem.line, problem.field) == ("data.jsonl", 2, field)
    assert reason in problem.reason
    assert problem.remedy


@pytest.mark.parametrize("category", ["Shopping Math", "ä" * 128, "数学 😀", "a\u200db", "C#"])
def test_a_category_may_be_any_short_label(category: str) -> None:
    assert read_objects({"prompt": "p", "category": category})[0][0].category == category


@pytest.mark.parametrize(
    ("prompt", "accepted"), [("x" * 10, True), ("x" * 11, False), ("é" * 5, True), ("é" * 6, False)]
)
def test_a_prompts_length_counts_utf8_bytes(prompt: str, accepted: bool) -> None:
    records, problems = read_objects({"prompt": prompt}, rules=DatasetRules(max_prompt_bytes=10))

    assert bool(records) is accepted
    assert accepted or "`dataset.max_prompt_bytes`" in problems[0].remedy


def test_without_a_suite_bedrocks_quota_of_4_kb_holds() -> None:
    assert read_objects({"prompt": "x" * 4096})[0]
    assert "4,096" in the_problem({"prompt": "x" * 4097}).reason


def test_every_problem_of_a_line_is_told() -> None:
    _, problems = read_objects(
        {
            "prompt": " ",
            "referenceResponse": 1,
            "category": "",
            "modelResponses": [{"response": "", "modelIdentifier": "-"}],
        }
    )

    assert places(problems) == [
        (1, "prompt"),
        (1, "referenceResponse"),
        (1, "category"),
        (1, "modelResponses[0].response"),
        (1, "modelResponses[0].modelIdentifier"),
    ]


def test_every_bad_line_is_told_and_every_good_one_comes_out() -> None:
    data = b"\n".join([line(prompt="a"), b"{", line(prompt=""), line(prompt="b"), b"[]", b'"text"', line(prompt="c")])

    records, problems, reader = read(data)

    assert [record.prompt for record in records] == ["a", "b", "c"]
    assert [record.number for record in records] == [1, 4, 7]
    assert [problem.line for problem in problems] == [2, 3, 5, 6]
    assert (reader.facts.records, reader.facts.valid) == (7, 3)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Prompt", "prompt"),
        ("PROMPT", "prompt"),
        ("prompts", "prompt"),
        ("promt", "prompt"),
        (" prompt", "prompt"),
        ("reference_response", "referenceResponse"),
        ("referenceResponses", "referenceResponse"),
        ("refrenceResponse", "referenceResponse"),
        ("reference-response", "referenceResponse"),
        ("Category", "category"),
        ("categories", "category"),
        ("modelResponse", "modelResponses"),
        ("model_responses", "modelResponses"),
        ("modelresponses", "modelResponses"),
    ],
)
def test_a_slip_in_a_key_is_refused_because_its_value_would_be_lost(wrong: str, right: str) -> None:
    record = {wrong: "x"} if right == "prompt" else {"prompt": "p", wrong: "x"}

    problem = the_problem(record)

    assert problem.field == right
    assert problem.remedy == f"rename it to `{right}`"


def test_a_slip_beside_the_right_key_is_refused_too() -> None:
    assert the_problem({"prompt": "p", "Prompt": "q"}).field == "prompt"


@pytest.mark.parametrize(
    "key", ["promptId", "prompt_id", "id", "response", "reference", "categoryCode", "model", "promt", "prompts"]
)
def test_a_users_own_key_is_not_taken_for_a_slip(key: str) -> None:
    assert read_objects({"prompt": "p", key: "x"})[0]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("ModelIdentifier", "modelIdentifier"), ("model_identifier", "modelIdentifier"), ("Response", "response")],
)
def test_a_slip_inside_an_answer_is_told_once(wrong: str, right: str) -> None:
    answer = {"response": "r", "modelIdentifier": "app"}
    answer[wrong] = answer.pop(right)

    assert the_problem({"prompt": "p", "modelResponses": [answer]}).field == f"modelResponses[0].{right}"


def test_a_key_that_may_be_private_text_is_not_repeated() -> None:
    problem = the_problem({"prompt": "p", "Category ": "x"})

    assert "Category " not in str(problem)


# --- Answers --------------------------------------------------------------------------------------------------------


def test_without_a_suite_answers_of_one_source_are_taken() -> None:
    records, problems = read_objects(answered("app"), answered("app"))

    assert not problems
    assert [record.responses[0].model for record in records] == ["app", "app"]


def test_an_answer_missing_after_records_with_answers_is_refused_with_the_first_line() -> None:
    problem = the_problem(answered("app"), GOOD, answered("app"))

    assert (problem.line, problem.field) == (2, "modelResponses")
    assert "line 1" in problem.reason


def test_an_answer_after_records_without_answers_is_refused_with_the_first_line() -> None:
    problem = the_problem(GOOD, GOOD, answered("app"))

    assert (problem.line, problem.field) == (3, "modelResponses")
    assert "line 1" in problem.reason


def test_a_second_source_is_refused_with_the_line_of_the_first() -> None:
    problem = the_problem(answered("app"), answered("app"), answered("other"))

    assert (problem.line, problem.field) == (3, "modelResponses[0].modelIdentifier")
    assert "line 1 has `app`" in problem.reason


def test_two_answers_in_a_record_are_refused_without_a_suite() -> None:
    problem = the_problem(answered("app", "app"))

    assert problem.field == "modelResponses"
    assert "2 answers" in problem.reason


@pytest.mark.parametrize("source", ["", "-app", "has blank", "a/b", "x" * 257, 5, None, "app\n"])
def test_a_source_id_that_bedrock_refuses_is_refused(source: object) -> None:
    problem = the_problem({"prompt": "p", "modelResponses": [{"response": "r", "modelIdentifier": source}]})

    assert problem.field == "modelResponses[0].modelIdentifier"


@pytest.mark.parametrize("source", ["a", "my-app", "v1.2_final", "0", "x" * 256])
def test_a_source_id_that_bedrock_takes_is_taken(source: str) -> None:
    assert read_objects(answered(source))[0]


def test_other_keys_inside_an_answer_are_tolerated() -> None:
    answer = {"response": "r", "modelIdentifier": "app", "stopReason": "END_TURN"}

    assert read_objects({"prompt": "p", "modelResponses": [answer]})[0]


def suite_rules(yaml: str) -> DatasetRules:
    text = f"version: 1\njudges: [{{model: amazon.nova-pro-v1:0}}]\n{yaml}\n"
    return rules_for(load_suite(text.encode(), name="s", file="s.yaml"))


MODEL_ONLY = "generators: [{model: amazon.nova-lite-v1:0}]"
TWO_SOURCES = "generators: [{source: a}, {source: b}, {model: amazon.nova-lite-v1:0}]"


def test_a_suite_of_models_refuses_answers_that_bedrock_would_ignore() -> None:
    problem = the_problem(GOOD, answered("app"), rules=suite_rules(MODEL_ONLY))

    assert (problem.line, problem.field) == (2, "modelResponses")
    assert "responses: auto" in problem.remedy


def test_a_suite_of_models_takes_a_dataset_without_answers() -> None:
    assert len(read_objects(GOOD, GOOD, rules=suite_rules(MODEL_ONLY))[0]) == 2


def test_a_suite_without_generators_needs_answers_in_every_record() -> None:
    records, problems = read_objects(answered("app"), GOOD, rules=suite_rules(""))

    assert len(records) == 1
    assert places(problems) == [(2, "modelResponses")]


def test_a_suite_without_generators_takes_one_source_only() -> None:
    assert the_problem(answered("app"), answered("b"), rules=suite_rules("")).line == 2


def test_declared_sources_are_brought_by_every_record_in_any_order() -> None:
    records, problems = read_objects(answered("a", "b"), answered("b", "a"), rules=suite_rules(TWO_SOURCES))

    assert not problems
    assert [[response.model for response in record.responses] for record in records] == [["a", "b"], ["b", "a"]]


@pytest.mark.parametrize(
    ("record", "field", "reason"),
    [
        (answered("a"), "modelResponses", "no answer of the source `b`"),
        (answered("a", "b", "c"), "modelResponses[2].modelIdentifier", "`c` is no source of the suite"),
        (answered("a", "b", "a"), "modelResponses[2].modelIdentifier", "`a` stands twice"),
        (GOOD, "modelResponses", "is missing"),
    ],
)
def test_a_record_that_does_not_bring_what_the_suite_declares_is_refused(
    record: dict[str, Any], field: str, reason: str
) -> None:
    problem = the_problem(answered("a", "b"), record, rules=suite_rules(TWO_SOURCES))

    assert (problem.line, problem.field) == (2, field)
    assert reason in problem.reason


@pytest.mark.parametrize("records", [(GOOD, GOOD), (answered("any"), answered("any"))])
def test_auto_takes_a_dataset_with_and_without_answers(records: tuple[dict[str, Any], ...]) -> None:
    assert len(read_objects(*records, rules=rules_for(default_suite()))[0]) == 2


def test_auto_does_not_take_a_mixture() -> None:
    assert the_problem(GOOD, answered("any"), rules=rules_for(default_suite())).line == 2


def test_a_suites_limit_for_prompts_holds() -> None:
    assert suite_rules(f"{MODEL_ONLY}\ndataset: {{max_prompt_bytes: 9}}").max_prompt_bytes == 9


def test_while_a_suite_is_broken_only_what_holds_in_any_case_is_told() -> None:
    long_prompt = {"prompt": "x" * 5000}

    records, problems = read_objects(GOOD, answered("a", "b"), long_prompt, {"prompt": ""}, rules=LENIENT_RULES)

    assert len(records) == 3
    assert places(problems) == [(4, "prompt")]


# --- Files that are no dataset --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "where", "reason"),
    [
        (b"", None, "holds no record"),
        (b"\n \r\n\t\n", None, "holds no record"),
        (b"\xef\xbb\xbf", None, "holds no record"),
        (gzip.compress(line(prompt="p"), mtime=0), None, "gzip"),
        (b"PK\x03\x04rest", None, "zip"),
        (b"PAR1rest", None, "Parquet"),
        ('{"prompt": "p"}'.encode("utf-16"), None, "UTF-16"),
        ('{"prompt": "p"}'.encode("utf-16-le"), None, "UTF-16"),
        ('{"prompt": "p"}'.encode("utf-16-be"), None, "UTF-16"),
        ('{"prompt": "p"}'.encode("utf-32"), None, "UTF-32"),
        (json.dumps([GOOD, GOOD]).encode(), 1, "JSON array"),
        (json.dumps([GOOD, GOOD], indent=1).encode(), 1, "JSON array"),
        (b"\n" + json.dumps([GOOD], indent=1).encode(), 2, "JSON array"),
        (json.dumps({**GOOD, "category": "c"}, indent=2).encode(), 1, "several lines"),
    ],
)
def test_a_file_of_another_kind_is_recognised_with_one_problem(data: bytes, where: int | None, reason: str) -> None:
    records, problems, reader = read(data)

    assert not records
    assert [(problem.line, reason in problem.reason) for problem in problems] == [(where, True)]
    assert problems[0].remedy
    assert reader.sha256 == hashlib.sha256(data).hexdigest()


def test_a_line_up_to_the_cap_is_read_and_a_longer_one_refused() -> None:
    fits = line(prompt="a").ljust(50)
    data = fits + b"\r\n" + fits + b" \n" + b"x" * 600_000 + b"\n" + line(prompt="z")

    records, problems, reader = read(data, DatasetRules(max_line_bytes=50))

    assert [record.line for record in records] == [1, 4]
    assert [(problem.line, "longer than 50 bytes" in problem.reason) for problem in problems] == [(2, True), (3, True)]
    assert reader.sha256 == hashlib.sha256(data).hexdigest()


def test_a_last_line_that_is_too_long_and_never_ends_is_refused() -> None:
    _, problems, _ = read(line(prompt="a") + b"\n" + b"x" * 1_000_000, DatasetRules(max_line_bytes=100))

    assert [problem.line for problem in problems] == [2]


# --- Facts ----------------------------------------------------------------------------------------------------------


def test_the_facts_count_what_the_file_holds() -> None:
    data = b"\n".join(
        [
            line(prompt="one", category="b", referenceResponse="r"),
            line(prompt="two", category="a"),
            b"",
            line(prompt="one"),
            line(prompt=""),
        ]
    )

    facts = read(data)[2].facts

    assert facts.to_json() == {
        "size_bytes": len(data),
        "lines": 5,
        "records": 4,
        "valid": 3,
        "prompt_bytes": 9,
        "with_reference": 1,
        "with_responses": 0,
        "without_category": 1,
        "other_categories": 0,
        "categories": {"a": 1, "b": 1},
        "sources": [],
        "duplicate_prompts": 1,
        "prompts_compared": 2,
    }


def test_facts_are_there_only_after_the_end() -> None:
    reader = read_dataset(io.BytesIO(line(**GOOD)), file="f.jsonl", rules=BEDROCK, problems=Problems())
    next(reader)

    with pytest.raises(RuntimeError, match="not been read to its end"):
        _ = reader.facts
    with pytest.raises(RuntimeError, match="not been read to its end"):
        _ = reader.sha256


def test_there_is_no_hash_that_was_not_asked_for() -> None:
    reader = read_dataset(io.BytesIO(line(**GOOD)), file="f.jsonl", rules=BEDROCK, problems=Problems())
    reader.read_to_end()

    with pytest.raises(RuntimeError, match="does not hash"):
        _ = reader.sha256


def test_more_categories_than_a_report_can_show_are_refused_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_facts, "LISTED_CATEGORIES", 2)

    (problem,) = read(b"\n".join(line(prompt=name, category=name) for name in "abcd"))[1]

    assert (problem.line, problem.field) == (None, "category")
    assert "more than 2 different values" in problem.reason


def test_categories_and_prompts_beyond_the_caps_are_still_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_facts, "LISTED_CATEGORIES", 2)
    monkeypatch.setattr(dataset_facts, "COMPARED_PROMPTS", 2)

    facts = read(b"\n".join(line(prompt=name, category=name) for name in "abccab"))[2].facts

    assert (facts.categories, facts.other_categories) == ({"a": 2, "b": 2}, 2)
    assert (facts.duplicate_prompts, facts.prompts_compared) == (2, 2)


# --- Properties -----------------------------------------------------------------------------------------------------


@given(st.binary(max_size=400), st.sampled_from(list(Responses)))
def test_any_bytes_are_records_or_problems(data: bytes, responses: Responses) -> None:
    records, problems, reader = read(data, DatasetRules(responses=responses, sources=frozenset({"a"})))

    assert reader.facts.valid == len(records)
    assert problems or records


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
ANSWERS = st.lists(st.dictionaries(st.sampled_from(["response", "modelIdentifier"]), VALUES, max_size=2), max_size=2)
RECORDS = st.dictionaries(
    st.sampled_from(["prompt", "referenceResponse", "category", "modelResponses", "Prompt", "x"]),
    VALUES
    | st.lists(st.dictionaries(st.sampled_from(["response", "modelIdentifier"]), VALUES, max_size=2), max_size=2),
)


@given(st.lists(RECORDS, min_size=1, max_size=4), st.sampled_from(list(Responses)))
def test_each_line_gives_a_record_or_a_problem_and_never_both(objects: list[dict[str, Any]], rule: Responses) -> None:
    rules = DatasetRules(responses=rule, sources=frozenset({"a"}))

    records, problems, _ = read(b"\n".join(line(**item) for item in objects), rules)

    good, bad = {record.line for record in records}, {problem.line for problem in problems}
    assert good | bad == set(range(1, len(objects) + 1))
    assert not good & bad


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1))
def test_no_problem_repeats_the_text_of_a_prompt_or_an_answer(noise: str) -> None:
    private = f"CANARY-{noise}"
    objects: list[dict[str, Any]] = [
        {"prompt": private * 500},
        {"Prompt": private, "category": private + "\n"},
        {"prompt": {"text": private}, "referenceResponse": [private], "category": private * 300},
        {"prompt": private + "\0", "modelResponses": [{"response": [private], "modelIdentifier": private + "!"}]},
        {"prompt": " ", private: private, "modelResponses": private},
    ]
    broken = [b'{"prompt": "' + private.encode() + b'" x}', b'"' + private.encode(), private.encode() + b"\xff"]

    _, problems, _ = read(b"\n".join([line(**item) for item in objects] + broken))

    assert problems
    assert not [problem for problem in problems if "CANARY" in str(problem)]


def test_memory_does_not_grow_with_the_file() -> None:
    def peak_of(records: int) -> int:
        good, bad = line(prompt="same", category="c") + b"\n", b'{"prompt": ""}\n'
        pieces = (good * 90 + bad * 10 for _ in range(records // 100))
        problems = Problems(limit=50)
        tracemalloc.start()
        try:
            count = sum(1 for _ in read_dataset(Chunks(pieces), file="f.jsonl", rules=BEDROCK, problems=problems))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert (count, problems.count, len(problems.listed)) == (records * 9 // 10, records // 10, 50)
        return peak

    peak_of(1_000)

    assert peak_of(20_000) < peak_of(4_000) + 50_000
