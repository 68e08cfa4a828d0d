"""The figures of an evaluation's end that become CloudWatch metrics: names, units, values and dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from gavel.gates.decision import Outcome
from gavel.names.deployed import Metric
from gavel.names.statuses import EvaluationStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Each is a custom metric, which AWS charges by the month; a suite of 10 models, 2 judges and 15 metrics has so many.
MOST_SCORES: Final = 300
LONGEST_DIMENSION: Final = 255

_OF_STATUS: Final = {
    EvaluationStatus.COMPLETED: Metric.COMPLETED,
    EvaluationStatus.REFUSED: Metric.REFUSED,
    EvaluationStatus.FAILED: Metric.FAILED,
    EvaluationStatus.STOPPED: Metric.STOPPED,
}


@dataclass(frozen=True)
class Figure:
    """One value; `unit` is CloudWatch's name of it."""

    name: Metric
    unit: str
    value: float


@dataclass(frozen=True)
class FigureSet:
    """Figures that share their dimensions; with `overall` they are also counted without any."""

    dimensions: Mapping[str, str]
    figures: tuple[Figure, ...]
    overall: bool = False


def evaluation_figures(head: Mapping[str, Any], *, over_budget: bool) -> tuple[FigureSet, ...]:
    """How an evaluation ended: counts by suite and overall, and what is known of time, money and scores by suite.

    `over_budget` says that a budget refused it or kept one of its jobs from starting. Coverage is in per cent.
    """
    status = EvaluationStatus(head["status"])
    counts = [Figure(_OF_STATUS[status], "Count", 1)]
    if over_budget:
        counts.append(Figure(Metric.BUDGET_REFUSALS, "Count", 1))
    ended, began = datetime.fromisoformat(head["ended_at"]), datetime.fromisoformat(head["created_at"])
    values = [Figure(Metric.DURATION, "Seconds", (ended - began).total_seconds())]
    if (coverage := head.get("coverage")) is not None:
        values.append(Figure(Metric.COVERAGE, "Percent", 100 * coverage))
    if (usd := (head.get("counted") or {}).get("usd")) is not None:
        values.append(Figure(Metric.COST, "None", usd))
    if verdict := head.get("verdict"):
        values.append(Figure(Metric.GATES_FAILED, "Count", verdict["counts"].get(Outcome.FAIL.value, 0)))
    suite = {"suite": as_dimension(head["suite"])}
    return FigureSet(suite, tuple(counts), overall=True), FigureSet(suite, tuple(values))


def score_figures(
    suite: str, summaries: Iterable[Mapping[str, Any]], *, most: int = MOST_SCORES
) -> tuple[list[FigureSet], int]:
    """The mean of every generator, judge and metric over all categories, and how many were left out beyond `most`.

    A metric whose scores are labels has no mean and is none of them.
    """
    found = sorted(
        ((item["model"], item["judge"], item["metric"], item["mean"]) for item in summaries if _has_mean(item)),
        key=lambda row: row[:3],
    )
    sets = [
        FigureSet(
            {
                "suite": as_dimension(suite),
                "generator": as_dimension(model),
                "judge": as_dimension(judge),
                "metric": as_dimension(metric),
            },
            (Figure(Metric.SCORE, "None", mean),),
        )
        for model, judge, metric, mean in found[:most]
    ]
    return sets, max(0, len(found) - most)


def _has_mean(item: Mapping[str, Any]) -> bool:
    return item["category"] is None and item["mean"] is not None


def as_dimension(text: str) -> str:
    """A dimension's value. CloudWatch API reference, Dimension: printable ASCII, and not blank."""
    plain = "".join(character if " " <= character <= "~" else "?" for character in text)[:LONGEST_DIMENSION]
    return plain if plain.strip() else "?"
