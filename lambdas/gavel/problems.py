"""What is wrong with a user's input, and the closed family of errors that the state machine knows by name."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final

LISTED_PROBLEMS: Final = 1000


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend in an input file.

    `line` counts from 1 (None where the file as a whole is meant), `field` is a path such as
    `modelResponses[0].response` (None where the line as a whole is meant). Formats without lines of their own (JSON
    arrays, Parquet) have the number of the `record` in place of the line. `column` counts from 1, in YAML only.
    No text of a prompt or an answer ever stands in a problem.
    """

    file: str
    line: int | None
    field: str | None
    reason: str
    remedy: str
    record: int | None = None
    column: int | None = None

    @property
    def place(self) -> str:
        """File, line (with column) or record, and field: `data.jsonl:3:prompt`, `data.json:record 3:prompt`."""
        record = None if self.record is None else f"record {self.record}"
        return ":".join(
            str(part) for part in (self.file, self.line, self.column, record, self.field) if part is not None
        )

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}; {self.remedy}"

    def to_json(self) -> dict[str, Any]:
        """The problem as the JSON object that `validation.json` and `--json` show."""
        return asdict(self)


@dataclass
class Problems:
    """A list of problems that stops growing at `limit` entries but counts every one."""

    limit: int = LISTED_PROBLEMS
    listed: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it while there is room."""
        self.count += 1
        if len(self.listed) < self.limit:
            self.listed.append(problem)

    def extend(self, other: Problems) -> None:
        """Take over another list with its count."""
        for problem in other.listed:
            self.add(problem)
        self.count += other.count - len(other.listed)

    def __bool__(self) -> bool:
        return self.count > 0


class GavelError(Exception):
    """Base of every error of Gavel; its text says what happened and what a person should do next."""


class InvalidInputError(GavelError):
    """A suite, a dataset or a request cannot be used; `problems` says all that is wrong with it."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        first = "; ".join(str(problem) for problem in problems.listed[:3])
        super().__init__(f"{problems.count} problem(s): {first}")


class WrongRequestError(GavelError):
    """The API has no such thing, or does not take what it was asked; asking the same again does not help."""


class TryLaterError(GavelError):
    """A service is busy or out of order for now; the state machine's Retry takes it from here."""


class QuotaFullError(GavelError):
    """Bedrock has no room for another job now; the state machine waits long and tries again."""


class SlotsFullError(GavelError):
    """Gavel's own limits leave no room for another job now, or others go first; the state machine comes again."""


class UnusableResultsError(GavelError):
    """A finished job's results are not there or cannot be read."""


class WayError(GavelError):
    """No failure: a step's way to tell the state machine where to go on, which a Catch reads and no Retry repeats.

    A Choice after every step would cost a transition each time; this costs one where the way is not the usual one.
    """


class EvaluationRefusedError(WayError):
    """The suite or the dataset cannot be used: no job is run, and the refusal is announced."""


class EvaluationStoppedError(WayError):
    """The evaluation was stopped before any job began, which is announced."""


class NothingScoredError(WayError):
    """No job delivered a single score: the evaluation has failed."""


class RoundLeftError(WayError):
    """The panel's jobs are still to be run before anything is summarised."""


class ResultsReadyError(WayError):
    """A job's results are there and have to be collected."""


class JobToLookAtError(WayError):
    """What became of a job, only a look at Bedrock can tell."""


class NotPermittedError(GavelError):
    """AWS refused a call; the text names action and resource. Trying again does not help."""


class RefusedByAwsError(GavelError):
    """AWS refused a call for a reason that has no way of its own; the text names operation, code and request."""


class InternalError(GavelError):
    """A fault of Gavel's own; its text names the place in the code and never holds the user's data."""
