"""Summaries of one result file by itself, with or without the dataset that it should answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from gavel.results.matching import Matcher, ShardRecord
from gavel.results.row_scores import UNKNOWN
from gavel.statistics.summary import MetricSummary, SummaryBuilder, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gavel.metrics import Direction
    from gavel.results.rows import ResultRow

# How often there was each value, or none.
type _Counts = defaultdict[Value | None, int]

# The records that the answers of a model are expected for.
type RecordsOf = Callable[[str], Sequence[ShardRecord]]


@dataclass(frozen=True)
class FileSummary:
    """What a result file says: its summaries, its readable rows, and how they fit the dataset.

    `foreign` counts rows that belong to no record of the dataset, which no summary counts; `absent` counts records of
    the dataset without a row; both are None when no dataset was given. `repeats` counts scores left out because their
    row had the same metric from the same judge already.
    """

    summaries: tuple[MetricSummary, ...]
    rows: int
    repeats: int
    foreign: int | None
    absent: int | None


def summarize_rows(
    rows: Iterable[ResultRow],
    *,
    records_of: RecordsOf | None = None,
    directions: Mapping[str, Direction] | None = None,
    seen: Callable[[ResultRow, str], None] | None = None,
) -> FileSummary:
    """Summarize the rows of one file, in whatever order.

    A metric that appears in some row of a model is expected in every row of it, or, with a dataset, in every record.
    A row that does not name its model belongs to the file's only model when there is exactly one, and a score that
    does not name its judge to the only judge of that metric (where none is named, the only one of all metrics);
    otherwise they go under the name `unknown`. `seen` is called with every counted row and its model.

    Memory does not grow with the rows, but for those without a model where there is a dataset or `seen`: they are held
    back until the end of the file, without their explanations.
    """
    models: dict[str, _Model] = {}
    held: list[ResultRow] = []
    count = repeats = 0

    def take(row: ResultRow, name: str) -> None:
        if name not in models:
            models[name] = _Model(None if records_of is None else records_of(name))
        if models[name].add(row) and seen is not None:
            seen(row, name)

    for row in rows:
        count += 1
        repeats += row.repeats
        if row.model == UNKNOWN and (records_of is not None or seen is not None):
            held.append(replace(row, scores=tuple(replace(score, explanation="") for score in row.scores)))
        else:
            take(row, row.model)
    named = [name for name in models if name != UNKNOWN]
    only = named[0] if len(named) == 1 else UNKNOWN
    for row in held:
        take(row, only)
    if only != UNKNOWN and UNKNOWN in models:
        models[only].absorb(models.pop(UNKNOWN))

    builder = SummaryBuilder()
    for name, model in models.items():
        model.add_to(builder, name)
    matchers = [model.matcher for model in models.values() if model.matcher is not None]
    return FileSummary(
        summaries=tuple(builder.summaries(directions)),
        rows=count,
        repeats=repeats,
        foreign=None if records_of is None else sum(matcher.foreign for matcher in matchers),
        absent=None if records_of is None else sum(1 for matcher in matchers for _ in matcher.missing()),
    )


def _new_counts() -> _Counts:
    return defaultdict(int)


class _Model:
    """Counts of one model in one file; the category None stands for records without one."""

    def __init__(self, records: Sequence[ShardRecord] | None) -> None:
        self.matcher = None if records is None else Matcher(records)
        self.expected = Counter(record.category or None for record in records or ())
        self._counts: defaultdict[tuple[str, str, str | None], _Counts] = defaultdict(_new_counts)
        # Metrics and judges of the last row of each category: those of the next one are the same, nearly always.
        self._last: dict[str | None, tuple[list[str], list[str], list[_Counts]]] = {}
        self.tables: dict[tuple[str, str], defaultdict[str | None, Counter[Value]]] = {}

    def add(self, row: ResultRow) -> bool:
        """Count a row, unless it belongs to no record of the dataset."""
        if self.matcher is None:
            self.expected[row.category] += 1
        elif self.matcher.match(row) is None:
            return False
        scores, category = row.scores, row.category
        metrics, judges = [score.metric for score in scores], [score.judge for score in scores]
        last = self._last.get(category)
        if last is None or last[0] != metrics or last[1] != judges:
            tables = [self._counts[metric, judge, category] for metric, judge in zip(metrics, judges, strict=True)]
            last = self._last[category] = metrics, judges, tables
        for counts, score in zip(last[2], scores, strict=True):
            counts[score.value] += 1
        return True

    def absorb(self, other: _Model) -> None:
        """Count what another one has counted, of rows that turned out to be this model's."""
        self.expected.update(other.expected)
        for key, counts in other._counts.items():
            mine = self._counts[key]
            for value, count in counts.items():
                mine[value] += count

    def add_to(self, builder: SummaryBuilder, model: str) -> None:
        """Hand over the counts, with what is missing of each metric in each category."""
        for (metric, judge, category), counts in self._counts.items():
            table = self.tables.setdefault((metric, judge), defaultdict(Counter))
            for value, count in counts.items():
                if value is not None:
                    table[category][value] += count
        self._counts.clear()
        self._last.clear()
        self._settle_judges()
        for (metric, judge), table in self.tables.items():
            for category, expected in self.expected.items():
                values = table[category]
                for value, count in values.items():
                    builder.add(model=model, judge=judge, metric=metric, category=category, value=value, count=count)
                missing = expected - values.total()
                builder.add(model=model, judge=judge, metric=metric, category=category, value=None, count=missing)

    def _settle_judges(self) -> None:
        named: defaultdict[str, set[str]] = defaultdict(set)
        for metric, judge in self.tables:
            named[metric].update({judge} - {UNKNOWN})
        everywhere = set().union(*named.values())
        for metric, judges in named.items():
            unnamed = self.tables.get((metric, UNKNOWN))
            # A metric that no score names a judge for was judged by whoever judged the rest.
            candidates = judges or everywhere
            if unnamed is None or not candidates or (len(candidates) > 1 and (unnamed or not judges)):
                continue
            del self.tables[metric, UNKNOWN]
            for judge in candidates:
                table = self.tables.setdefault((metric, judge), defaultdict(Counter))
                for category, values in unnamed.items():
                    table[category].update(values)
