"""What no single field of a suite can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gavel.metrics import BUILTIN_PREFIX
from gavel.suites.custom_metrics import MAX_CUSTOM_METRICS
from gavel.suites.gate_checks import check_gates
from gavel.suites.metric_schema import api_name
from gavel.suites.models import parse_model
from gavel.suites.refusal import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gavel.suites.findings import Findings
    from gavel.suites.reach import Reach
    from gavel.suites.yaml_positions import Document, Path


def check_across(document: Document, findings: Findings, reach: Reach | None) -> None:
    """What no single field can tell. It reads the plain data, so it speaks even when a field elsewhere is wrong."""
    generators = _mappings(document.data, "generators")
    for path, item in generators:
        _check_generator(path, item, document, findings)
    _check_unique(generators, "source", lambda item: item.get("source"), document, findings)
    _check_unique(generators, "answers", lambda item: item.get("answers"), document, findings)
    _check_unique(generators, "name", lambda item: _label(item, "model", "source"), document, findings)
    _check_judge_names(document, findings)
    _check_metrics(document, findings)
    _check_auto(generators, document, findings)
    _check_sample(document, findings)
    check_gates(
        document,
        findings,
        generators=_labels(generators, "model", "source"),
        judges=_labels(_judges(document), "model"),
    )
    if reach is not None:
        _check_reach(document, findings, reach)


def _mappings(data: Mapping[str, Any], key: str) -> list[tuple[Path, dict[str, Any]]]:
    items = data.get(key)
    if not isinstance(items, list):
        return []
    return [((key, index), item) for index, item in enumerate(items) if isinstance(item, dict)]


def _label(item: Mapping[str, Any], *keys: str) -> Any:
    return next((item[key] for key in ("name", *keys) if item.get(key) is not None), None)


def _labels(items: list[tuple[Path, dict[str, Any]]], *keys: str) -> list[str]:
    return [label for _, item in items if isinstance(label := _label(item, *keys), str)]


def _judges(document: Document) -> list[tuple[Path, dict[str, Any]]]:
    judges = _mappings(document.data, "judges")
    if isinstance(custom := document.data.get("custom_judge"), dict):
        judges.append((("custom_judge",), custom))
    return judges


def _check_generator(path: Path, item: Mapping[str, Any], document: Document, findings: Findings) -> None:
    model, source = item.get("model") is not None, item.get("source") is not None
    if model and source:
        line = document.line_of((*path, "source"))
        findings.add(line, path, "has both a model and a source", "make two generators of it")
    elif not model and not source:
        remedy = "add `model:` with an id of Bedrock, or `source:` with a modelIdentifier of the dataset"
        findings.add(document.line_of(path), path, "has neither a model nor a source", remedy)
    if "answers" in item and not source:
        line = document.line_of((*path, "answers"))
        findings.add(line, (*path, "answers"), "is given without a source", "add `source:`, or remove the key")
    if source and not model:
        for key in ("parameters", "latency"):
            if key in item:
                line = document.line_of((*path, key))
                findings.add(line, (*path, key), "has no meaning for a source, whose answers are ready", "remove it")


def _check_unique(
    items: list[tuple[Path, dict[str, Any]]],
    what: str,
    value_of: Callable[[dict[str, Any]], Any],
    document: Document,
    findings: Findings,
) -> None:
    first: dict[str, int | None] = {}
    for path, item in items:
        value = value_of(item)
        if not isinstance(value, str):
            continue
        line = document.line_of((*path, what) if what in item else path)
        if value in first:
            remedy = "give each a `name` of its own" if what == "name" else "remove one of the two"
            findings.add(line, (*path, what), f"{shown(value)} is taken, first on line {first[value]}", remedy)
        else:
            first[value] = line


def _check_judge_names(document: Document, findings: Findings) -> None:
    _check_unique(_judges(document), "name", lambda item: _label(item, "model"), document, findings)


def _check_metrics(document: Document, findings: Findings) -> None:
    items = document.data.get("metrics")
    if not isinstance(items, list):
        return
    first: dict[str, int | None] = {}
    for index, item in enumerate(items):
        name = item.get("name") if isinstance(item, dict) else api_name(item) if isinstance(item, str) else None
        if not isinstance(name, str):
            continue
        line = document.line_of(("metrics", index))
        if name in first:
            title = name.removeprefix(BUILTIN_PREFIX)
            findings.add(
                line,
                ("metrics", index),
                f"{title} is listed twice, first on line {first[name]}",
                "remove one of the two",
            )
        else:
            first[name] = line
    _check_custom_metrics(items, document, findings)


def _check_custom_metrics(items: list[Any], document: Document, findings: Findings) -> None:
    own = sum(isinstance(item, dict) for item in items)
    path: Path = ("metrics",)
    if own > MAX_CUSTOM_METRICS:
        reason = f"defines {own} metrics of its own, and Bedrock takes {MAX_CUSTOM_METRICS} in a job"
        findings.add(document.line_of(path), path, reason, "make two suites of it, or combine metrics")
    if "custom_judge" in document.data:
        path = ("custom_judge",)
        if own == 0:
            reason = "is given, while the suite defines no metric of its own"
            findings.add(document.line_of(path), path, reason, "define one in `metrics`, or remove the key")
        elif own == len(items):
            reason = "is given, while every metric is the suite's own: nothing is left for `judges` to score"
            findings.add(document.line_of(path), path, reason, "name this model in `judges`, and remove the key")


def _check_auto(generators: list[tuple[Path, dict[str, Any]]], document: Document, findings: Findings) -> None:
    options = document.data.get("dataset")
    if not isinstance(options, dict) or options.get("responses") != "auto":
        return
    path: Path = ("dataset", "responses")
    for item_path, item in generators:
        if item.get("source") is not None:
            findings.add(
                document.line_of((*item_path, "source")),
                (*item_path, "source"),
                "is declared, while `dataset.responses: auto` takes whatever source the dataset brings",
                "remove the source, or use `dataset.responses: declared`",
            )
    if "generators" not in document.data:
        findings.add(
            document.line_of(path),
            path,
            "is auto, and no generator is there to answer a dataset without answers",
            "add a generator with a `model`, or use `declared`",
        )


def _check_sample(document: Document, findings: Findings) -> None:
    sample = document.data.get("sample")
    if not isinstance(sample, dict):
        return
    if sample.get("method", "random") == "random":
        for key in ("allocation", "minimum_per_category"):
            if key in sample:
                path: Path = ("sample", key)
                reason = "is for a stratified sample, and this one is random"
                findings.add(document.line_of(path), path, reason, "add `method: stratified`, or remove the key")
    size, least = sample.get("size"), sample.get("minimum_per_category")
    if isinstance(size, int) and isinstance(least, int) and least > size > 0:
        path = ("sample", "minimum_per_category")
        findings.add(document.line_of(path), path, f"is more than the whole sample of {size:,}", "lower it")


def _check_reach(document: Document, findings: Findings, reach: Reach) -> None:
    """Models that the deployment cannot call are refused here, not by Bedrock job by job."""
    for path, item in [*_mappings(document.data, "generators"), *_judges(document)]:
        text = item.get("model")
        try:
            model = parse_model(text) if isinstance(text, str) else None
        except ValueError:
            continue  # said already
        refusal = reach.refusal(model) if model else None
        if refusal:
            findings.add(document.line_of((*path, "model")), (*path, "model"), *refusal)
