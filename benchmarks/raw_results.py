"""Bedrock's raw result files counted without any of the product's code, so that a mistake there cannot hide here."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

# Generator and judge stand as positions in the name of the job, which is a folder of the result file's key.
_JOB_FOLDER: Final = re.compile(r"-g(?P<generator>\d+)-j(?P<judge>\d+)-s\d+/")
OUTPUT_SUFFIX: Final = "_output.jsonl"

type Cell = tuple[int, int, str]


@dataclass
class RawResults:
    """Scores by generator, judge (positions in the suite) and metric: how often each value was given."""

    files: int = 0
    size: int = 0
    rows: Counter[tuple[int, int]] = field(default_factory=Counter)
    values: dict[Cell, Counter[float]] = field(default_factory=dict)
    empty: Counter[Cell] = field(default_factory=Counter)

    def add(self, key: str, content: bytes) -> None:
        """Count one result file."""
        place = _JOB_FOLDER.search(key)
        if place is None:
            raise ValueError(f"{key} is no key of a job's results")
        generator, judge = int(place["generator"]), int(place["judge"])
        self.files += 1
        self.size += len(content)
        for line in content.split(b"\n"):
            self.rows[generator, judge] += 1
            for score in json.loads(line)["automatedEvaluationResult"]["scores"]:
                cell = (generator, judge, score["metricName"])
                if score["result"] is None:
                    self.empty[cell] += 1
                else:
                    self.values.setdefault(cell, Counter())[score["result"]] += 1


def total(values: Iterable[tuple[float, int]]) -> float:
    """The sum of values that were each given so often, correctly rounded."""
    return math.fsum(value * count for value, count in values)
