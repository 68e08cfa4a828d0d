"""Which pattern of keys an object belongs to, without anything that a user or a run has named."""

from __future__ import annotations

import re
from typing import Final

_PATTERNS: Final = tuple(
    (re.compile(pattern), shown)
    for pattern, shown in (
        (r"suites/.+", "suites/*.yaml"),
        (r"datasets/.+", "datasets/*"),
        (r"answers/.+", "answers/*"),
        (r"evaluations/[^/]+/bedrock/.+", "evaluations/*/bedrock/*"),
        (r"evaluations/[^/]+/plan/shards/.+\.numbers\.json", "evaluations/*/plan/shards/*.numbers.json"),
        (r"evaluations/[^/]+/plan/shards/.+", "evaluations/*/plan/shards/*.jsonl"),
        (r"evaluations/[^/]+/plan/runs/.+", "evaluations/*/plan/runs/*"),
        (r"evaluations/[^/]+/plan/[a-z]+\.jsonl", "evaluations/*/plan/*.jsonl"),
        (r"evaluations/[^/]+/scores/.+", "evaluations/*/scores/*.parquet"),
        (r"evaluations/[^/]+/(?P<file>[a-z]+\.[a-z]+)", "evaluations/*/"),
    )
)
OTHER: Final = "another key"


def pattern_of(key: str) -> str:
    """The pattern, such as `evaluations/*/summary.json`."""
    for pattern, shown in _PATTERNS:
        if match := pattern.fullmatch(key):
            return shown + match.groupdict().get("file", "")
    return OTHER
