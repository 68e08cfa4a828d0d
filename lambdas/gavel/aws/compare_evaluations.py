"""Compares two deployed evaluations record by record."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

from gavel.aws.dataset_check import TooLargeError
from gavel.aws.evaluation_side import read_evaluation
from gavel.problems import Problems
from gavel.results.sides import Joined, Side, comparisons

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.aws.storage import Bucket

# Scores on both sides that one call can join in its half minute; measured: 250,000 in about 10 s.
MOST_SCORES: Final = 300_000
_LONGEST_ANSWER: Final = 4_000_000  # bytes; an answer of a Lambda takes 6 MB


def compare_evaluations(
    a: Mapping[str, Any], b: Mapping[str, Any], *, bucket: Bucket, by_category: bool
) -> dict[str, Any]:
    """The comparisons of two evaluations given by their heads, as `gavel compare A B --json` prints them.

    Without `by_category` only those over all records. Raises TooLargeError where that is more than a call can do.
    """
    scores = sum(_scores(head) for head in (a, b))
    if scores > MOST_SCORES:
        raise TooLargeError(
            f"The two evaluations have {scores:,} scores, and a call compares {MOST_SCORES:,} at most; "
            "use `gavel compare A B`."
        )
    problems = Problems(limit=100)
    sides = [Side(head["evaluation_id"]) for head in (a, b)]
    for side, head in zip(sides, (a, b), strict=True):
        read_evaluation(side, problems, bucket=bucket, status=head["status"])
    found = []
    if all(side.records for side in sides):
        found = comparisons(sides[0], sides[1], Joined.of(sides[0], sides[1]), problems)
    shown = [one.to_json() for one in found if by_category or one.category is None]
    body = {
        "schema_version": 1,
        "a": a["evaluation_id"],
        "b": b["evaluation_id"],
        "comparisons": shown,
        "problem_count": problems.count,
        "problems": [problem.to_json() for problem in problems.listed],
    }
    if len(json.dumps(body)) > _LONGEST_ANSWER:
        raise TooLargeError("There are too many categories for one answer; leave out `by_category`.")
    return body


def _scores(head: Mapping[str, Any]) -> int:
    """Scores that an evaluation has: records × generators × metrics × judges."""
    sizes = (len(head.get(name, ())) for name in ("generators", "metrics", "judges"))
    return int(head.get("records", 0)) * math.prod(sizes)
