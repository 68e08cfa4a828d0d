"""The ends of the scale that scores are on, where only the scores and the metric's own ratings are known.

Bedrock was seen to normalise a scale of numbers to 0..1 and documents it nowhere, so scores may be the ratings or what
they are normalised to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ROUNDED = 1e-3  # results hold four decimals


def scale_ends(scores: Iterable[float], ratings: Sequence[float] = ()) -> tuple[float, float] | None:
    """The lowest and the highest score that can be.

    `ratings` are those of a custom metric, as its suite has them. Where the scores may be either, as when all are 1
    on a scale from 1 to 5, the ends are those of both. None where no rating is known and a score lies beyond 0..1.
    """
    found = list(scores)
    normal = all(0 <= score <= 1 for score in found)
    if not ratings:
        return (0.0, 1.0) if normal else None
    low, high = min(ratings), max(ratings)
    steps = [(rating - low) / (high - low) for rating in ratings] if high > low else [0.0, 1.0]
    as_normalised, as_rated = _among(found, steps), _among(found, ratings)
    if as_normalised and not as_rated:
        return 0.0, 1.0
    if as_rated and not as_normalised:
        return low, high
    return min(0.0, low, *found), max(1.0, high, *found)


def _among(scores: Iterable[float], steps: Sequence[float]) -> bool:
    return all(any(abs(score - step) <= _ROUNDED for step in steps) for score in scores)
