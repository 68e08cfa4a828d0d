"""The rules for `modelResponses`: the answers that a dataset brings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gavel.dataset_fields import check_keys, check_text, kind_of
from gavel.datasets.keys import RESPONSE, RESPONSE_KEYS, RESPONSES, SOURCE
from gavel.datasets.rules import Responses
from gavel.suites.models import SOURCE_PATTERN

if TYPE_CHECKING:
    from gavel.dataset_fields import Add
    from gavel.datasets.rules import DatasetRules

_SOURCE = re.compile(SOURCE_PATTERN)
_ONE_EACH: Final = 'write "modelResponses": [{"response": "…", "modelIdentifier": "my-app"}]'


@dataclass(frozen=True)
class Response:
    """An answer that the dataset brings, of the source `model`."""

    model: str
    text: str


class ResponseRules:
    """Checks the answers record by record, and remembers what later records have to agree with."""

    def __init__(self, rules: DatasetRules) -> None:
        self._rules = rules
        self._first_line: int | None = None
        self._first_brings = False
        self._source: str | None = None
        self._source_line = 0

    def check(self, record: dict[str, Any], line: int, misspelt: set[str], add: Add) -> tuple[Response, ...]:
        """The answers of one record; those with a problem have an empty `model`, an empty `text`, or both."""
        present = RESPONSES in record
        rule = self._rules.responses
        if rule is Responses.REFUSED:
            if present:
                add(
                    RESPONSES,
                    "is given, while no generator of the suite is a `source`: Bedrock would ignore these answers and "
                    "pay for new ones",
                    "add `- source: …` to the suite's generators, set `dataset.responses: auto`, or remove the key",
                )
            return ()
        if rule is Responses.EITHER:
            if RESPONSES not in misspelt:
                self._check_all_or_none(present=present, line=line, add=add)
        elif not present and rule is not Responses.UNKNOWN and RESPONSES not in misspelt:
            add(RESPONSES, "is missing, while the suite has the dataset bring the answers", _ONE_EACH)
        if not present:
            return ()
        items = record[RESPONSES]
        if not isinstance(items, list):
            add(RESPONSES, f"is {kind_of(items)}, not a list", _ONE_EACH)
            return ()
        responses = tuple(_response(item, f"{RESPONSES}[{index}]", add) for index, item in enumerate(items))
        if rule is Responses.DECLARED:
            self._check_declared(responses, add)
        elif rule is not Responses.UNKNOWN:
            self._check_single(responses, line, add)
        return responses

    def _check_all_or_none(self, *, present: bool, line: int, add: Add) -> None:
        if self._first_line is None:
            self._first_line, self._first_brings = line, present
        elif present and not self._first_brings:
            reason = f"is given, while line {self._first_line} has none: every record has answers or none has"
            add(RESPONSES, reason, "remove the key here, or bring an answer in every record")
        elif self._first_brings and not present:
            reason = f"is missing, while line {self._first_line} has it: every record has answers or none has"
            add(RESPONSES, reason, "bring an answer here, or remove the key from every record")

    def _check_single(self, responses: tuple[Response, ...], line: int, add: Add) -> None:
        if len(responses) != 1:
            reason = "is empty" if not responses else f"has {len(responses)} answers, and Bedrock takes exactly one"
            add(RESPONSES, reason, f"{_ONE_EACH}; for several sources use a suite that declares each")
        for index, response in enumerate(responses):
            if not response.model:
                continue
            if self._source is None:
                self._source, self._source_line = response.model, line
            elif response.model != self._source:
                there = f"line {self._source_line} has `{self._source}`"
                reason = f"is `{response.model}`, while {there}: Bedrock takes one source in a file"
                remedy = "use the same everywhere, or a suite that declares each as a `source`"
                add(f"{RESPONSES}[{index}].{SOURCE}", reason, remedy)

    def _check_declared(self, responses: tuple[Response, ...], add: Add) -> None:
        declared = ", ".join(f"`{source}`" for source in sorted(self._rules.sources))
        seen: set[str] = set()
        for index, response in enumerate(responses):
            field = f"{RESPONSES}[{index}].{SOURCE}"
            if response.model in seen:
                add(field, f"`{response.model}` stands twice in this record", "keep one answer of each source")
            elif response.model and response.model not in self._rules.sources:
                add(
                    field,
                    f"`{response.model}` is no source of the suite",
                    f"use one of {declared}, or add it to the suite",
                )
            if response.model:
                seen.add(response.model)
        for source in sorted(self._rules.sources - seen):
            if all(response.model for response in responses):
                add(
                    RESPONSES, f"has no answer of the source `{source}`", "bring one answer of each source of the suite"
                )


def _response(item: Any, place: str, add: Add) -> Response:
    if not isinstance(item, dict):
        add(place, f"is {kind_of(item)}, not an object", _ONE_EACH)
        return Response("", "")
    misspelt = check_keys(item, RESPONSE_KEYS, f"{place}.", add)
    text = ""
    if RESPONSE in item:
        text = check_text(item[RESPONSE], f"{place}.{RESPONSE}", "write the answer to be judged", add)
    elif RESPONSE not in misspelt:
        add(f"{place}.{RESPONSE}", "is missing", "add the answer to be judged")
    model = item.get(SOURCE)
    if SOURCE not in item:
        if SOURCE not in misspelt:
            add(f"{place}.{SOURCE}", "is missing", "add a name for who answered, such as my-app")
    elif not isinstance(model, str) or _SOURCE.fullmatch(model) is None:
        add(
            f"{place}.{SOURCE}",
            "is not a source id that Bedrock takes",
            "use 1 to 256 letters, digits, dots, underscores and hyphens, the first a letter or digit",
        )
    else:
        return Response(model, text)
    return Response("", text)
