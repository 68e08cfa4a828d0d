"""What a reading found out: counts, size and hash, in bounded memory."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from gavel.datasets import facts as dataset_facts
from gavel.datasets.reader import read_dataset
from gavel.problems import Problems
from tests.gavel.dataset_builders import BEDROCK, GOOD, Chunks, line, read


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
