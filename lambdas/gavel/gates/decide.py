"""Holds gates against the evidence.

How sure a verdict is: a PASS of the evaluation needs every gate to pass, so each may be tested at its own level (an
intersection-union test: Berger, "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24, 1982);
one gate that fails makes a FAIL, so for failing the level is divided by the number of gates that are decided by
intervals (Bonferroni). Both keep the chance of a wrong PASS, and of a wrong FAIL, at or below 2.5 %: half of what 95 %
intervals leave out, because only one side of each interval can be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gavel.gates import sentences
from gavel.gates.decision import Decision, GateResult, Kind, Outcome
from gavel.gates.gate import Gate, On
from gavel.gates.readings import NO_INTERVAL, Reading, Target, read, targets
from gavel.gates.wording import percent, rule
from gavel.metrics import Direction, direction_of
from gavel.statistics.power import more_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.gates.evidence import Evidence
    from gavel.statistics.summary import MetricSummary

LEVEL: Final = 0.95
NOBODY: Final = "no generator and judge of this evaluation is left to hold it against"


@dataclass(frozen=True)
class _Check:
    gate: Gate
    place: int
    target: Target
    reading: Reading


def decide(gates: Sequence[Gate], evidence: Evidence) -> Decision:
    """The verdict of all gates; each is held against every generator and judge that it does not name.

    Nothing is decided (INCONCLUSIVE) where the figure does not exist, rests on less than the gate's needed coverage, or
    lacks records because jobs gave no results: that a job failed says nothing about a model.
    """
    checks, results = [], []
    for place, gate in enumerate(gates):
        if gate.kind is Kind.COST:
            results.append(_cost(gate, place, evidence))
            continue
        chosen = list(targets(gate, evidence))
        if not chosen:
            # A gate that is held against nothing must not let the evaluation pass.
            nobody = _named(gate, place, Target(gate.generator, gate.judge), evidence)
            nobody = replace(nobody, minimum=gate.minimum, maximum=gate.maximum)
            results.append(replace(nobody, sentence=sentences.undecided(nobody, NOBODY)))
        for target in chosen:
            if gate.kind is Kind.COVERAGE:
                results.append(_coverage(gate, place, target, evidence))
            else:
                checks.append(_Check(gate, place, target, read(gate, target, evidence)))
    deciding = sum(one.gate.on is On.INTERVAL and one.reading.interval(LEVEL) is not None for one in checks)
    strict_level = 1 - (1 - LEVEL) / max(1, deciding)
    results += [_held(one, strict_level, evidence) for one in checks]
    # Gates in the suite's order; `sorted` keeps that of the targets within each.
    return Decision(tuple(sorted(results, key=lambda result: result.gate)))


def _held(check: _Check, strict_level: float, evidence: Evidence) -> GateResult:
    gate, reading = check.gate, check.reading
    ends = reading.interval(LEVEL)
    low, high = ends or (None, None)
    result = replace(_named(gate, check.place, check.target, evidence), value=reading.value, low=low, high=high)
    result = replace(result, n=reading.n, missing=reading.missing, level=None if ends is None else LEVEL)
    result = replace(result, minimum=gate.minimum, maximum=gate.maximum, comparable=reading.comparable)
    why = _undecidable(gate, reading)
    if why is None and ends is None and gate.on is not On.MEAN:
        why = NO_INTERVAL
    if why is not None:
        result = replace(result, outcome=Outcome.INCONCLUSIVE, sentence=sentences.undecided(result, why))
        return _as_measured(result, gate, evidence)
    outcome = _outcome(gate, reading, strict_level)
    more = None
    if outcome is Outcome.INCONCLUSIVE and reading.stdev and reading.value is not None:
        distance = reading.value - result.threshold
        more = more_records(difference=distance, stdev=reading.stdev, n=reading.n, alpha=1 - LEVEL)
    result = replace(result, outcome=outcome)
    by = check.target.judge if _several_judges(gate, evidence) else None
    sentence = sentences.decided(result, gate, more=more, judged_by=by)
    return _as_measured(replace(result, sentence=sentence), gate, evidence)


def _undecidable(gate: Gate, reading: Reading) -> str | None:
    """Why nothing may be concluded from a reading, or None."""
    if reading.why is not None and not reading.lost:
        return reading.why
    expected = reading.n + reading.missing
    if reading.lost:
        return f"{reading.lost:,} of {expected:,} records were not judged because jobs gave no results"
    if expected and reading.n / expected < gate.needed_coverage:
        have, need = percent(reading.n / expected), percent(gate.needed_coverage)
        return f"only {have} of the records have a score, and the gate needs {need} (min_coverage)"
    return None


def _outcome(gate: Gate, reading: Reading, strict_level: float) -> Outcome:
    if gate.on is On.INTERVAL:
        ends, wide = reading.interval(LEVEL), reading.interval(strict_level)
        if ends is None or wide is None:
            return Outcome.INCONCLUSIVE
        if _keeps(gate, ends[0]) and _keeps(gate, ends[1]):
            return Outcome.PASS
        return Outcome.INCONCLUSIVE if _keeps(gate, wide[0]) or _keeps(gate, wide[1]) else Outcome.FAIL
    low, high = reading.interval(LEVEL) or (None, None)
    value = {On.MEAN: reading.value, On.LOWER: low, On.UPPER: high}[gate.on]
    if value is None:
        return Outcome.INCONCLUSIVE
    return Outcome.PASS if _keeps(gate, value) else Outcome.FAIL


# Figures are computed in binary: a mean of exactly 0.8 that comes out a bit below keeps a bound of 0.8.
_ROUNDING: Final = 1e-12


def _keeps(gate: Gate, value: float) -> bool:
    if gate.minimum is not None:
        return value > gate.minimum + _ROUNDING if gate.strict else value >= gate.minimum - _ROUNDING
    return value <= (gate.maximum or 0.0) + _ROUNDING


def _named(gate: Gate, place: int, target: Target, evidence: Evidence) -> GateResult:
    judged = f" by {target.judge}" if target.judge and _several_judges(gate, evidence) else ""
    return GateResult(
        gate=place,
        kind=gate.kind,
        outcome=Outcome.INCONCLUSIVE,
        rule=rule(gate, generator=target.generator) + judged,
        sentence="",
        metric=gate.metric,
        judge=target.judge,
        generator=target.generator,
        category=gate.category,
        versus=gate.versus,
    )


def _several_judges(gate: Gate, evidence: Evidence) -> bool:
    return len(evidence.judges_of.get(gate.metric or "", ())) > 1


def _as_measured(result: GateResult, gate: Gate, evidence: Evidence) -> GateResult:
    """A difference on a metric where lower is better, as the comparisons show it: generator minus the other."""
    metric = gate.metric or ""
    lower_wins = (evidence.directions.get(metric) or direction_of(metric)) is Direction.LOWER
    if gate.kind is not Kind.DIFFERENCE or not lower_wins:
        return result
    value, low, high = (None if figure is None else -figure + 0.0 for figure in (result.value, result.high, result.low))
    return replace(result, minimum=None, maximum=-result.threshold + 0.0, value=value, low=low, high=high)


def _coverage(gate: Gate, place: int, target: Target, evidence: Evidence) -> GateResult:
    """Scored ÷ expected. What failed jobs owe decides nothing; what judges left out may."""

    def chosen(summary: MetricSummary) -> bool:
        wanted = ((gate.metric, summary.metric), (target.generator, summary.model), (target.judge, summary.judge))
        return summary.category == gate.category and all(name in {None, own} for name, own in wanted)

    cells = {cell: one for cell, one in evidence.summaries.items() if chosen(one)}
    n, missing = sum(one.n for one in cells.values()), sum(one.missing for one in cells.values())
    lost = sum(evidence.lost.get(cell, 0) for cell in cells)
    result = replace(_named(gate, place, target, evidence), minimum=gate.minimum, n=n, missing=missing)
    if not n + missing:
        return replace(result, sentence=sentences.undecided(result, "nothing of that kind was evaluated"))
    result = replace(result, value=n / (n + missing))
    if _keeps(gate, n / (n + missing)):
        result = replace(result, outcome=Outcome.PASS)
    elif lost and _keeps(gate, n / (n + missing - lost) if n + missing > lost else 1.0):
        why = f"{lost:,} of {n + missing:,} scores are missing because jobs gave no results"
        return replace(result, sentence=sentences.undecided(result, why))
    else:
        result = replace(result, outcome=Outcome.FAIL)
    return replace(result, sentence=sentences.decided(result, gate))


def _cost(gate: Gate, place: int, evidence: Evidence) -> GateResult:
    result = replace(_named(gate, place, Target(None, None), evidence), maximum=gate.maximum, value=evidence.usd)
    if evidence.usd is None:
        why = "no cost was counted: a model's price is not known, or no job delivered"
        return replace(result, sentence=sentences.undecided(result, why))
    if not _keeps(gate, evidence.usd):
        result = replace(result, outcome=Outcome.FAIL)
    elif any(evidence.lost.values()):
        return replace(result, sentence=sentences.undecided(result, "jobs gave no results, and what they cost is open"))
    else:
        result = replace(result, outcome=Outcome.PASS)
    return replace(result, sentence=sentences.decided(result, gate))
