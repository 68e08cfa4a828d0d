"""Reading a suite's file and saying everything that is wrong with it, each with its line, in words that help."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from gavel.datasets.limits import DEFAULT_MAX_PROMPT_BYTES, MAX_LINE_BYTES, MAX_SUITE_BYTES
from gavel.metrics import BUILTIN_PREFIX
from gavel.names import SUITE_NAME_PATTERN
from gavel.problems import InvalidInputError, Problem, Problems
from gavel.suites.custom_metrics import MAX_CUSTOM_METRICS, MOST_RATINGS
from gavel.suites.metric_schema import TAGS, api_name
from gavel.suites.refusal import REFUSED, shown
from gavel.suites.schema import (
    MAX_DESCRIPTION_CHARACTERS,
    MAX_SAMPLE,
    MAX_SEED,
    SCHEMAS,
    SUITE_VERSION,
    SuiteSchema,
)
from gavel.suites.yaml_positions import Document, Path, read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic_core import ErrorDetails

_REMEDIES: Final = {
    "version": f"write `version: {SUITE_VERSION}`",
    "description": f"write text of at most {MAX_DESCRIPTION_CHARACTERS} characters, in quotes",
    "generators": "write a list of `- model: …` or `- source: …`, or leave the key out if the dataset brings answers",
    "judges": "write a list with at least one `- model: amazon.nova-pro-v1:0`",
    "metrics": "write a list such as [Correctness, Helpfulness], or leave the key out for all built-in ones",
    "instructions": "write the judge's prompt with {{prediction}}, and {{prompt}} where it is needed",
    "scale": f"write 2 to {MOST_RATINGS} ratings such as `- {{definition: on brand, value: 1}}`",
    "better": "use higher or lower",
    "custom_judge": "write `{model: amazon.nova-pro-v1:0}`, or leave the key out: then the judges score all metrics",
    "dataset": f"write keys such as `max_prompt_bytes: {DEFAULT_MAX_PROMPT_BYTES}` below it, or leave the key out",
    "model": "use an id or ARN of Bedrock, such as amazon.nova-lite-v1:0",
    "source": "use the modelIdentifier of the dataset's modelResponses",
    "answers": "write the name of the file in which the source brings its answers, such as app-b.jsonl",
    "name": "write a short text, in quotes",
    "parameters": "write keys such as `max_tokens: 512` below it, or leave the key out",
    "latency": "use standard or optimized",
    "max_tokens": "use a whole number of 1 or more",
    "temperature": "use a number from 0 to 1",
    "top_p": "use a number from 0 to 1",
    "stop_sequences": 'write a list of texts, such as ["END"]',
    "additional": "write the model's own parameters below it, such as `top_k: 50`",
    "responses": "use declared or auto",
    "sample": "write keys such as `size: 1000` below it, or leave the key out to evaluate every record",
    "size": f"use a whole number from 1 to {MAX_SAMPLE}",
    "method": "use random or stratified",
    "allocation": "use proportional or equal",
    "minimum_per_category": "use a whole number such as 30",
    "seed": f"use a whole number from 0 to {MAX_SEED}",
    "budget": "write keys such as `per_evaluation_usd: 5` below it, or leave the key out",
    "per_evaluation_usd": "use an amount of USD above 0, such as 5 or 2.50",
    "per_month_usd": "use an amount of USD above 0, such as 100",
    "basis": "use expected or high",
    "max_prompt_bytes": f"use a whole number from 1 to {MAX_LINE_BYTES}",
}

_REASONS: Final = {
    "missing": "is missing",
    "string_type": "is not text",
    "int_type": "is not a whole number",
    "float_type": "is not a number",
    "finite_number": "is not a finite number",
    "list_type": "is not a list",
    "dict_type": "is not a mapping of keys to values",
    "model_type": "is not a mapping of keys to values",
    "too_short": "has {actual_length} of at least {min_length} entries",
    "too_long": "has {actual_length} entries, and {max_length} are allowed",
    "string_too_short": "is empty",
    "greater_than": "is not above {gt}",
    "greater_than_equal": "is below {ge}",
    "less_than_equal": "is above {le}",
    "string_too_long": "is longer than {max_length} characters",
    "literal_error": "is none of {expected}",
}


class _Findings:
    """Problems of one file, put in the order of its lines at the end."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Problem] = []

    def add(self, line: int | None, path: Path, reason: str, remedy: str) -> None:
        self.found.append(Problem(self.file, line, field_path(path), reason, remedy))

    def problems(self) -> Problems:
        problems = Problems()
        for problem in sorted(self.found, key=lambda one: (one.line or 0, one.field or "")):
            problems.add(problem)
        return problems


def read_suite(data: bytes, *, name: str, file: str) -> SuiteSchema:
    """Check a suite's bytes. Raises InvalidInputError with every problem."""
    findings = _Findings(file)
    if re.fullmatch(SUITE_NAME_PATTERN, name) is None:
        findings.add(
            None,
            (),
            f"the suite's name {shown(name)} cannot be used in S3 keys and job names",
            "name it with 1 to 40 lower-case letters and digits, with single hyphens between them",
        )
    document = _read_document(data, findings)
    checked: SuiteSchema | None = None
    if document is not None:
        try:
            checked = SuiteSchema.model_validate(document.data)
        except ValidationError as invalid:
            for error in invalid.errors(include_url=False, include_input=False):
                _add_error(error, document, findings)
        _check_across(document, findings)
    if checked is None or findings.found:
        raise InvalidInputError(findings.problems())
    return checked


def _read_document(data: bytes, findings: _Findings) -> Document | None:
    if len(data) > MAX_SUITE_BYTES:
        findings.add(
            None, (), f"is larger than {MAX_SUITE_BYTES // 1024} KiB", "a suite is a page of YAML; check the file"
        )
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        findings.add(line, (), f"is not UTF-8 at byte {error.start + 1} of the file", "save the file as UTF-8")
        return None
    document = read_yaml(text, findings.add)
    if document is None:
        return None
    if document.data is None:
        findings.add(None, (), "is empty", f"start with `version: {SUITE_VERSION}` and a list of judges")
        return None
    if not isinstance(document.data, dict):
        findings.add(1, (), "is not a mapping of keys to values", f"start with `version: {SUITE_VERSION}`")
        return None
    return document


def field_path(path: Path) -> str | None:
    """`("generators", 1, "model")` as `generators[1].model`; None for the file itself."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or None


def _add_error(error: ErrorDetails, document: Document, findings: _Findings) -> None:
    path = _path_in_file(error["loc"])
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        findings.add(document.line_of(path), path, *_unknown_key(path))
        return
    if kind == REFUSED:
        reason, remedy = context["reason"], context["remedy"]
    else:
        words = [part for part in path if isinstance(part, str)]
        empty = kind == "too_short" and not context["actual_length"]
        reason = "is empty" if empty else _REASONS[kind].format(**context) if kind in _REASONS else error["msg"]
        remedy = _REMEDIES.get(words[-1], "see the examples of suites") if words else "see the examples of suites"
    findings.add(document.line_of(path), path, reason, remedy)


def _path_in_file(location: Path) -> Path:
    """Where an error stands in the file: without pydantic's own word for the kind of a metric."""
    if location[:1] == ("metrics",) and len(location) > 2 and location[2] in TAGS:
        return location[:2] + location[3:]
    return location


def _unknown_key(path: Path) -> tuple[str, str]:
    parent = tuple(part for part in path[:-1] if isinstance(part, str))
    known = list(SCHEMAS[parent].model_fields)
    near = difflib.get_close_matches(str(path[-1]).casefold().replace("-", "_"), known, n=1)
    hint = f"did you mean `{near[0]}`? " if near else ""
    return "is not a known key", f"{hint}known here: {', '.join(known)}"


def _check_across(document: Document, findings: _Findings) -> None:
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


def _mappings(data: Mapping[str, Any], key: str) -> list[tuple[Path, dict[str, Any]]]:
    items = data.get(key)
    if not isinstance(items, list):
        return []
    return [((key, index), item) for index, item in enumerate(items) if isinstance(item, dict)]


def _label(item: Mapping[str, Any], *keys: str) -> Any:
    return next((item[key] for key in ("name", *keys) if item.get(key) is not None), None)


def _check_generator(path: Path, item: Mapping[str, Any], document: Document, findings: _Findings) -> None:
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
    findings: _Findings,
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


def _check_judge_names(document: Document, findings: _Findings) -> None:
    judges = _mappings(document.data, "judges")
    if isinstance(custom := document.data.get("custom_judge"), dict):
        judges.append((("custom_judge",), custom))
    _check_unique(judges, "name", lambda item: _label(item, "model"), document, findings)


def _check_metrics(document: Document, findings: _Findings) -> None:
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


def _check_custom_metrics(items: list[Any], document: Document, findings: _Findings) -> None:
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


def _check_auto(generators: list[tuple[Path, dict[str, Any]]], document: Document, findings: _Findings) -> None:
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


def _check_sample(document: Document, findings: _Findings) -> None:
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
