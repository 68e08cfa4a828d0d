"""Reading a suite's file and saying everything that is wrong with it, each with its line, in words that help."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from gavel.datasets.limits import DEFAULT_MAX_PROMPT_BYTES, MAX_LINE_BYTES, MAX_SUITE_BYTES
from gavel.names.identities import SUITE_NAME_PATTERN
from gavel.problems import InvalidInputError
from gavel.suites.cross_checks import check_across
from gavel.suites.custom_metrics import MOST_RATINGS
from gavel.suites.findings import Findings
from gavel.suites.gate_schema import GATE_REMEDIES
from gavel.suites.metric_schema import TAGS
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
    from pydantic_core import ErrorDetails

    from gavel.suites.reach import Reach

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
    "reuse": "write true or false",
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
    **GATE_REMEDIES,
}

_REASONS: Final = {
    "missing": "is missing",
    "string_type": "is not text",
    "int_type": "is not a whole number",
    "bool_type": "is neither true nor false",
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


def read_suite(data: bytes, *, name: str, file: str, reach: Reach | None = None) -> SuiteSchema:
    """Check a suite's bytes. Raises InvalidInputError with every problem; `reach` is what the deployment can call."""
    findings = Findings(file)
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
        check_across(document, findings, reach)
    if checked is None or findings.found:
        raise InvalidInputError(findings.problems())
    return checked


def _read_document(data: bytes, findings: Findings) -> Document | None:
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
    findings.document = document
    if document is None:
        return None
    if document.data is None:
        findings.add(None, (), "is empty", f"start with `version: {SUITE_VERSION}` and a list of judges")
        return None
    if not isinstance(document.data, dict):
        findings.add(1, (), "is not a mapping of keys to values", f"start with `version: {SUITE_VERSION}`")
        return None
    return document


def _add_error(error: ErrorDetails, document: Document, findings: Findings) -> None:
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
