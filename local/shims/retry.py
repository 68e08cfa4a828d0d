"""When a state is tried again, and after how long.

AWS: the n-th retry waits IntervalSeconds x BackoffRate^(n-1), at most MaxDelaySeconds; JitterStrategy FULL takes a
random part of that. States.ALL catches neither States.Runtime nor States.DataLimitExceeded; States.TaskFailed catches
all that States.ALL does but States.Timeout (Developer Guide, "Handling errors"). ministack knows neither
MaxDelaySeconds nor JitterStrategy, cuts every delay at 60 s, and lets the wildcards catch everything.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

from ministack.services import stepfunctions as sfn

from local.shims.current import stop_if_ended
from local.shims.expected import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

UNCATCHABLE: Final = frozenset({"States.Runtime", "States.DataLimitExceeded"})
# What ministack is told after the wait is over: to wait no more.
AT_ONCE: Final = {"IntervalSeconds": 0, "BackoffRate": 1.0}


def apply() -> None:
    """Match and wait as AWS does."""
    replace(sfn, "_error_matches", lambda _original: error_matches)
    replace(sfn, "_find_matching_retrier", _waiting)


def error_matches(error_equals: Sequence[str], error: str) -> bool:
    """Whether a retrier's or catcher's ErrorEquals covers the error's name."""
    if error in error_equals:
        return True
    if error in UNCATCHABLE:
        return False
    return "States.ALL" in error_equals or ("States.TaskFailed" in error_equals and error != "States.Timeout")


def delay(retrier: dict[str, Any], retries_so_far: int, part: float) -> float:
    """Seconds before the next retry, unscaled; `part` in [0, 1] is the random part that full jitter takes."""
    seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** retries_so_far
    seconds = min(seconds, retrier.get("MaxDelaySeconds", seconds))
    return float(seconds * part if retrier.get("JitterStrategy") == "FULL" else seconds)


def _waiting(original: Callable[..., Any]) -> Callable[..., Any]:
    """Waits itself, because ministack would cut the delay that it computes."""

    def find_matching_retrier(
        retriers: list[dict[str, Any]], error: str, retry_counts: dict[int, int]
    ) -> tuple[dict[str, Any] | None, int]:
        stop_if_ended()
        retrier, index = original(retriers, error, retry_counts)
        if retrier is None:
            return None, index
        sfn._scaled_sleep(delay(retrier, retry_counts.get(index, 0), random.random()))  # noqa: S311 - spreads load only
        return AT_ONCE, index

    return find_matching_retrier
