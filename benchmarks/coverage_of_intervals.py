"""How often the intervals of a comparison hold the truth, how often a verdict is false, and what misalignment does.

    python -m benchmarks.coverage_of_intervals [--rounds 2000] [--families 400] [--gates 1000] [--json]

Ends with exit code 1 when a promise is broken.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import stats

from benchmarks import command
from benchmarks.equal_models import false_gates, scores, table_of
from benchmarks.interval_scenarios import SCENARIOS, STRATA
from gavel.statistics.bootstrap import bootstrap_interval
from gavel.statistics.comparison import Verdict, compare
from gavel.statistics.intervals import bounded_mean_interval
from gavel.statistics.score_table import ScoreTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.interval_scenarios import Scenario

SIZES: Final = (30, 50, 100, 300, 1000)
BOUNDS: Final = (0.93, 0.97)
LEVEL: Final = 0.05
GATE_LEVEL: Final = 0.025  # of a wrong PASS, and of a wrong FAIL
_RESAMPLES: Final = 1000
GATE_SIZES: Final = (30, 100, 300)
_GATES: Final = {
    "passes": "one gate, a better than b: wrong PASS",
    "fails": "eleven gates, a no worse than b: wrong FAIL",
    "mean_passes": "one gate, a mean at its bound: PASS",
    "mean_fails": "eleven gates, means at their bounds: wrong FAIL",
}


def coverage(scenario: Scenario, n: int, rounds: int) -> float:
    """The share of samples whose interval holds the true mean difference."""
    random = np.random.default_rng([n, len(scenario.name)])
    hits = 0
    for _ in range(rounds):
        pairs = scenario.sample(n, random)
        # An interval that cannot be given holds nothing.
        low, high = bootstrap_interval([pairs.differences], resamples=_RESAMPLES) or (1.0, -1.0)
        hits += low <= scenario.truth <= high
    return hits / rounds


def stratified_coverage(n: int, rounds: int) -> float:
    """The same where the records were drawn from three categories that differ, in proportion to their sizes."""
    random = np.random.default_rng([n, 3])
    parts = [(scenario, round(share * n)) for scenario, share in STRATA]
    truth = sum(scenario.truth * size for scenario, size in parts) / sum(size for _, size in parts)
    hits = 0
    for _ in range(rounds):
        strata = [scenario.sample(size, random).differences for scenario, size in parts]
        low, high = bootstrap_interval(strata, resamples=_RESAMPLES) or (1.0, -1.0)
        hits += low <= truth <= high
    return hits / rounds


def mean_coverage(scenario: Scenario, n: int, rounds: int) -> float:
    """The share of samples whose interval of a single model's mean holds the true one."""
    random = np.random.default_rng([n, len(scenario.name), 2])
    truth = float(scenario.first @ scenario.values)
    hits = 0
    for _ in range(rounds):
        scores = scenario.mean_sample(n, random)
        low, high = bounded_mean_interval(mean=scores.mean(), stdev=scores.std(ddof=1), n=len(scores))
        hits += low <= truth <= high
    return hits / rounds


def false_verdicts(n: int, families: int) -> float:
    """The share of evaluations of two equally good models with any verdict but `inconclusive`, on eleven metrics."""
    random = np.random.default_rng(n)
    wrong = 0
    for _ in range(families):
        found = compare(table_of(scores(n, random)))
        wrong += any(one.verdict is not Verdict.INCONCLUSIVE for one in found)
    return wrong / families


def misalignment(n: int = 200) -> dict[str, float]:
    """Two models whose scores go together, each with missing scores of other records, three ways."""
    random = np.random.default_rng(1)
    a = random.integers(0, 5, n) / 4
    b = np.clip(a - random.integers(0, 2, n) / 4, 0, 1)
    lost_a, lost_b = random.random(n) < 0.1, random.random(n) < 0.1
    table = ScoreTable()
    for generator, values, lost in (("a", a, lost_a), ("b", b, lost_b)):
        for record, value in enumerate(values.tolist()):
            score = None if lost[record] else value
            table.add(record=record, category=None, generator=generator, judge="j", metric="m", value=score)
    (found,) = compare(table)
    complete = ~lost_a & ~lost_b
    # What a script does that drops the missing scores of each list by itself and compares by position.
    naive_a, naive_b = (values[~lost] for values, lost in ((a, lost_a), (b, lost_b)))
    shared = min(len(naive_a), len(naive_b))
    return {
        "paired_difference": found.mean_difference or 0.0,
        "complete_difference": float((a[complete] - b[complete]).mean()),
        "paired_spearman": found.spearman or 0.0,
        "complete_spearman": float(stats.spearmanr(a[complete], b[complete]).statistic),
        "naive_spearman": float(stats.spearmanr(naive_a[:shared], naive_b[:shared]).statistic),
        "paired_p": found.wilcoxon_p or 0.0,
        "complete_p": float(stats.wilcoxon(a[complete], b[complete]).pvalue),
        "naive_p": float(stats.wilcoxon(naive_a[:shared], naive_b[:shared]).pvalue),
    }


def broken(report: dict[str, Any]) -> Iterator[str]:
    """Every promise that a report breaks."""
    yield from _broken_coverage(report)
    for one in report["false_verdicts"]:
        if one["share"] > (most := _allowed(LEVEL, one["families"])):
            yield f"{one['share']:.1%} false verdicts with {one['records']} records are more than {most:.1%}"
    for one in report["gates"]:
        most = _allowed(GATE_LEVEL, one["families"])
        for name in _GATES:
            if one[name] > most:
                yield f"{one[name]:.1%} {name} with {one['records']} records are more than {most:.1%}"
    aligned = report["misalignment"]
    for name in ("difference", "spearman", "p"):
        if abs(aligned[f"paired_{name}"] - aligned[f"complete_{name}"]) > 1e-12:
            yield f"the paired {name} is not that of complete pairs"


def _broken_coverage(report: dict[str, Any]) -> Iterator[str]:
    low, high = BOUNDS
    shares = [(f"{one['scenario']}, {one['records']}", one) for one in report["coverage"]]
    found = [(f"{name} records", one["coverage"]) for name, one in shares if one["promised"]]
    found += [(f"means of {name} records", one["mean_coverage"]) for name, one in shares if one["promised_mean"]]
    found += [(f"by category, {one['records']} records", one["coverage"]) for one in report["stratified"]]
    for name, share in found:
        if not low <= share <= high:
            yield f"{name}: {share:.1%} is not within 93 to 97 %"


def _allowed(level: float, families: int) -> float:
    """The level, and two standard errors of a simulation of so many families."""
    return level + 2 * float((level * (1 - level) / families) ** 0.5)


def measure(rounds: int, families: int, gates: int, sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Everything that is measured."""
    return {
        "rounds": rounds,
        "coverage": [
            {
                "scenario": scenario.name,
                "records": n,
                "differing": round(scenario.differing(n), 1),
                "promised": scenario.promised(n),
                "coverage": coverage(scenario, n, rounds),
                "promised_mean": scenario.promised_mean(n),
                "mean_coverage": mean_coverage(scenario, n, 2 * rounds),
            }
            for scenario in SCENARIOS
            for n in sizes
        ],
        "stratified": [{"records": n, "coverage": stratified_coverage(n, rounds)} for n in sizes],
        "false_verdicts": [
            {"records": n, "families": families, "share": false_verdicts(n, families)} for n in (30, 100)
        ],
        "gates": [{"records": n, "families": gates, **false_gates(n, gates)} for n in GATE_SIZES if n in sizes],
        "misalignment": misalignment(),
    }


def main() -> int:
    """Measure, print, and say what is broken."""
    parser = command.parser("benchmarks.coverage_of_intervals", __doc__)
    parser.add_argument("--rounds", type=command.whole(), default=2000, help="samples for each scenario and size")
    parser.add_argument("--families", type=command.whole(), default=400, help="evaluations of equally good models")
    parser.add_argument("--gates", type=command.whole(), default=1000, help="evaluations that gates are held against")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")
    arguments = parser.parse_args()
    report = measure(arguments.rounds, arguments.families, arguments.gates)
    report["broken"] = list(broken(report))
    if arguments.as_json:
        print(json.dumps(report, indent=2))
    else:
        _show(report)
    return 1 if report["broken"] else 0


def _show(report: dict[str, Any]) -> None:
    print(f"Coverage of nominal 95 % intervals, {report['rounds']:,} samples each")
    print(f"{'':30}" + "".join(f"{f'n = {n}':>10}" for n in SIZES))
    for scenario in SCENARIOS:
        own = [one for one in report["coverage"] if one["scenario"] == scenario.name]
        cells = [f"{one['coverage']:.1%}" + ("" if one["promised"] else "*") for one in own]
        print(f"{scenario.name:30}" + "".join(f"{cell:>10}" for cell in cells))
    cells = [f"{one['coverage']:.1%}" for one in report["stratified"]]
    print(f"{'drawn from three categories':30}" + "".join(f"{cell:>10}" for cell in cells))
    print("* fewer than five records can be expected to differ: nothing is promised")
    print("\nThe same of the means of one model")
    for scenario in SCENARIOS:
        own = [one for one in report["coverage"] if one["scenario"] == scenario.name]
        cells = [f"{one['mean_coverage']:.1%}" + ("" if one["promised_mean"] else "*") for one in own]
        print(f"{scenario.name:30}" + "".join(f"{cell:>10}" for cell in cells))
    print("* fewer than five records can be expected off the commonest value: nothing is promised")
    print("\nEvaluations of two equally good models on eleven metrics with any false verdict, corrected for 5 %")
    for one in report["false_verdicts"]:
        print(f"  {one['records']:4} records: {one['share']:.1%} of {one['families']}")
    print("\nVerdicts of gates on the same, whose level is 2.5 %")
    print(f"{'':50}" + "".join(f"{f'n = {n}':>10}" for n in GATE_SIZES))
    for name, text in _GATES.items():
        print(f"  {text:48}" + "".join(f"{one[name]:>10.1%}" for one in report["gates"]))
    aligned = report["misalignment"]
    print("\nMissing scores in different records      paired  complete pairs  by position")
    print(
        f"  Spearman                             {aligned['paired_spearman']:8.4f} {aligned['complete_spearman']:15.4f}"
        f" {aligned['naive_spearman']:12.4f}"
    )
    print(
        f"  Wilcoxon's p                         {aligned['paired_p']:8.1e} {aligned['complete_p']:15.1e}"
        f" {aligned['naive_p']:12.1e}"
    )
    for line in report["broken"]:
        print(f"BROKEN: {line}")


if __name__ == "__main__":
    command.run(main)
