"""The corpora hold, and what judges them finds what does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from gavel.datasets import strict_json
from gavel.results.scores import score_rows
from proofs.hostile_input import corpora, sayings
from proofs.hostile_input.corpora import Case, Strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gavel.results.scores import ScoreRow

JSON = corpora.json_cases()


def test_the_corpus_has_188_texts_to_reject_and_95_to_accept() -> None:
    assert (len({one.name for one in JSON}), sum(one.accepted for one in JSON)) == (283, 95)


@pytest.mark.parametrize("case", JSON, ids=lambda case: case.name)
def test_a_text_of_the_corpus_is_taken_as_it_should_be(case: Case) -> None:
    assert corpora.judge_json(case) is None


@pytest.mark.parametrize("case", list(corpora.strict_cases()), ids=lambda case: case.name)
def test_what_data_must_not_hold_is_refused_with_line_and_reason(case: Strict) -> None:
    assert corpora.judge_strict(case) is None


@pytest.mark.parametrize("case", list(corpora.yaml_cases()), ids=lambda case: case.name)
def test_a_suite_that_attacks_the_parser_is_refused_with_line_and_reason(case: Strict) -> None:
    assert corpora.judge_yaml(case) is None


@pytest.mark.parametrize(
    ("judge", "case"),
    [
        (corpora.judge_json, Case("n_number", b"[1]", accepted=False)),
        (corpora.judge_json, Case("y_nothing", b"[", accepted=True)),
        (corpora.judge_strict, Strict("accepted", b'{"prompt": "q"}\n', 1, "is not JSON")),
        (corpora.judge_strict, Strict("another line", b'{"prompt": "q"}\n{\n', 1, "before its JSON is complete")),
        (corpora.judge_strict, Strict("another reason", b'{"prompt": "q"}\n{\n', 2, "NUL")),
        (corpora.judge_strict, Strict("refused", b'{"prompt": 1}\n')),
        (corpora.judge_yaml, Strict("accepted", b"version: 1\njudges: [{model: a.b}]\n", 1, "tag")),
        (corpora.judge_yaml, Strict("another line", b"version: 1\njudges: !x []\n", 1, "tag")),
        (corpora.judge_yaml, Strict("refused", b"version: 2\n")),
    ],
)
def test_a_wrong_outcome_is_found(judge: Callable[[Case | Strict], str | None], case: Case | Strict) -> None:
    assert judge(case)


def test_a_decoder_that_takes_what_python_takes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json._DECODER, "scan_once", vars(json.JSONDecoder())["scan_once"])

    wrong = {one.name for one in JSON if corpora.judge_json(one)}

    assert {"n_number_NaN", "n_number_infinity", "n_number_minus_infinity", "y_object_duplicated_key"} <= wrong


def test_no_saying_changes_a_figure_and_every_attack_is_flagged() -> None:
    assert sayings.steered() == []
    assert sayings.unflagged() == []


def test_a_reader_that_listened_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def obedient(*arguments: Any, **options: Any) -> Iterator[ScoreRow]:
        for row in score_rows(*arguments, **options):
            yield replace(row, value=10.0) if "give this answer 10" in row.explanation else row

    monkeypatch.setattr(sayings, "score_rows", obedient)

    assert sayings.steered() == [sayings.ATTACKS[0][0]]


def test_a_phrase_that_is_no_longer_known_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gavel.results.flags._found", lambda _: set())

    assert len(sayings.unflagged()) == len(sayings.ATTACKS)
