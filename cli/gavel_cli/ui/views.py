"""What the pages say of an evaluation, from what the API answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from gavel.gates.decision import Outcome
from gavel.gates.wording import usd
from gavel.history.entry import Entry, Figure
from gavel.names import identities
from gavel.names.object_keys import EvaluationKeys
from gavel.names.statuses import WITH_RESULTS, EvaluationStatus
from gavel.report.gate_views import ICONS
from gavel.report.text import duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_REASONS: Final = 10


@dataclass(frozen=True)
class State:
    """Where an evaluation stands, for eyes of every kind: a sign, a word, and a class that gives the colour.

    `key` is its name in an address, `label` its name in a list to choose from.
    """

    key: str
    sign: str
    word: str
    tone: str
    label: str


_VERDICTS: Final = {
    outcome: State(outcome.value.lower(), ICONS[outcome], outcome.value, outcome.value.lower(), label)
    for outcome, label in (
        (Outcome.PASS, "PASS: every gate holds"),
        (Outcome.FAIL, "FAIL: a gate does not hold"),
        (Outcome.INCONCLUSIVE, "INCONCLUSIVE: a gate is open"),
    )
}
_RUNNING: Final = "running"
_STATUSES: Final = {
    EvaluationStatus.COMPLETED: State("completed", "■", "COMPLETED", "open", "COMPLETED, without a gate"),
    EvaluationStatus.STARTING: State(_RUNNING, "▸", "STARTING", "moving", "running"),
    EvaluationStatus.RUNNING: State(_RUNNING, "▸", "RUNNING", "moving", "running"),
    EvaluationStatus.SUMMARIZING: State(_RUNNING, "▸", "SUMMARIZING", "moving", "running"),
    EvaluationStatus.STOPPED: State("stopped", "◼", "STOPPED", "inconclusive", "STOPPED by a person or a budget"),
    EvaluationStatus.REFUSED: State("refused", "⊘", "REFUSED", "fail", "REFUSED: its input is wrong"),
    EvaluationStatus.FAILED: State("failed", "!", "FAILED", "fail", "FAILED: it broke off"),
}
# What can be chosen, each once.
STATES: Final = {state.key: state for state in (*_VERDICTS.values(), *_STATUSES.values())}


def asked_for(state: str) -> dict[str, Any]:
    """The filters of `GET /evaluations` that let through every evaluation in that state, and few others."""
    if state in {one.key for one in _VERDICTS.values()}:
        return {"status": [EvaluationStatus.COMPLETED.value], "verdict": state.upper()}
    statuses = [status.value for status, one in _STATUSES.items() if one.key == state]
    return {"status": statuses} if statuses else {}


def state_of(evaluation: Mapping[str, Any]) -> State:
    """The verdict of an evaluation that completed with one, the status of any other: its gates decided nothing."""
    status = EvaluationStatus(evaluation.get("status") or EvaluationStatus.RUNNING)
    verdict = evaluation.get("verdict")
    outcome = verdict.get("outcome") if isinstance(verdict, dict) else verdict
    if status is EvaluationStatus.COMPLETED and outcome:
        return _VERDICTS[Outcome(outcome)]
    return _STATUSES[status]


@dataclass(frozen=True)
class Row:
    """One evaluation in a list; what is not known is a dash."""

    id: str
    suite: str
    linked: bool
    state: State
    dataset: str
    records: str
    coverage: str
    cost: str
    started: str
    took: str
    scored: bool

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self.state.key == _RUNNING


def row(evaluation: Mapping[str, Any], *, now: datetime) -> Row:
    """The row of an evaluation as the API lists it."""
    suite = str(evaluation.get("suite", ""))
    status = EvaluationStatus(evaluation["status"])
    created = str(evaluation.get("created_at", ""))
    ended = str(evaluation.get("ended_at") or ("" if status.final else now.isoformat()))
    return Row(
        id=str(evaluation["evaluation_id"]),
        suite=suite,
        linked=identities.is_suite_name(suite),
        state=state_of(evaluation),
        dataset=str(evaluation.get("dataset_key", "")),
        records=_count(evaluation.get("records")),
        coverage=_share(evaluation.get("coverage")),
        cost=_cost(evaluation),
        started=created,
        took=duration(created, ended) or "–",
        scored=status in WITH_RESULTS and bool(evaluation.get("coverage")),
    )


@dataclass(frozen=True)
class File:
    """A file of an evaluation: its name, its key in the bucket, and what it is."""

    name: str
    key: str
    content_type: str
    about: str


def files(evaluation: str) -> dict[str, File]:
    """The files that can be had, by their names."""
    keys = EvaluationKeys(evaluation)
    json = "application/json"
    found = (
        File("summary.json", keys.summary, json, "every figure, comparison and gate"),
        File("summary.csv", keys.summary_csv, "text/csv; charset=utf-8", "means by model, metric and category"),
        File("junit.xml", keys.junit, "application/xml", "the gates as test cases"),
        File("comment.md", keys.comment, "text/markdown; charset=utf-8", "a comment for a pull request"),
        File("manifest.json", keys.manifest, json, "what was evaluated, exactly"),
        File("validation.json", keys.validation, json, "every problem found in suite and dataset"),
    )
    return {file.name: file for file in found}


def files_of(view: Mapping[str, Any], *, scored: bool) -> list[File]:
    """The files that such an evaluation has."""
    found = files(str(view["evaluation_id"]))
    if view["status"] == EvaluationStatus.REFUSED:
        return [found["validation.json"]]
    results = ["summary.json", "summary.csv", "junit.xml", "comment.md"] if scored else []
    return [found[name] for name in [*results, *(["manifest.json"] if view.get("records") else [])]]


@dataclass(frozen=True)
class Progress:
    """How many of the planned jobs have ended, and how."""

    planned: int
    done: int
    ends: str

    @classmethod
    def of(cls, view: Mapping[str, Any]) -> Progress:
        """The progress inside an answer of `GET /evaluations/{id}`."""
        jobs = view.get("jobs") or {}
        counts = {end: jobs.get(end, 0) for end in ("collected", "failed", "stopped")}
        words = {"collected": "delivered"}
        said = [f"{count:,} {words.get(end, end)}" for end, count in counts.items() if count]
        running = jobs.get("started", 0)
        if running:
            said.append(f"{running:,} at work")
        if reused := view.get("reused_jobs"):
            said.append(f"{reused:,} reused")
        return cls(jobs.get("planned", 0), sum(counts.values()), ", ".join(said))


def reasons(view: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Generator, reason and number of jobs without scores, the ten most frequent: a thousand jobs fail alike."""
    counts = Counter((str(job.get("generator") or "–"), str(job["reason"])) for job in view.get("failed_jobs") or ())
    return [(generator, reason, count) for (generator, reason), count in counts.most_common(_REASONS)]


def entries(history: Mapping[str, Any]) -> Sequence[Entry]:
    """The evaluations of a suite that have figures, as its history knows them, the oldest first."""
    return [
        Entry(
            evaluation_id=one["evaluation_id"],
            created_at=one["created_at"],
            dataset=one.get("dataset", ""),
            records_sha256=one.get("records_sha256", ""),
            records=one.get("records", 0),
            judges=one.get("judges", {}),
            texts=one.get("texts", {}),
            figures=tuple(Figure(**figure) for figure in one["figures"]),
        )
        for one in reversed(history["evaluations"])
        if one.get("figures")
    ]


def clock(text: str) -> str:
    """An ISO 8601 time in UTC to the minute, `2026-03-04 09:12`; any other text as it is."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M}" if time.tzinfo else text


def _count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _share(value: float | None) -> str:
    """A share in per cent, rounded so that what is not whole never reads as whole."""
    if value is None:
        return "–"
    return "100%" if value >= 1 else f"{min(value, 0.999):.1%}"


def _cost(evaluation: Mapping[str, Any]) -> str:
    """What was counted in the results; while it runs what is expected, which `≈` says."""
    counted = (evaluation.get("counted") or {}).get("usd")
    if counted is not None:
        return usd(float(counted))
    if EvaluationStatus(evaluation["status"]).final:
        return "–"
    expected = ((evaluation.get("estimate") or {}).get("usd") or {}).get("expected")
    return "–" if expected is None else f"≈ {usd(float(expected))}"
