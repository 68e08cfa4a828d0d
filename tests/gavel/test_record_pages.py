"""Pages of records out of score files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gavel.results.parquet import write_scores
from gavel.results.record_pages import LONGEST_TEXT, PAGE_CHARACTERS, Wanted, matching_records, page_of
from gavel.results.scores import ScoreRow

if TYPE_CHECKING:
    from pathlib import Path

NASTY = "x' OR 1=1; --"


def row(number: int, generator: str = "a", metric: str = "m", value: float | None = 0.5, **more: Any) -> ScoreRow:
    texts = {"prompt": f"prompt {number}", "response": f"answer {number} of {generator}", "explanation": "because"}
    missing = value is None and "label" not in more
    return ScoreRow(
        number,
        more.pop("category", "c"),
        generator,
        more.pop("judge", "j"),
        metric,
        value,
        missing=missing,
        **texts | more,
    )


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    first, second = tmp_path / "g0.parquet", tmp_path / "g1.parquet"
    rows = [row(number, value=number / 10, category="even" if number % 2 == 0 else "odd") for number in range(1, 8)]
    write_scores(first, [*rows, row(8, value=None, category=NASTY)])
    write_scores(second, [row(number, generator="b", value=1.0) for number in range(1, 9)])
    return [first, second]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Wanted(), [1, 2, 3, 4, 5, 6, 7, 8]),
        (Wanted(category="odd"), [1, 3, 5, 7]),
        (Wanted(generator="a", below=0.35), [1, 2, 3]),
        (Wanted(generator="b", below=0.35), []),
        (Wanted(missing=True), [8]),
        (Wanted(category=NASTY), [8]),
        (Wanted(generator=NASTY), []),
        (Wanted(metric="other"), []),
        (Wanted(judge="j", metric="m", category="even", below=0.5), [2, 4]),
    ],
)
def test_a_record_is_found_when_one_score_fits_all_filters(
    files: list[Path], wanted: Wanted, numbers: list[int]
) -> None:
    assert matching_records(files, wanted, after=0, limit=100) == numbers
    pages = [matching_records(files, wanted, after=after, limit=1) for after in range(8)]
    assert sorted({number for page in pages for number in page}) == numbers


def test_a_record_holds_every_answer_with_its_scores(files: list[Path]) -> None:
    (shown,) = page_of(files, Wanted(), [3])

    assert (shown["record"], shown["prompt"], shown["category"], shown["cut"]) == (3, "prompt 3", "odd", False)
    assert [answer["generator"] for answer in shown["answers"]] == ["a", "b"]
    assert shown["answers"][1]["response"] == "answer 3 of b"
    assert shown["answers"][0]["scores"][0]["value"] == 0.3


def test_scores_of_others_than_the_filter_names_are_left_out(files: list[Path]) -> None:
    (shown,) = page_of(files, Wanted(generator="b"), [3])

    assert [answer["generator"] for answer in shown["answers"]] == ["b"]


def test_a_page_ends_before_it_is_too_long_and_has_one_record_at_least(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    half = "\u2603" * LONGEST_TEXT
    write_scores(path, [row(number, prompt=half, response=half, explanation=half * 20) for number in (1, 2, 3, 4)])

    page = page_of([path], Wanted(), [1, 2, 3, 4])

    assert [shown["record"] for shown in page] == [1, 2]
    assert page[0]["cut"]
    assert len(page[0]["answers"][0]["scores"][0]["explanation"]) == LONGEST_TEXT
    assert len(str(page)) < 2 * PAGE_CHARACTERS
