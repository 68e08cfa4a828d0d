"""What stands in a terminal is text and nothing else."""

from __future__ import annotations

import unicodedata

from gavel_cli.output import visible
from tests.naughty import NAUGHTY


def test_no_naughty_string_reaches_a_terminal_as_anything_but_text() -> None:
    for text in NAUGHTY:
        shown = visible(text)
        acting = [one for one in shown if unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
        assert set(acting) <= {"\u200c", "\u200d"}, text
        assert not any(ord(one) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(one) <= 0xFDEF for one in shown), text
        shown.encode("utf-8")


def test_what_needs_no_escape_stays_as_it_is() -> None:
    for text in ("plain", "Grüße 日本語 العربية", "👩\u200d💻", "क\u094dष", ""):
        assert visible(text) == text
