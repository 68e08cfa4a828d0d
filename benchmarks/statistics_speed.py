"""The statistics of count tables beside SciPy's functions, on the same data in the same run.

    python -m benchmarks.statistics_speed [--records 100000] [--models 10] [--metrics 11] [--json]

Spearman over every pair of models on every metric; and the bootstrap interval of 10,000 records' mean. Both start from
arrays of scores, and both are measured in CPU seconds. Ends with exit code 1 when a promise is broken.
"""

from __future__ import annotations

import json
import time
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import stats

from benchmarks import command
from gavel.statistics.bootstrap import RESAMPLES, bootstrap_interval
from gavel.statistics.correlation import spearman
from gavel.statistics.pairs import count_pairs, levels_of
from gavel.statistics.resampling import resampled_means
from gavel.statistics.scale import Scale, coded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

SPEARMAN_RATIO: Final = 15
SPEARMAN_RECORDS: Final = 100_000  # with fewer, a ratio is one of fixed costs
BOOTSTRAP_RATIO: Final = 80
BOOTSTRAP_RECORDS: Final = 10_000
_SAME: Final = 1e-12
_ROUNDS: Final = 5

type Scores = npt.NDArray[np.float64]  # models × records


def scores(models: int, records: int, seed: int) -> Scores:
    """Scores on five levels; models agree more or less."""
    random = np.random.default_rng(seed)
    ease = random.normal(size=records)
    levels = [np.clip(np.round(ease + random.normal(size=records)) + 2, 0, 4) for _ in range(models)]
    return np.array(levels) / 4


def by_tables(metrics: list[Scores]) -> list[float]:
    """Spearman of every pair by tables of counts."""
    found = []
    for values in metrics:
        distinct, places = coded(values.ravel())
        scale = Scale.of(distinct.tolist())
        levels = [levels_of(row.astype(np.int32), scale) for row in places.reshape(values.shape)]
        for a, b in combinations(levels, 2):
            pairs, _ = count_pairs(a, b, scale)
            result = spearman(pairs.a, pairs.b, pairs.counts)
            found.append(float("nan") if result is None else result[0])
    return found


def by_scipy(metrics: list[Scores]) -> list[float]:
    """Spearman of every pair by SciPy."""
    return [float(stats.spearmanr(a, b).statistic) for values in metrics for a, b in combinations(values, 2)]


def measure_spearman(models: int, metrics: int, records: int) -> dict[str, Any]:
    """CPU seconds of both, their ratio, and how far apart their answers are."""
    data = [scores(models, records, seed) for seed in range(metrics)]
    own, own_seconds = _timed(lambda: by_tables(data))
    scipys, scipy_seconds = _timed(lambda: by_scipy(data))
    return {
        "models": models,
        "metrics": metrics,
        "records": records,
        "pairs": len(own),
        "seconds": own_seconds,
        "scipy_seconds": scipy_seconds,
        "ratio": scipy_seconds / own_seconds,
        "largest_gap": max(abs(one - other) for one, other in zip(own, scipys, strict=True)),
    }


def measure_bootstrap(records: int) -> dict[str, Any]:
    """CPU seconds of both for one interval, the best of some rounds of each in turn, and both answers."""
    one, other = scores(2, records, 7)
    gaps = one - other

    def own() -> tuple[float, float]:
        values, counts = np.unique(gaps, return_counts=True)
        return bootstrap_interval([(values, counts)]) or (0.0, 0.0)

    def scipys() -> Any:
        return stats.bootstrap((gaps,), np.mean, n_resamples=RESAMPLES, method="percentile", batch=100, rng=1)

    times: dict[str, list[float]] = {"own": [], "scipy": []}
    for _ in range(_ROUNDS):
        interval, seconds = _timed(own)
        times["own"].append(seconds)
        reference, seconds = _timed(scipys)
        times["scipy"].append(seconds)
    values, counts = np.unique(gaps, return_counts=True)
    means = resampled_means(values, counts, resamples=RESAMPLES, chance=np.random.default_rng(3))
    low, high = reference.confidence_interval
    return {
        "records": records,
        "resamples": RESAMPLES,
        "seconds": min(times["own"]),
        "scipy_seconds": min(times["scipy"]),
        "ratio": min(times["scipy"]) / min(times["own"]),
        "interval": list(interval),
        "scipy_interval": [float(low), float(high)],
        "standard_error": float(gaps.std() / records**0.5),
        "same_distribution_p": float(stats.ks_2samp(means, reference.bootstrap_distribution).pvalue),
    }


def _timed[Answer](work: Callable[[], Answer]) -> tuple[Answer, float]:
    started = time.process_time()
    answer = work()
    return answer, time.process_time() - started


def broken(report: dict[str, Any]) -> Iterator[str]:
    """Every promise that a report breaks."""
    rank, boot = report["spearman"], report["bootstrap"]
    if rank["records"] >= SPEARMAN_RECORDS and rank["ratio"] < SPEARMAN_RATIO:
        yield f"Spearman is {rank['ratio']:.1f} times as fast as SciPy, not {SPEARMAN_RATIO}"
    if not rank["largest_gap"] <= _SAME:
        yield f"Spearman differs from SciPy's by {rank['largest_gap']:.1e}"
    if boot["ratio"] < BOOTSTRAP_RATIO:
        yield f"the bootstrap is {boot['ratio']:.1f} times as fast as SciPy, not {BOOTSTRAP_RATIO}"
    # Two samples of one distribution fall below this once in a thousand runs; the seeds are fixed, so never by chance.
    if boot["same_distribution_p"] < 0.001:
        yield "the resampled means are not distributed as SciPy's"
    apart = [abs(one - other) for one, other in zip(boot["interval"], boot["scipy_interval"], strict=True)]
    if max(apart) > 0.15 * boot["standard_error"]:
        yield "the interval's ends are further from SciPy's than chance has them"


def main() -> int:
    """Measure, print, and say what is broken."""
    parser = command.parser("benchmarks.statistics_speed", __doc__)
    parser.add_argument(
        "--records",
        type=command.whole(10),
        default=SPEARMAN_RECORDS,
        help="default: %(default)s; speed is promised from there on",
    )
    parser.add_argument("--models", type=command.whole(2), default=10, help="default: %(default)s")
    parser.add_argument("--metrics", type=command.whole(), default=11, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")
    arguments = parser.parse_args()
    report: dict[str, Any] = {
        "spearman": measure_spearman(arguments.models, arguments.metrics, arguments.records),
        "bootstrap": measure_bootstrap(BOOTSTRAP_RECORDS),
    }
    report["broken"] = list(broken(report))
    print(json.dumps(report, indent=2) if arguments.as_json else _shown(report))
    return 1 if report["broken"] else 0


def _shown(report: dict[str, Any]) -> str:
    rank, boot = report["spearman"], report["bootstrap"]
    ends = "[{:.5f}, {:.5f}] and SciPy's [{:.5f}, {:.5f}]".format(*boot["interval"], *boot["scipy_interval"])
    lines = [
        f"{'':54}{'tables':>10}{'SciPy':>10}{'ratio':>8}",
        f"Spearman, {rank['pairs']} pairs of {rank['records']:,} scores".ljust(54)
        + f"{rank['seconds']:9.2f}s{rank['scipy_seconds']:9.2f}s{rank['ratio']:7.1f}x",
        f"Bootstrap, {boot['resamples']:,} resamples of {boot['records']:,} records".ljust(54)
        + f"{boot['seconds']:9.4f}s{boot['scipy_seconds']:9.4f}s{boot['ratio']:7.1f}x",
        f"Largest difference of a correlation: {rank['largest_gap']:.1e}",
        f"Intervals: {ends}; standard error {boot['standard_error']:.5f}",
        f"Kolmogorov-Smirnov, the resampled means have one distribution: p = {boot['same_distribution_p']:.2f}",
        *(f"BROKEN: {line}" for line in report["broken"]),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    command.run(main)
