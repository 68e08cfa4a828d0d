"""What the Bedrock emulator's own log says: a JSON line for every start and every end of a job."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

# The end of a job's name: positions of generator and judge in the suite, and the shard (`identities.job_id`).
_JOB: Final = re.compile(r"-g(?P<generator>\d+)-j(?P<judge>\d+)-s(?P<shard>\d+)$")


@dataclass
class JobLog:
    """Jobs of one evaluation as the log saw them; `judge_peaks` are by the judge's position in the suite.

    `whole_peak` is the emulator's own count of everything that ran, whoever started it.
    """

    starts: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    peak: int = 0
    whole_peak: int = 0
    judge_peaks: Counter[int] = field(default_factory=Counter)

    @property
    def twice(self) -> list[str]:
        """Names of jobs that were started more than once."""
        return sorted(name for name, count in self.starts.items() if count > 1)


def read_job_log(lines: Iterable[str], *, digest: str) -> JobLog:
    """Read the log; `digest` is the part of an evaluation's id that the names of its jobs carry."""
    log, running, by_judge = JobLog(), 0, Counter[int]()
    for line in lines:
        event = json.loads(line)
        log.whole_peak = max(log.whole_peak, event["running"])
        name = event["jobName"]
        found = _JOB.search(name)
        if found is None or f"-{digest}-" not in name:
            continue
        judge = int(found["judge"])
        step = 1 if event["event"] == "start" else -1
        (log.starts if step == 1 else log.ends)[name] += 1
        running += step
        by_judge[judge] += step
        log.peak = max(log.peak, running)
        log.judge_peaks[judge] = max(log.judge_peaks[judge], by_judge[judge])
    return log
