"""The report of a comparison: the report of A, with B in the place of the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from msgspec.structs import replace

from gavel.gates.decision import Decision
from gavel.metrics import Direction
from gavel.report import ReportData, ReportHead, render_report
from gavel.report.data import Baseline
from gavel.report.selection import MOST_RECORDS, select_records
from gavel.report.text import LONGEST_TEXT
from gavel.report.text_budget import BUDGET, SCORE_BYTES
from gavel.results.scores import ScoreRow
from gavel.statistics.comparison import compare
from gavel.statistics.score_table import ScoreTable
from gavel.statistics.summary import SummaryBuilder
from gavel.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gavel.results.joining import JoinedScores
    from gavel.results.sides import Side


class _Known(TypedDict):
    """What comparisons need to know of both sides."""

    directions: Mapping[str, Direction]
    by_category: bool
    stratified: bool
    two_valued: set[str]


def comparison_report(a: Side, b: Side, joined: JoinedScores, shown: Mapping[str, str], *, lower: Sequence[str]) -> str:
    """An HTML page. `shown` has the generator's name behind each joined one, which ends in A or B.

    A generator's counterpart has its name on the other side; where each side has one generator, they are counterparts.
    """
    own = sorted(name for name in shown if name.endswith("A"))
    other = {shown[name]: name for name in shown if name.endswith("B")}
    pairs = {name: other[shown[name]] for name in own if shown[name] in other}
    if not pairs and len(own) == len(other) == 1:
        pairs = {own[0]: next(iter(other.values()))}
    names = {name: f"{shown[name]} (A)" for name in own} | {name: f"{shown[name]} (B)" for name in pairs.values()}
    partners = {names[name]: names[partner] for name, partner in pairs.items()}
    directions = {**a.directions, **b.directions, **dict.fromkeys(lower, Direction.LOWER)}
    rows = sorted(_rows(joined, names), key=lambda row: row.record)
    counts, table = SummaryBuilder(), ScoreTable()
    for row in rows:
        value = row.label if row.label is not None else row.value
        what = {"judge": row.judge, "metric": row.metric, "category": row.category, "value": value}
        table.add(record=row.record, generator=row.generator, **what)  # type: ignore[arg-type] # as ScoreRow has them
        if row.generator not in partners.values():
            counts.add(model=row.generator, **what)  # type: ignore[arg-type] # as above
    summaries = counts.summaries(directions)
    generators = [names[name] for name in own]
    judges, metrics = (sorted({getattr(one, kind) for one in summaries}) for kind in ("judge", "metric"))
    most = _room(rows)
    chosen = set(select_records(table, generators=generators, partners=partners, directions=directions, most=most))
    numbers = _numbers(joined)
    kept = sorted(
        (replace(row, record=numbers[row.record]) for row in rows if row.record in chosen), key=lambda row: row.record
    )
    known: _Known = {
        "directions": directions,
        "by_category": True,
        "stratified": a.stratified and b.stratified,
        "two_valued": a.two_valued | b.two_valued,
    }
    return render_report(
        ReportData(
            head=ReportHead(
                evaluation_id=f"{a.name} against {b.name}",
                suite=f"{a.name} against {b.name}",
                dataset="records that A and B share, and those of A alone",
                dataset_sha256="of no single dataset",
                records=len({row.record for row in rows}),
                generators=generators,
                judges=judges,
                metrics=metrics,
                started_at="–",
                ended_at="–",
                jobs=0,
                failed_jobs=0,
                reused_jobs=0,
                scores_at=a.name,
                version=VERSION,
            ),
            summaries=summaries,
            comparisons=compare(table, generators=generators, **known),
            scores=kept,
            decision=Decision(),
            baseline=Baseline(
                b.name,
                f"B, {b.name}",
                partners,
                compare(
                    table,
                    generators=[*partners, *partners.values()],
                    wanted=lambda _, one, two: partners.get(one) == two,
                    **known,
                ),
                () if partners else ("A and B have no generator of the same name",),
            ),
        )
    )


def _rows(joined: JoinedScores, names: Mapping[str, str]) -> Iterable[ScoreRow]:
    """Every score of a generator that is shown, missing ones too, under one number for each record, from 0."""
    for marked, number, record, scores in joined.answers():
        texts = record.texts
        if marked not in names or texts is None:
            continue
        for judge, metric in joined.expected(marked):
            value = scores.get((judge, metric))
            reason = texts.reason(judge, metric)
            yield ScoreRow(
                record=number,
                category=record.category,
                generator=names[marked],
                judge=judge,
                metric=metric,
                value=None if isinstance(value, str) else value,
                label=value if isinstance(value, str) else None,
                missing=value is None,
                reason=reason if value is None else "",
                explanation="" if value is None else reason,
                response=texts.response,
                stop_reason=texts.stop_reason,
                prompt=texts.prompt,
                reference=texts.reference,
            )


def _numbers(joined: JoinedScores) -> dict[int, int]:
    """The number that each joined record is shown under: A's own where all have one, and others after those."""
    every: set[int] = set()
    own: dict[int, int | None] = {}
    for marked, number, record, _ in joined.answers():
        every.add(number)
        if marked.endswith("A"):
            own.setdefault(number, record.number)
    known = {number: said for number, said in own.items() if said is not None}
    if len(known) < len(own) or len(set(known.values())) < len(known):
        return {number: number + 1 for number in every}
    after = max(known.values(), default=0)
    others = {number: after + place for place, number in enumerate(sorted(every - known.keys()), start=1)}
    return known | others


def _room(rows: Iterable[ScoreRow]) -> int:
    """How many records a page has room for, those that it shows taken to be as long as the others."""
    volume, records, answers = 0, set(), set()
    for row in rows:
        texts = [row.explanation, row.reason]
        if row.record not in records:
            texts += [row.prompt or "", row.reference or ""]
        if (row.record, row.generator) not in answers:
            texts.append(row.response or "")
        records.add(row.record)
        answers.add((row.record, row.generator))
        volume += SCORE_BYTES + sum(len(text[:LONGEST_TEXT].encode(errors="replace")) for text in texts)
    return max(1, min(MOST_RECORDS, BUDGET * len(records) // max(1, volume)))
