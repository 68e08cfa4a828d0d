"""One evaluation in its suite's history: its figures, and what they would have to share to be compared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from gavel.names.identities import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gavel.planning.manifest import Manifest
    from gavel.statistics.summary import MetricSummary
    from gavel.suites.suite import Suite

# Bytes of UTF-8. An item of DynamoDB takes 400 KB; a figure takes up to 80 and the names of three things.
_LONGEST_FIGURES: Final = 300_000


@dataclass(frozen=True)
class Figure:
    """The mean of one generator on one metric by one judge over all records, with its 95 % interval."""

    metric: str
    judge: str
    generator: str
    mean: float | None
    low: float | None
    high: float | None
    n: int
    missing: int


@dataclass(frozen=True)
class Entry:
    """An evaluation as its suite remembers it.

    `records_sha256` stands for which records were evaluated (dataset and sample), `judges` has the model behind each
    judge's name, `texts` a hash of each custom metric's prompt and scale. `figures` are empty where there are too many
    for an item of the table (`figures_left_out`).
    """

    evaluation_id: str
    created_at: str
    dataset: str
    records_sha256: str
    records: int
    judges: Mapping[str, str]
    texts: Mapping[str, str]
    figures: tuple[Figure, ...] = ()
    figures_left_out: bool = False
    coverage: float | None = None
    verdict: str | None = None
    status: str | None = None

    @classmethod
    def of(
        cls, manifest: Manifest, summaries: Iterable[MetricSummary], *, verdict: str | None, coverage: float
    ) -> Self:
        """The entry of an evaluation that was summarised."""
        figures = tuple(_figure(one) for one in summaries if one.category is None)
        left_out = len(_packed(figures).encode()) > _LONGEST_FIGURES
        return cls(
            evaluation_id=manifest.evaluation_id,
            created_at=manifest.created_at,
            dataset=manifest.dataset.key,
            records_sha256=records_of(manifest),
            records=manifest.records,
            judges=judge_models(manifest.suite),
            texts=metric_texts(manifest.suite),
            figures=() if left_out else figures,
            figures_left_out=left_out,
            coverage=coverage,
            verdict=verdict,
        )

    def to_json(self) -> dict[str, Any]:
        """The entry as facts of an item."""
        return {
            "evaluation_id": self.evaluation_id,
            "created_at": self.created_at,
            "dataset": self.dataset,
            "records_sha256": self.records_sha256,
            "records": self.records,
            "judges": dict(self.judges),
            "texts": dict(self.texts),
            "figures": _packed(self.figures),
            "figures_left_out": self.figures_left_out,
            "coverage": self.coverage,
            "verdict": self.verdict,
        }

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> Self:
        """The entry of an item; of an evaluation that ended without scores only the first facts are known."""
        return cls(
            evaluation_id=item["evaluation_id"],
            created_at=item["created_at"],
            dataset=item.get("dataset", ""),
            records_sha256=item.get("records_sha256", ""),
            records=item.get("records", 0),
            judges=item.get("judges", {}),
            texts=item.get("texts", {}),
            figures=tuple(Figure(*row) for row in json.loads(item.get("figures", "[]"))),
            figures_left_out=item.get("figures_left_out", False),
            coverage=item.get("coverage"),
            verdict=item.get("verdict"),
            status=item.get("status"),
        )


def judge_models(suite: Suite) -> dict[str, str]:
    """The model behind each judge's name."""
    return {judge.name: judge.model.text for judge in suite.all_judges}


def metric_texts(suite: Suite) -> dict[str, str]:
    """A hash of the prompt and scale of each custom metric; those of built-in metrics are Bedrock's."""
    return {
        metric.name: fingerprint(json.dumps({**metric.to_json(), "description": None}, sort_keys=True))
        for metric in suite.custom_metrics
    }


def records_of(manifest: Manifest) -> str:
    """What stands for the records that were evaluated: the same dataset and sample give the same text."""
    sample = manifest.sampling.sample if manifest.sampled_from else None
    return fingerprint(manifest.dataset.sha256, json.dumps(sample.to_json() if sample else None, sort_keys=True))


def _figure(one: MetricSummary) -> Figure:
    low, high = one.interval or (None, None)
    return Figure(one.metric, one.judge, one.model, one.mean, low, high, n=one.n, missing=one.missing)


def _packed(figures: Iterable[Figure]) -> str:
    rows = [
        [one.metric, one.judge, one.generator, *map(_short, (one.mean, one.low, one.high)), one.n, one.missing]
        for one in figures
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _short(value: float | None) -> float | None:
    """Six decimals are more than a line in a picture shows."""
    return None if value is None else round(value, 6) + 0.0
