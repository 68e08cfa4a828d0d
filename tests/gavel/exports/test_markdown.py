"""The comment on a pull request, read by GitHub's own parser and by another one."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from markdown_it import MarkdownIt

from gavel.exports.inert_markdown import code, prose, row
from gavel.exports.markdown import MOST_CHARACTERS, pull_request_comment
from gavel.gates.decision import Decision, Outcome
from gavel.report.data import ReportData
from gavel.visible_text import visible
from tests.gavel.exports.builders import comparison, gate, head, hostile, summary
from tests.naughty import NAUGHTY

REPORT = "s3://bucket/evaluations/mine-0123456789abcdef/report.html"
OWN_TAGS = {"h2", "h3", "p", "code", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}
OWN_TOKENS = {"text", "code_inline", "softbreak"}
# What GitHub makes links or pictures of in text that is no code, after the parser: mentions, references to issues and
# commits, addresses, emoji, formulas.
ACTS = re.compile(r"[@#$\\<>`*_~^|]|\b[0-9a-fA-F]{7}|\w-\d|:\w+:|://|www\.|\w\.[a-z]")
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


class Page(HTMLParser):
    """What a browser makes of the comment: tags, attributes, texts in and outside of code, cells of each row."""

    def __init__(self, markdown: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.plain: list[str] = []
        self.code: list[str] = []
        self.rows: list[int] = []
        self._in_code = False
        self.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag == "code":
            self._in_code = True
            self.code.append("")
        elif tag == "tr":
            self.rows.append(0)
        elif tag in {"td", "th"}:
            self.rows[-1] += 1

    def handle_endtag(self, tag: str) -> None:
        self._in_code = self._in_code and tag != "code"

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.code[-1] += data
        else:
            self.plain.append(data)

    def handle_comment(self, data: str) -> None:
        self.tags.append("comment")


def data(*outcomes: Outcome, **fields: object) -> ReportData:
    results = tuple(gate(outcome, place=place) for place, outcome in enumerate(outcomes))
    whole = ReportData(
        head=head(),
        summaries=[summary("lite"), summary("micro")],
        comparisons=[comparison(), comparison(metric="Builtin.Coherence")],
        scores=[],
        decision=Decision(results),
    )
    return replace(whole, **fields)  # type: ignore[arg-type] # fields of the evaluation


def comment(given: ReportData) -> str:
    return pull_request_comment(given, report=REPORT)


def test_the_verdict_and_one_sentence_come_first() -> None:
    lines = comment(data(Outcome.PASS, Outcome.FAIL)).splitlines()

    assert lines[:3] == ["## ❌ Gavel: FAIL", "", "Verdict: 1 of 2 gates fails: The mean of lite is 0.75."]


def test_gates_that_fail_stand_before_those_that_pass() -> None:
    text = comment(data(Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.FAIL))

    assert text.index("❌ FAIL |") < text.index("❔ INCONCLUSIVE |") < text.index("✅ PASS |")


def test_without_gates_the_comparisons_have_the_first_word() -> None:
    lines = comment(data()).splitlines()

    assert lines[0] == "## Gavel: lite leads"
    assert "### Gates" not in lines


def test_models_stand_side_by_side_with_their_intervals() -> None:
    text = comment(data())

    low, high = summary().interval or (0, 0)
    mean = f"0.750 [{low:.3f}, {high:.3f}], 1 missing"
    assert "| Metric | `lite` | `micro` |" in text
    assert f"| `Correctness` | {mean} | {mean} |" in text
    assert "- `lite` is better than `micro` on `Correctness`, judged by `pro`:" in text
    assert "+0.250 [+0.100, +0.400] on 2 records." in text
    assert f"Report: `{REPORT}`" in text
    assert "Coverage: 4 of 6 scores (66.7 %) on 3 records; 2 jobs, all finished." in text


def test_many_models_stand_below_each_other() -> None:
    names = tuple(f"m{number}" for number in range(6))
    page = Page(comment(data(head=head(generators=names), summaries=[summary(name) for name in names])))

    assert page.rows == [3] * 7


@pytest.mark.parametrize("models", [2, 6])
def test_it_is_never_longer_than_github_allows_and_says_what_it_leaves_out(models: int) -> None:
    names = tuple(f"model-{number}" for number in range(models))
    long = "a sentence of many words " * 20
    given = data(
        head=head(generators=names),
        summaries=[summary(name, metric=f"m{number}") for name in names for number in range(2_000)],
        comparisons=[comparison(*names[:2], metric=f"m{number}") for number in range(2_000)],
        decision=Decision(tuple(gate(Outcome.FAIL, place=place, sentence=long) for place in range(400))),
    )

    text = comment(given)

    assert len(text) <= MOST_CHARACTERS
    assert len(text) > 0.9 * MOST_CHARACTERS
    assert re.search(r"\d+ more rows would pass the 65,536 characters that a comment may have", text)
    assert text.rstrip().endswith(f"Report: `{REPORT}`")
    assert set(Page(text).tags) <= OWN_TAGS


@pytest.mark.parametrize("gates", [True, False])
def test_every_naughty_string_is_shown_and_has_no_effect(gates: bool) -> None:
    other = MarkdownIt("gfm-like")
    plain = Page(comment(hostile("name", gates=gates)))
    for text in NAUGHTY:
        markdown = comment(hostile(text, gates=gates))
        page = Page(markdown)

        # No link, image, HTML, and the same table as for a harmless name.
        assert set(page.tags) <= OWN_TAGS, text
        assert page.attributes == [], text
        assert page.rows == plain.rows, text
        assert not HIDDEN.search(markdown), text
        assert not [words for words in page.plain if ACTS.search(words)], text
        if len(text) <= 40 and text.strip():
            assert visible(text) in page.code, text
        tokens = [token for block in other.parse(markdown) for token in block.children or ()]
        assert {token.type for token in tokens} <= OWN_TOKENS, text


def test_a_code_span_shows_the_text_in_paragraph_cell_and_list() -> None:
    for text in NAUGHTY:
        shown = code(text, longest=10_000)
        page = Page(f"{row('a', shown)}\n{row('---', '---')}\n{row(shown, 'b')}\n\np {shown} p\n\n- l {shown} l\n")

        assert page.rows == [2, 2], text
        assert page.code == ([visible(text)] * 4 if visible(text).strip() else []), text


def test_plain_words_and_numbers_of_a_sentence_stay_plain() -> None:
    sentence = "Mean of Correctness is 0.75 (95 % interval 0.5 to 0.9), below 0.8."
    assert prose(sentence) == sentence
    assert prose("amazon.nova-lite-v1:0 is better.") == "`amazon.nova-lite-v1:0` is better."
