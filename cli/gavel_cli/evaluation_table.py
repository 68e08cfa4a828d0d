"""Shows a finished evaluation to a person: which model is better on which metric, by how much, on how many records."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from gavel.catalog import REGISTERED
from gavel_cli.output import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_REASONS_SHOWN = 10


@dataclass(frozen=True)
class Result:
    """The results of one evaluation as the API gives them (summaries and comparisons over all categories)."""

    generators: Sequence[str]
    judges: Sequence[str]
    metrics: Sequence[str]
    summaries: Sequence[Mapping[str, Any]]
    comparisons: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, view: Mapping[str, Any]) -> Result:
        """The results inside an answer of `GET /evaluations/{id}`."""
        return cls(
            generators=view["generators"],
            judges=view["judges"],
            metrics=view["metrics"],
            summaries=view["summaries"],
            comparisons=[item for item in view["comparisons"] if item["category"] is None],
        )

    def summary(self, *, generator: str, judge: str, metric: str) -> Mapping[str, Any] | None:
        """The summary of one cell, or None."""
        wanted = (generator, judge, metric)
        return next((item for item in self.summaries if (item["model"], item["judge"], item["metric"]) == wanted), None)

    def pairs(self, *, judge: str, metric: str) -> list[Mapping[str, Any]]:
        """Comparisons of one metric by one judge."""
        return [item for item in self.comparisons if (item["judge"], item["metric"]) == (judge, metric)]

    def judges_of(self, metric: str) -> list[str]:
        """The judges that were asked for a metric, in the suite's order."""
        asked = {item["judge"] for item in self.summaries if item["metric"] == metric}
        return [judge for judge in self.judges if judge in asked]

    def leader(self, *, judge: str, metric: str) -> str | None:
        """The generator that is clearly better than every other one, or None."""
        pairs = self.pairs(judge=judge, metric=metric)
        for generator in self.generators:
            own = [pair for pair in pairs if generator in {pair["model_a"], pair["model_b"]}]
            if own and all(_better(pair) == generator for pair in own):
                return generator
        return None


def headline(view: Mapping[str, Any]) -> str:
    """What was evaluated and how it ended, in two or three lines."""
    lines = [f"{view['evaluation_id']}: {view['status']}"]
    if view.get("reason"):
        lines.append(str(view["reason"]))
    if "records" in view:
        jobs = view["jobs"]
        parts = [
            f"{view['records']:,} records{_sampled(view)}",
            f"{len(view['generators'])} generator{'s' * (len(view['generators']) != 1)}",
            f"judge{'s' * (len(view['judges']) != 1)} {', '.join(view['judges'])}",
            f"{jobs.get('collected', 0)} of {jobs['planned']} jobs delivered",
        ]
        if reused := view.get("reused_jobs"):
            parts.append(f"{reused:,} job{'s' * (reused != 1)} reused")
        if "coverage" in view:
            parts.append(f"coverage {view['coverage']:.1%}")
        lines.append(" · ".join(parts))
    return "\n".join(visible(line) for line in lines)


def _sampled(view: Mapping[str, Any]) -> str:
    return f" sampled from {view['sampled_from']:,}" if view.get("sampled_from") else ""


def next_steps(view: Mapping[str, Any], report: Path | None) -> list[str]:
    """Where to look next."""
    bucket, keys = view["bucket"], view["keys"]
    if view["status"] == "REFUSED":
        return [f"Every problem   s3://{bucket}/{keys['validation']}"]
    if not view["summaries"]:
        return [f"What was planned   s3://{bucket}/{keys['manifest']}"]
    folder, _, file = keys["report"].rpartition("/")
    lines = [f"Report          {report}"] if report else []
    return [
        *lines,
        f"All files       s3://{bucket}/{folder}/",
        f"                {'' if report else file + ', '}summary.json, manifest.json; raw output below bedrock/",
        *([f"! {visible(view['catalog'])}"] if view.get("catalog", REGISTERED) != REGISTERED else []),
    ]


def failures(jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line for each reason that jobs of a generator gave no scores for, the ten most frequent.

    `jobs` are an evaluation's `failed_jobs`. A thousand shards fail for one reason together, so it is said once.
    """
    counts = Counter((str(job["generator"]), str(job["reason"])) for job in jobs)
    lines = [
        f"! {visible(generator)}: {count:,} job{'s' * (count != 1)} without scores: {visible(reason)}"
        for (generator, reason), count in counts.most_common(_REASONS_SHOWN)
    ]
    if len(counts) > _REASONS_SHOWN:
        lines.append(f"! and {len(counts) - _REASONS_SHOWN:,} more reasons; the table has one item for each job")
    return lines


def results_table(result: Result) -> Table:
    """One row a metric and judge: means, the paired difference of two generators, records, and who is better.

    A single judge has no column. Two generators of short names and one judge fit into 80 columns. Only metrics on which
    lower is better carry an arrow.
    """
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column("METRIC", no_wrap=True)
    panel = len(result.judges) > 1
    if panel:
        table.add_column("JUDGE", overflow="fold", min_width=5)
    for generator in result.generators:
        table.add_column(Text(visible(generator)), justify="right", overflow="fold", min_width=5)
    two = len(result.generators) == 2
    if two:
        table.add_column("DIFFERENCE [95 %]", justify="right", no_wrap=True)
    table.add_column("N", justify="right", no_wrap=True)
    if len(result.generators) > 1:
        table.add_column("BETTER", overflow="fold")
    for metric in result.metrics:
        judges = result.judges_of(metric)
        for place, judge in enumerate(judges):
            table.add_row(*_cells(result, metric, judge, title=place == 0), end_section=place == len(judges) - 1)
    return table


def _cells(result: Result, metric: str, judge: str, *, title: bool) -> list[Text]:
    """The cells of one row; the rows of a metric carry its title once."""
    summaries = [result.summary(generator=name, judge=judge, metric=metric) for name in result.generators]
    direction = next((item["direction"] for item in summaries if item), "higher")
    pairs = result.pairs(judge=judge, metric=metric)
    name = visible(metric.removeprefix("Builtin.")) + (" ↓" if direction == "lower" else "")
    row = [Text(name if title else "")]
    if len(result.judges) > 1:
        row.append(Text(visible(judge)))
    row += [Text(_mean(item)) for item in summaries]
    if len(result.generators) == 2:
        row.append(Text(_difference(pairs[0] if pairs else None)))
    row.append(Text(_records(summaries, pairs)))
    if len(result.generators) > 1:
        leader = result.leader(judge=judge, metric=metric)
        row.append(Text(visible(leader), style="bold green") if leader else Text("–", style="dim"))
    return row


def notes(result: Result) -> list[str]:
    """What the marks of the table mean, as far as they stand in it."""
    lines, marks = [], []
    if len(result.generators) == 2:
        a, b = (visible(name) for name in result.generators)
        lines.append(f"Difference: mean of {a} minus {b} over the N records that have both scores.")
    if any(item["direction"] == "lower" for item in result.summaries):
        marks.append("↓ lower is better.")
    missing = sum(item["missing"] for item in result.summaries)
    if missing:
        marks.append(f"{missing:,} score{'s' * (missing != 1)} missing: not counted, never taken for zero.")
    return [*lines, *([" ".join(marks)] if marks else [])]


def sentence(result: Result, judge: str) -> str:
    """Who leads on how many metrics by a judge, in one sentence."""
    asked = [metric for metric in result.metrics if judge in result.judges_of(metric)]
    metrics = len(asked)
    if len(result.generators) < 2:
        return f"{result.generators[0]} was scored on {metrics} metrics; a second generator would give a comparison."
    leads = dict.fromkeys(result.generators, 0)
    for metric in asked:
        leader = result.leader(judge=judge, metric=metric)
        if leader:
            leads[leader] += 1
    open_metrics = metrics - sum(leads.values())
    parts = [f"{visible(name)} is better on {count} of {metrics} metrics" for name, count in leads.items() if count]
    if open_metrics:
        parts.append(f"{open_metrics} show{'s' * (open_metrics == 1)} no clear difference")
    by = f"{visible(judge)}: " if len(result.judges) > 1 else ""
    return by + "; ".join(parts) + "."


def _mean(summary: Mapping[str, Any] | None) -> str:
    if summary is None or summary["mean"] is None:
        return "–"
    return f"{summary['mean']:.3f}"


def _difference(pair: Mapping[str, Any] | None) -> str:
    if pair is None or pair["mean_difference"] is None:
        return "–"
    low, high = pair["ci_low"], pair["ci_high"]
    between = f" [{_signed(low)}, {_signed(high)}]" if low is not None else ""
    return _signed(pair["mean_difference"]) + between


def _better(pair: Mapping[str, Any]) -> str | None:
    """The generator that a comparison found better."""
    return {"better": str(pair["model_a"]), "worse": str(pair["model_b"])}.get(pair["verdict"])


def _signed(value: float) -> str:
    """Two decimals with a sign; what rounds to nothing has none."""
    text = f"{value:+.2f}"
    return " 0.00" if float(text) == 0 else text


def _records(summaries: Sequence[Mapping[str, Any] | None], pairs: Sequence[Mapping[str, Any]]) -> str:
    """Records that the comparisons rest on, or those scored for a single generator."""
    counts = sorted({pair["n"] for pair in pairs} or {item["n"] for item in summaries if item} or {0})
    return f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,}–{counts[-1]:,}"
