"""What a gate must have in common with the rest of its suite: names, and bounds that its metric can reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from gavel.gates.decision import BASELINE
from gavel.metrics import BUILTIN_METRICS, BUILTIN_PREFIX, Direction, builtin_metric
from gavel.suites.metric_schema import api_name
from gavel.suites.refusal import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gavel.suites.findings import Findings
    from gavel.suites.yaml_positions import Document, Path

type Item = Mapping[str, Any]


def check_gates(document: Document, findings: Findings, *, generators: Sequence[str], judges: Sequence[str]) -> None:
    """Holds every gate against the generators, judges and metrics that the suite names.

    A suite that names no generators judges what the dataset brings, so its gates may name any.
    """
    gates = document.data.get("gates")
    for index, gate in enumerate(gates if isinstance(gates, list) else []):
        if isinstance(gate, dict):
            _Checked(("gates", index), gate, document, findings).check(generators, judges)


class _Checked:
    def __init__(self, path: Path, gate: Item, document: Document, findings: Findings) -> None:
        self.path, self.gate, self.document, self.findings = path, gate, document, findings

    def add(self, key: str, reason: str, remedy: str) -> None:
        path = (*self.path, key)
        self.findings.add(self.document.line_of(path), path, reason, remedy)

    def check(self, generators: Sequence[str], judges: Sequence[str]) -> None:
        self._named("generator", generators)
        self._named("judge", judges)
        versus, own = self.gate.get("versus"), self.gate.get("generator")
        if versus == BASELINE and BASELINE in generators:
            self.add("versus", f"may mean the baseline, or the generator {BASELINE}", "give that generator a `name`")
        elif isinstance(versus, str) and versus != BASELINE:
            self._named("versus", generators)
            if versus == own:
                self.add("versus", "is the generator itself", "name another one, or `baseline`")
            elif own is None and list(generators) == [versus]:
                self.add("versus", "is the only generator, and nothing is compared with it", "add a generator")
        self._check_metric()

    def _named(self, key: str, known: Sequence[str]) -> None:
        name = self.gate.get(key)
        if isinstance(name, str) and known and name not in known:
            self.add(key, f"{shown(name)} is none of the suite's", f"use one of {', '.join(map(shown, known[:10]))}")

    def _check_metric(self) -> None:
        metric = self.gate.get("metric")
        if not isinstance(metric, str):
            return
        entries = self.document.data.get("metrics")
        listed = entries if isinstance(entries, list) else [one.name for one in BUILTIN_METRICS]
        own = {item["name"]: item for item in listed if isinstance(item, dict) and isinstance(item.get("name"), str)}
        known = {api_name(item) for item in listed if isinstance(item, str)}
        name = metric if metric in own else api_name(metric)
        if name not in known | own.keys():
            titles = [one.removeprefix(BUILTIN_PREFIX) for one in (*known, *own)]
            self.add("metric", f"{shown(metric)} is no metric of the suite", f"use one of {', '.join(sorted(titles))}")
            return
        self._check_judge(own=name in own)
        builtin = builtin_metric(name)
        scale = [0.0, 1.0] if builtin else _values(own.get(name, {}))
        direction = builtin.direction if builtin else Direction(own[name].get("better") or "higher")
        labels = [value for value in scale if isinstance(value, str)]
        if labels:
            self._check_labels(labels)
        else:
            self._check_numbers([float(value) for value in scale], direction)

    def _check_judge(self, *, own: bool) -> None:
        """A judge for custom metrics alone scores these, and nobody else does."""
        custom = self.document.data.get("custom_judge")
        label = (custom.get("name") or custom.get("model")) if isinstance(custom, dict) else None
        judge = self.gate.get("judge")
        if label is not None and isinstance(judge, str) and (judge == label) != own:
            remedy = f"use {shown(str(label))}, or leave the key out" if own else "use another judge of the suite"
            self.add("judge", f"{shown(judge)} does not score this metric", remedy)

    def _check_labels(self, labels: list[str]) -> None:
        for key in ("min", "max", "versus", "below", "above"):
            if key in self.gate:
                remedy = "use `label` with `min_rate` or `max_rate`"
                self.add(key, "needs numbers, and this metric's scale has labels", remedy)
        label = self.gate.get("label")
        if isinstance(label, str) and label not in labels:
            remedy = f"use one of {', '.join(map(shown, labels))}"
            self.add("label", f"{shown(label)} is no label of the metric's scale", remedy)

    def _check_numbers(self, scale: list[float], direction: Direction) -> None:
        if "label" in self.gate:
            self.add("label", "needs labels, and this metric's scale has numbers", "use `below` or `above`")
        if not scale:
            return
        # Bedrock was seen to normalise a scale of numbers to 0..1 and documents it nowhere, so both may be meant.
        low, high = min(0.0, *scale), max(1.0, *scale)
        for key in ("min", "max", "below", "above"):
            value = self.gate.get(key)
            if _number(value) and not low <= value <= high:
                self.add(key, f"is beyond the metric's scale of {low:g} to {high:g}", "use a bound that can be reached")
        for key in ("max_drop", "min_gain"):
            value = self.gate.get(key)
            if _number(value) and value > high - low:
                self.add(key, f"is more than two scores can differ ({high - low:g})", "use a smaller one")
        wrong = "max" if direction is Direction.HIGHER else "min"
        if wrong in self.gate:
            right = "min" if wrong == "max" else "max"
            self.add(
                wrong,
                f"would let only bad scores pass: {direction.value} is better on this metric",
                f"write `{right}`, or, if bad scores are wanted, `above` or `below` with `min_rate`",
            )


def _values(metric: Item) -> list[float | str]:
    scale = metric.get("scale")
    values = [item.get("value") for item in scale if isinstance(item, dict)] if isinstance(scale, list) else []
    return [value for value in values if isinstance(value, str) or _number(value)]


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
