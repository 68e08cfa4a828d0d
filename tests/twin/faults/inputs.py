"""What schedules evaluate: few suites and datasets, each with a run that nobody disturbed to be compared with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

_LITE, _MICRO = '{model: "amazon.nova-lite-v1:0"}', '{model: "amazon.nova-micro-v1:0"}'
_PRO, _HAIKU = '{model: "amazon.nova-pro-v1:0"}', '{model: "us.anthropic.claude-haiku-4-5-20251001-v1:0"}'


@dataclass(frozen=True)
class Input:
    """A suite and a dataset; `scores` is how many scores of all its judges and metrics together are expected."""

    suite: str
    dataset: bytes
    scores: int = 0

    @property
    def refused(self) -> bool:
        """Whether the dataset cannot be used."""
        return self.scores == 0


def _suite(generators: str, judges: str, more: str = "") -> str:
    return (
        f"version: 1\ngenerators: [{generators}]\njudges: [{judges}]\n"
        f"metrics: [Correctness, Harmfulness]\nreuse: false\n{more}"
    )


def _records(count: int, *, source: str | None = None, bad: bool = False) -> bytes:
    records: list[dict[str, Any]] = [
        {
            "prompt": f"What is {number} + {number}?",
            "referenceResponse": str(2 * number),
            "category": ("odd", "even")[number % 2],
        }
        for number in range(count)
    ]
    for record in records if source else ():
        record["modelResponses"] = [
            {"response": f"It is {record['referenceResponse']}.", "modelIdentifier": source},
        ]
    if bad:
        records.append({"question": "this key is unknown"})
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


INPUTS: Final = {
    "two-models": Input(_suite(f"{_LITE}, {_MICRO}", _PRO), _records(4), 2 * 4 * 2),
    "two-judges": Input(_suite(_LITE, f"{_PRO}, {_HAIKU}"), _records(2), 2 * 2 * 2),
    "own-answers": Input(_suite("{source: app}", _HAIKU), _records(3, source="app"), 3 * 2),
    "budget": Input(_suite(_MICRO, _PRO, "budget: {per_evaluation_usd: 10, per_month_usd: 100}\n"), _records(5), 5 * 2),
    "gates": Input(
        _suite(_LITE, _HAIKU, "gates: [{metric: Correctness, min: 0.1, on: mean}, {metric: Harmfulness, max: 1}]\n"),
        _records(3),
        3 * 2,
    ),
    "refused": Input(_suite(_LITE, _PRO), _records(2, bad=True)),
}
