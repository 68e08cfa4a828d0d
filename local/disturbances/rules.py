"""Which calls to AWS are disturbed, and how. A set of rules has a name, so that many who test at once keep apart.

    {"calls": [{"service": "dynamodb", "operation": "UpdateItem", "text": "EVALUATION#mine-", "agent": "gavel",
                "kind": "lost_answer", "skip": 2, "times": 1}]}

A rule is for calls whose service and operation are these ("" is any), whose address or body holds `text` and whose
User-Agent holds `agent` (regular expressions). It lets `skip` of them pass, disturbs the next `times`, and is spent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Kind(StrEnum):
    """What happens to a call."""

    THROTTLE = "throttle"  # AWS is busy; the call has no effect
    ERROR = "error"  # AWS breaks with a 500; the call has no effect
    QUOTA = "quota"  # a quota of the account is used up
    LOST_REQUEST = "lost_request"  # the connection breaks; the call has no effect
    LOST_ANSWER = "lost_answer"  # the call has its effect, and the connection breaks before its answer
    SLOW = "slow"  # the call has its effect `seconds` later
    SLOW_ANSWER = "slow_answer"  # the call has its effect, and its answer comes `seconds` later


_KEYS: Final = {"service", "operation", "text", "agent", "kind", "skip", "times", "seconds"}
_LONGEST: Final = 120.0


@dataclass(frozen=True)
class Call:
    """A call to AWS: `text` is its address and body, `agent` its User-Agent."""

    service: str
    operation: str
    text: str
    agent: str


@dataclass
class Rule:
    """One rule; `passed` and `met` count the calls that it let pass and disturbed."""

    kind: Kind
    service: str
    operation: str
    text: re.Pattern[str]
    agent: re.Pattern[str]
    skip: int
    times: int
    seconds: float
    passed: int = 0
    met: int = 0

    @classmethod
    def from_json(cls, value: Any) -> Rule:
        """Read a rule; ValueError says what is wrong with it."""
        if not isinstance(value, dict) or (unknown := sorted(set(value) - _KEYS)):
            raise ValueError(f"a rule is a JSON object with keys of {sorted(_KEYS)}, not {unknown or value!r}")
        rule = cls(
            kind=Kind(str(value.get("kind"))),
            service=str(value.get("service", "")),
            operation=str(value.get("operation", "")),
            text=_pattern(value, "text"),
            agent=_pattern(value, "agent"),
            skip=int(value.get("skip", 0)),
            times=int(value.get("times", 1)),
            seconds=float(value.get("seconds", 0)),
        )
        if rule.skip < 0 or rule.times < 1 or not 0 <= rule.seconds <= _LONGEST:
            raise ValueError(f"skip is at least 0, times at least 1, seconds from 0 to {_LONGEST:g}")
        return rule

    def takes(self, call: Call) -> bool:
        """Whether this call is to be disturbed; counts it."""
        if self.met == self.times or not self._means(call):
            return False
        if self.passed < self.skip:
            self.passed += 1
            return False
        self.met += 1
        return True

    def _means(self, call: Call) -> bool:
        return (
            self.service in {"", call.service}
            and self.operation in {"", call.operation}
            and bool(self.agent.search(call.agent))
            and bool(self.text.search(call.text))
        )

    def to_json(self) -> dict[str, Any]:
        """What became of it."""
        what = {"kind": self.kind.value, "service": self.service, "operation": self.operation}
        return what | {"times": self.times, "met": self.met}


def rules(value: Any) -> list[Rule]:
    """Read a description of rules; ValueError says what is wrong with it."""
    if not isinstance(value, dict) or set(value) != {"calls"} or not isinstance(value["calls"], list):
        raise ValueError("rules are a JSON object with the key calls, a list")
    return [Rule.from_json(item) for item in value["calls"]]


def _pattern(value: dict[str, Any], name: str) -> re.Pattern[str]:
    try:
        return re.compile(str(value.get(name, "")))
    except re.error as error:
        raise ValueError(f"{name} is not a regular expression: {error}") from None
