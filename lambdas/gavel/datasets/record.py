"""One record of a dataset, and every rule that it has to keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gavel.dataset_fields import check_category, check_keys, check_text, kind_of, optional_text
from gavel.dataset_responses import Response, ResponseRules
from gavel.datasets.keys import CATEGORY, PROMPT, RECORD_KEYS, REFERENCE

if TYPE_CHECKING:
    from gavel.dataset_fields import Add
    from gavel.datasets.rules import DatasetRules


@dataclass(frozen=True)
class Record:
    """One valid record. `number` counts records and `line` counts lines, both from 1; `raw` is the object as read."""

    number: int
    line: int
    prompt: str
    reference: str | None
    category: str | None
    responses: tuple[Response, ...]
    raw: dict[str, Any]


class RecordRules:
    """Checks records one by one, and remembers what later records have to agree with."""

    def __init__(self, rules: DatasetRules) -> None:
        self._rules = rules
        self._responses = ResponseRules(rules)

    def check(self, value: Any, *, number: int, line: int, add: Add) -> Record | None:
        """The record, or None after every problem of it went to `add(field, reason, remedy)`."""
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
        reference = optional_text(value, REFERENCE, count)
        category = optional_text(value, CATEGORY, count)
        if category is not None:
            check_category(category, count)
        responses = self._responses.check(value, line, misspelt, count)
        if found:
            return None
        return Record(
            number=number,
            line=line,
            prompt=prompt,
            reference=reference,
            category=category,
            responses=responses,
            raw=value,
        )

    def _prompt(self, record: dict[str, Any], misspelt: set[str], add: Add) -> str:
        if PROMPT not in record:
            if PROMPT not in misspelt:
                add(PROMPT, "is missing", 'add "prompt": "…" with the text for the model')
            return ""
        text = check_text(record[PROMPT], PROMPT, "write the text for the model", add)
        size = len(text.encode())
        if size > self._rules.max_prompt_bytes:
            add(
                PROMPT,
                f"is {size:,} bytes long, and {self._rules.max_prompt_bytes:,} are allowed",
                "shorten it, or raise `dataset.max_prompt_bytes` in the suite (Bedrock's published quota is 4 KB)",
            )
        return text
