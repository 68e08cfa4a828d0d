"""How long a Bedrock evaluation job is expected to take, how long its end is waited for, and when to look at it.

Bedrock publishes no completion event and no progress for evaluation jobs. The output of a job tells of its end; one
that fails writes none, so somebody has to look when too much time has passed. Public reports: a handful of records on
one metric took 7 minutes, 30 to 50 records on ten metrics 5 to 15 minutes, large jobs hours.
"""

from __future__ import annotations

from typing import Final

_START_SECONDS: Final = 300.0
_SECONDS_PER_SCORE: Final = 0.9
_FIRST_LOOK_SHARE: Final = 0.75
_SHORTEST_WAIT: Final = 30
_LONGEST_WAIT: Final = 900
_TIMEOUT_SHARE: Final = 2
SHORTEST_TIMEOUT: Final = 3600
LONGEST_TIMEOUT: Final = 21_600


def expected_seconds(*, records: int, metrics: int) -> int:
    """Expected duration of a job in seconds: a fixed start-up and a share for every score."""
    return round(_START_SECONDS + _SECONDS_PER_SCORE * records * metrics)


def timeout_seconds(*, expected: int) -> int:
    """Seconds for which the end of a job is waited for before somebody looks: twice its duration, 1 to 6 hours.

    It bounds what happens when everything else fails: a job's output wakes the wait, and the reconciler wakes it, every
    quarter of an hour, for a job that Bedrock no longer runs.
    """
    return min(max(SHORTEST_TIMEOUT, expected * _TIMEOUT_SHARE), LONGEST_TIMEOUT)


def wait_seconds(*, expected: int, looks: int) -> int:
    """Seconds until the next look, given how many looks were taken: 30 to 900.

    The first wait spans most of the expected duration; later ones start at a tenth of it and grow by a quarter each,
    so a late job costs few looks and a punctual one is noticed soon. None is longer than a quarter of an hour, since a
    stop that was asked for is noticed at a look.
    """
    if looks == 0:
        return min(max(_SHORTEST_WAIT, round(expected * _FIRST_LOOK_SHARE)), _LONGEST_WAIT)
    wait = expected * 0.1 * 1.25 ** min(looks - 1, 40)
    return round(min(max(wait, _SHORTEST_WAIT), _LONGEST_WAIT))
