"""What gates are held against: the figures of one evaluation, and of what it is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gavel.metrics import Direction
    from gavel.statistics.score_table import ScoreTable
    from gavel.statistics.summary import MetricSummary

type Cell = tuple[str, str, str, str | None]  # generator, judge, metric, category


@dataclass(frozen=True)
class Counterparts:
    """The baseline's side: for each generator the name of its counterpart among the scores, as far as it has one.

    `about` says which evaluation it is, `unlike` and `absent` why a judge and metric, or a generator, cannot be
    compared with it. `lost` counts, for a cell of a counterpart, the scores that the baseline's jobs without results
    owe.
    """

    about: str
    names: Mapping[str, str]
    unlike: Mapping[tuple[str, str], str] = field(default_factory=dict)  # judge, metric
    absent: Mapping[str, str] = field(default_factory=dict)  # generator
    lost: Mapping[Cell, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """Everything that gates may ask for.

    `scores` holds the scores side by side, also those of the counterparts; `lost` counts, for a cell, the scores that
    jobs without results owe; `usd` is what was counted, None where a price is unknown; `judges_of` names the judges of
    each metric, `ratings` holds the numbers on the scales of custom metrics; `baseline` says why there is none where it
    is a text.
    """

    generators: Sequence[str]
    judges_of: Mapping[str, Sequence[str]]
    directions: Mapping[str, Direction]
    summaries: Mapping[Cell, MetricSummary]
    scores: ScoreTable
    lost: Mapping[Cell, int] = field(default_factory=dict)
    stratified: bool = False
    usd: float | None = None
    ratings: Mapping[str, Sequence[float]] = field(default_factory=dict)
    baseline: Counterparts | str = "the suite has no baseline yet"
