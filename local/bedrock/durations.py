"""How long real jobs take: one function, with its sources."""

from __future__ import annotations

from typing import Final

# Public observations: a handful of prompts with one metric took 7 min 9 s; 30 prompts with 11 metrics take about
# 10 minutes; 30-50 prompts 5-15 minutes; large jobs "a number of hours". A line through the first two.
_BASE_SECONDS: Final = 426.0
_SECONDS_PER_SCORE: Final = 0.527

# GUESSES, each: how long a job waits before it touches S3, before it finds a faulty dataset, and how long a stop and a
# deletion take.
START_SECONDS: Final = 20.0
FAILURE_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0
DELETE_SECONDS: Final = 30.0

# The output file is there a little before the status says Completed.
OUTPUT_SHARE: Final = 0.97


def duration_seconds(prompts: int, metrics: int) -> float:
    """Seconds that a real job with so many prompts and metrics takes from creation to Completed."""
    return _BASE_SECONDS + _SECONDS_PER_SCORE * prompts * metrics
