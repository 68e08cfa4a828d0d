"""Texts that are known to break programs: the Big List of Naughty Strings, and some that it lacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).parent / "data" / "naughty_strings" / "blns.json"

BIG_LIST: Final[tuple[str, ...]] = tuple(json.loads(_FILE.read_text(encoding="utf-8")))

# What acts in a terminal, a spreadsheet, XML or GitHub's Markdown.
MORE: Final = (
    "\x1b[2J\x1b]0;title\x07",
    "\x00\x01\x08\x0b\x0c\x0e\x1f\x7f\x80\x9f",
    "\ud800 half a pair \udfff",
    "\ufffe\uffff\ufdd0\ufdef\U0001ffff\U0010ffff",
    "\u202egnp.exe\u2066x\u2069\u200e\u200f",
    "\u2028line\u2029paragraph\x85next",
    "\U000e0041\U000e007f\ufeff\u00ad\u200b\u2060",
    "a | b \\| c \\\\| d",
    "`|` ``|`` ```|",
    "```\ncode\n```",
    "a\n\n# heading\n\n- item\n| cell |",
    "\r\n=cmd|' /C calc'!A0",
    "\ufeff=1+1",
    "\u00a0@SUM(A1)",
    "@octocat @org/team #123 GH-123 octocat/repo#1 octocat/repo@deadbeefdeadbeef :+1: :tada:",
    "deadbeefcafe",
    "1234567",
    "https://example.com www.example.com example.com mailto:a@example.com a@example.com ftp://example.com",
    "[x](javascript:alert(1)) ![y](https://example.com/p.png) <https://example.com> [z]: https://example.com",
    "<img src=x onerror=alert(1)><script>alert(1)</script><!-- --><b>&lt;&amp;&#64;octocat",
    "$\\href{javascript:alert(1)}{x}$ $$x$$ ~~x~~ **x** _x_ [^1] - [ ] task",
    "]]>&x;<!DOCTYPE x [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
    "`",
    "``",
    " ` ",
    "\\",
    "|",
    " ",
    "\t",
    "'=1",
)
NAUGHTY: Final = (*BIG_LIST, *MORE)
