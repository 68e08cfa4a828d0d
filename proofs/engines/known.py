"""The differences between the two engines that are known, each with its reason.

The proof fails on one that is not here, and on one here that is not found any more: `scenarios` are exactly those in
which it shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.statemachine.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, kw_only=True)
class Known:
    """A difference: the place in the telling, and what either engine tells there, as regular expressions for the whole
    of it (a value as Python writes it).
    """

    scenarios: tuple[str, ...]
    place: str
    twin: str
    interpreter: str
    reason: str

    def covers(self, scenario: str, place: str, twin: Any, interpreter: Any) -> bool:
        """Whether this is the difference."""
        return scenario in self.scenarios and all(
            re.fullmatch(pattern, text, re.DOTALL)
            for pattern, text in ((self.place, place), (self.twin, str(twin)), (self.interpreter, str(interpreter)))
        )


FAILED: Final = tuple(scenario.name for scenario in SCENARIOS if scenario.status == "FAILED")
UNREADABLE: Final = "a plan that cannot be read fails the evaluation"
UNWRITABLE: Final = "outcomes of jobs that cannot be written fail the evaluation after every job was gone through again"

KNOWN: Final = (
    Known(
        scenarios=FAILED,
        place=r"end\.output",
        twin=r"\{'Error': '.+', 'Cause': .+\}",
        interpreter="None",
        reason="ministack shows error and cause as output, too. An execution that failed has none on AWS "
        "(DescribeExecution), and nothing of Gavel reads it.",
    ),
    Known(
        scenarios=(UNREADABLE,),
        place=r"calls\.evaluation\[1\]\.given\.error\.Cause",
        twin=r"The specified key does not exist\. \(Service: S3, Status Code: 404, Request ID: [\w-]+\)",
        interpreter="",
        reason="S3's own words; the interpreter has no S3. FailEvaluation quotes the cause and decides nothing by it.",
    ),
    Known(
        scenarios=(UNWRITABLE,),
        place=r"calls\.evaluation\[1\]\.given\.error\.Cause",
        twin=r"User: \S+ is not authorized to perform: s3:PutObject .+",
        interpreter="",
        reason="IAM's own words; the interpreter has no IAM.",
    ),
    Known(
        scenarios=("a call that always hangs fails the job",),
        place=r"calls\.g0-j0-s0\[7\]\.given\.error\.Cause",
        twin="Task timed out after 3 seconds",
        interpreter="",
        reason="AWS documents no cause of States.Timeout; ministack makes one up.",
    ),
    Known(
        scenarios=("a plan that names no rounds fails the evaluation",),
        place=r"calls\.evaluation\[4\]\.given\.error\.Cause",
        twin=r"JSONata expression did not return a result: \$states\.result\.Payload\.rounds",
        interpreter=r"The JSONata expression '\$states\.result\.Payload\.rounds' returned nothing \(undefined\)\.",
        reason="Each engine says in its own words what is wrong with an expression.",
    ),
    Known(
        scenarios=("a job whose wait is not told is lost, for no Catch is on a wait",),
        place=r"jobs\.g0-j0-s1\[0\]\.end\.cause",
        twin=r"JSONata expression did not return a result: \$states\.input\.wait_seconds",
        interpreter=r"The JSONata expression '\$states\.input\.wait_seconds' returned nothing \(undefined\)\.",
        reason="As above.",
    ),
    Known(
        scenarios=("a job whose wait is half a second is lost, for waits are whole seconds",),
        place=r"jobs\.g0-j0-s0\[0\]\.end\.cause",
        twin=r"The Seconds field cannot be parsed as an integer: 0\.5",
        interpreter=r"Seconds must be a whole number of at least 0, and is 0\.5",
        reason="As above.",
    ),
    Known(
        scenarios=("a job for which nobody says how long it is waited for fails",),
        place=r"calls\.g0-j0-s0\[0\]\.given\.error\.Cause",
        twin=r"The TimeoutSeconds field must be a positive whole number, and is 'long'",
        interpreter=r"TimeoutSeconds must be a positive whole number, and is 'long'",
        reason="As above.",
    ),
    Known(
        scenarios=("an answer beyond 256 KiB loses its job, for nothing catches that, and stops no other",),
        place=r"jobs\.g0-j0-s1\[0\]\.end\.cause",
        twin=r"The state/task returned a result with a size exceeding .+ \(output: \d+ bytes\)\.",
        interpreter="a state hands on more than 262144 bytes",
        reason="Each engine says in its own words what is too large.",
    ),
    Known(
        scenarios=("an outcome beyond 256 KiB ends the execution, for nothing catches that",),
        place=r"end\.cause",
        twin=r"The state/task returned a result with a size exceeding .+ \(output: \d+ bytes\)\.",
        interpreter="a state hands on more than 262144 bytes",
        reason="As above.",
    ),
)

Found = tuple[str, str, object, object]


def judged(found: Iterable[Found], known: Iterable[Known] = KNOWN) -> tuple[list[str], Mapping[int, set[str]]]:
    """What is wrong with the list (a difference that it lacks, an entry that shows nowhere any more), and in which
    scenarios each entry of it showed. `found` are scenario, place, and what the twin and the interpreter tell.
    """
    entries = list(known)
    shown: dict[int, set[str]] = {number: set() for number in range(len(entries))}
    wrong = []
    for scenario, place, twin, interpreter in found:
        covering = [number for number, entry in enumerate(entries) if entry.covers(scenario, place, twin, interpreter)]
        if covering:
            shown[covering[0]].add(scenario)
        else:
            wrong.append(f"{scenario}: {place} is {_short(twin)} on the twin and {_short(interpreter)} here")
    for number, entry in enumerate(entries):
        wrong += [
            f"{scenario}: {entry.place} does not differ as proofs/engines/known.py says; take it out there"
            for scenario in entry.scenarios
            if scenario not in shown[number]
        ]
    return wrong, shown


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 400 else text[:400] + "…"
