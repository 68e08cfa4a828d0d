"""One record of a dataset, and every rule that it has to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from gavel.dataset_fields import (
    category_problems,
    check_category,
    check_keys,
    check_text,
    kind_of,
    optional_text,
    usable,
    utf8_size,
)
from gavel.dataset_responses import Response, ResponseRules
from gavel.datasets.keys import CATEGORY, PROMPT, RECORD_KEYS, REFERENCE
from gavel.datasets.plain_line import plain_line
from gavel.suites.custom_metrics import REFERENCE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Collection

    from gavel.dataset_fields import Add
    from gavel.datasets.plain_line import PlainLine, PlainLines
    from gavel.datasets.rules import DatasetRules


class Record(msgspec.Struct, frozen=True):
    """One valid record. `number` counts records and `line` the lines of a format that has lines, both from 1."""

    number: int
    line: int | None
    prompt: str
    reference: str | None
    category: str | None
    responses: tuple[Response, ...]


class RecordRules:
    """Checks records one by one, and remembers what later records have to agree with."""

    def __init__(self, rules: DatasetRules, *, by_line: bool = True) -> None:
        self._rules = rules
        self._responses = ResponseRules(rules, unit="line" if by_line else "record")

    def check(self, value: Any, *, number: int, line: int | None, add: Add) -> Record | None:
        """The record, or None after every problem of it went to `add(field, reason, remedy)`.

        `line` is None in a format without lines, whose places are numbers of records.
        """
        if not isinstance(value, dict):
            add(None, f"is {kind_of(value)}, not an object", 'write an object such as {"prompt": "…"}')
            return None
        found = 0

        def count(field: str | None, reason: str, remedy: str) -> None:
            nonlocal found
            found += 1
            add(field, reason, remedy)

        misspelt = check_keys(value, RECORD_KEYS, "", count)
        prompt = self._prompt(value, misspelt, count)
        reference = self._reference(value, misspelt, count)
        category = optional_text(value, CATEGORY, count)
        if category is not None:
            check_category(category, count)
        responses = self._responses.check(value, number if line is None else line, misspelt, count)
        if found:
            return None
        return Record(
            number=number,
            line=line,
            prompt=prompt,
            reference=reference,
            category=category,
            responses=responses,
        )

    def typed(self, data: bytes, *, number: int, line: int) -> Record | None:
        """The record that `check` would make of a line of JSON, where that is plain to see; else None, and no more.

        It takes lines with known keys alone, each once, with usable texts; whatever else stands in a line, right or
        wrong, is for the full check. So it is never the one to find a problem.
        """
        plain = plain_line(data)
        if plain is None or not self.takes(plain):
            return None
        return Record(number, line, plain.prompt, plain.reference, plain.category, plain.responses or ())

    def takes(self, plain: PlainLine) -> bool:
        """Whether `check` would take a line that has each key once, without a word or anything new to remember."""
        reference, category = plain.reference, plain.category
        return (
            usable(plain.prompt)
            and utf8_size(plain.prompt) <= self._rules.max_prompt_bytes
            and (self._rules.needs_reference is None if reference is None else usable(reference))
            and (category is None or (usable(category) and not category_problems(category)))
            and self._responses.accept(plain.responses)
        )

    def accept(self, lines: PlainLines) -> bool:
        """Whether `typed` would take each of these lines; False says only that they have to be looked at one by one."""
        rules = self._rules
        if (
            not _all_visible(lines.prompts)
            or (rules.needs_reference is not None and len(lines.references) < len(lines))
            or not _all_visible(lines.references)
            or not _all_visible(lines.distinct_categories)
            or any(map(category_problems, lines.distinct_categories))
            or not self._responses.accept_all(lines.responses, of=len(lines))
        ):
            return False
        # No character has more than four bytes, and most prompts are far from the limit.
        return (
            4 * max(map(len, lines.prompts)) <= rules.max_prompt_bytes
            or max(map(utf8_size, lines.prompts)) <= rules.max_prompt_bytes
        )

    def _reference(self, record: dict[str, Any], misspelt: set[str], add: Add) -> str | None:
        metric = self._rules.needs_reference
        if metric is not None and REFERENCE not in record and REFERENCE not in misspelt:
            reason = f"is missing, while the prompt of the metric `{metric}` reads it ({REFERENCE_VARIABLE})"
            add(REFERENCE, reason, "add the answer that is right, or take the variable out of the metric")
            return None
        return optional_text(record, REFERENCE, add)

    def _prompt(self, record: dict[str, Any], misspelt: set[str], add: Add) -> str:
        if PROMPT not in record:
            if PROMPT not in misspelt:
                add(PROMPT, "is missing", 'add "prompt": "…" with the text for the model')
            return ""
        text = check_text(record[PROMPT], PROMPT, "write the text for the model", add)
        size = utf8_size(text)
        if size > self._rules.max_prompt_bytes:
            add(
                PROMPT,
                f"is {size:,} bytes long, and {self._rules.max_prompt_bytes:,} are allowed",
                "shorten it, or raise `dataset.max_prompt_bytes` in the suite (Bedrock's published quota is 4 KB)",
            )
        return text


def _all_visible(texts: Collection[str]) -> bool:
    return all(map(str.strip, texts))
