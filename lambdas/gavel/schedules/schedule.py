"""One suite's schedule, and the check of its expression."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from gavel.problems import InvalidInputError, Problem, Problems

SHORTEST_MINUTES: Final = 60
# What the check below accepts, for documents: nearly all of what EventBridge Scheduler takes and no more.
_PART: Final = r"[0-9A-Za-z*,/#-]{1,20}"
EXPRESSION_PATTERN: Final = (
    r"^(rate\(([2-9]|[1-9][0-9]{1,3}) (hours|days)\)|rate\(1 (hour|day)\)"
    rf"|cron\([0-5]?[0-9] {_PART} ({_PART} {_PART} \?|\? {_PART} {_PART}) {_PART}\))$"
)
_RATE: Final = re.compile(r"rate\((\d{1,6}) (minute|hour|day)s?\)")
_CRON: Final = re.compile(r"cron\((.*)\)")
_FIELD: Final = re.compile(r"[0-9A-Za-z*,/?#-]{1,100}")
_FIELDS: Final = ("minutes", "hours", "day of month", "month", "day of week", "year")
_MINUTES: Final = {"minute": 1, "hour": 60, "day": 1440}
_EXAMPLES: Final = "such as cron(0 6 ? * MON-FRI *) or rate(1 day)"


class Overlap(StrEnum):
    """What a run does when an evaluation of its suite has not ended yet."""

    SKIP = "skip"
    START = "start"


@dataclass(frozen=True)
class Schedule:
    """A suite is evaluated on a dataset as it is at that time, whenever the expression says so in the time zone.

    A run that comes more than `start_within_minutes` after its time is missed and does not start.
    """

    suite: str
    expression: str
    timezone: str
    dataset: str
    enabled: bool = True
    overlap: Overlap = Overlap.SKIP
    start_within_minutes: int = 60

    def to_json(self) -> dict[str, Any]:
        """The schedule as a JSON object."""
        return {**asdict(self), "overlap": self.overlap.value}


def check_expression(expression: str) -> None:
    """Raise InvalidInputError for what EventBridge Scheduler would not take, or what would start far too often.

    `rate(value unit)` and `cron(minutes hours day-of-month month day-of-week year)`, of whose days one is `?`
    (EventBridge Scheduler user guide, "Schedule types"). A schedule cannot start evaluations more than once an hour:
    each costs money, and a slip of `*` in the minutes would start 1,440 a day.
    """
    problems = Problems()
    for reason, remedy in _wrong(expression):
        problems.add(Problem("schedule", None, "expression", reason, remedy))
    if problems:
        raise InvalidInputError(problems)


def rate_interval(expression: str) -> timedelta | None:
    """How long a rate waits between two runs; None for a cron expression."""
    rate = _RATE.fullmatch(expression)
    return timedelta(minutes=int(rate[1]) * _MINUTES[rate[2]]) if rate else None


def _wrong(expression: str) -> list[tuple[str, str]]:
    if rate := _RATE.fullmatch(expression):
        minutes = int(rate[1]) * _MINUTES[rate[2]]
        if minutes < SHORTEST_MINUTES:
            return [("starts evaluations more than once an hour", "use rate(1 hour) or more")]
        return []
    cron = _CRON.fullmatch(expression)
    if cron is None:
        return [("is neither a rate nor a cron expression", f"write one {_EXAMPLES}")]
    fields = cron[1].split(" ")
    if len(fields) != len(_FIELDS):
        return [(f"has {len(fields)} fields instead of {len(_FIELDS)}: {', '.join(_FIELDS)}", f"write it {_EXAMPLES}")]
    found = [
        (f"has a field for the {name} that is no cron field", f"write it {_EXAMPLES}")
        for name, text in zip(_FIELDS, fields, strict=True)
        if not _FIELD.fullmatch(text)
    ]
    if (fields[2] == "?") == (fields[4] == "?"):
        found.append(("has to have ? as day of month or as day of week, and not as both", f"write it {_EXAMPLES}"))
    if not re.fullmatch(r"[0-5]?[0-9]", fields[0]):
        found.append(("starts evaluations more than once an hour", "name one minute, such as cron(30 * ? * * *)"))
    return found
