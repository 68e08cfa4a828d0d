"""The rules for `modelResponses`: the answers that a dataset brings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gavel.dataset_fields import check_keys, check_text, kind_of, usable
from gavel.datasets.keys import RESPONSE, RESPONSE_KEYS, RESPONSES, SOURCE
from gavel.datasets.rules import Responses
from gavel.suites.models import SOURCE_PATTERN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.dataset_fields import Add
    from gavel.datasets.rules import DatasetRules

_SOURCE = re.compile(SOURCE_PATTERN)
ONE_EACH: Final = 'write "modelResponses": [{"response": "…", "modelIdentifier": "my-app"}]'


# Rules under which a record brings no answers: why it is refused when it does, and what to do.
_NONE_WANTED: Final = {
    Responses.REFUSED: (
        "is given, while no generator of the suite is a `source`: Bedrock would ignore these and pay for others",
        "add `- source: …` to the suite's generators, set `dataset.responses: auto`, or remove the key",
    ),
    Responses.ELSEWHERE: (
        "is given, while every source of the suite has its `answers` in a file of its own",
        "remove the key here, or `answers` from the source's generator",
    ),
}


class Response(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"model": SOURCE, "text": RESPONSE}, gc=False
):
    """An answer that the dataset brings, of the source `model`."""

    model: str
    text: str


class ResponseRules:
    """Checks the answers record by record, and remembers what later records have to agree with.

    `unit` says what places are: `line` or `record`.
    """

    def __init__(self, rules: DatasetRules, *, unit: str = "line") -> None:
        self._rules = rules
        self._unit = unit
        self._first: int | None = None
        self._first_brings = False
        self._source: str | None = None
        self._source_place = 0

    def accept(self, responses: tuple[Response, ...] | None) -> bool:
        """Whether `check` would take typed answers (None: no key) without a word and without remembering anything new.

        False says nothing: the full check decides.
        """
        rule = self._rules.responses
        if responses is None:
            if rule is Responses.EITHER:
                return self._first is not None and not self._first_brings
            return rule in (Responses.REFUSED, Responses.ELSEWHERE, Responses.UNKNOWN)
        if not all(usable(response.text) for response in responses):
            return False
        if rule is Responses.DECLARED:
            # Declared sources have been checked with the suite, so equality says that each id is well-formed.
            named = {response.model for response in responses}
            return len(named) == len(responses) and named == self._rules.sources
        if rule is Responses.REQUIRED or (rule is Responses.EITHER and self._first is not None and self._first_brings):
            return len(responses) == 1 and responses[0].model == self._source
        return False

    def accept_all(self, answers: Sequence[tuple[Response, ...]], *, of: int) -> bool:
        """Whether `accept` would take each of `of` records, of which those without a key are left out."""
        return (len(answers) == of or self.accept(None)) and all(map(self.accept, answers))

    def check(self, record: dict[str, Any], place: int, misspelt: set[str], add: Add) -> tuple[Response, ...]:
        """The answers of one record; those with a problem have an empty `model`, an empty `text`, or both."""
        present = RESPONSES in record
        rule = self._rules.responses
        if rule in _NONE_WANTED:
            if present:
                add(RESPONSES, *_NONE_WANTED[rule])
            return ()
        if rule is Responses.EITHER:
            if RESPONSES not in misspelt:
                self._check_all_or_none(present=present, place=place, add=add)
        elif not present and rule is not Responses.UNKNOWN and RESPONSES not in misspelt:
            add(RESPONSES, "is missing, while the suite has the dataset bring the answers", ONE_EACH)
        if not present:
            return ()
        items = record[RESPONSES]
        if not isinstance(items, list):
            add(RESPONSES, f"is {kind_of(items)}, not a list", ONE_EACH)
            return ()
        responses = tuple(_response(item, f"{RESPONSES}[{index}]", add) for index, item in enumerate(items))
        if rule is Responses.DECLARED:
            self._check_declared(responses, add)
        elif rule is not Responses.UNKNOWN:
            self._check_single(responses, place, add)
        return responses

    def _check_all_or_none(self, *, present: bool, place: int, add: Add) -> None:
        if self._first is None:
            self._first, self._first_brings = place, present
        elif present and not self._first_brings:
            reason = f"is given, while {self._unit} {self._first} has none: every record has answers or none has"
            add(RESPONSES, reason, "remove the key here, or bring an answer in every record")
        elif self._first_brings and not present:
            reason = f"is missing, while {self._unit} {self._first} has it: every record has answers or none has"
            add(RESPONSES, reason, "bring an answer here, or remove the key from every record")

    def _check_single(self, responses: tuple[Response, ...], place: int, add: Add) -> None:
        if len(responses) != 1:
            reason = "is empty" if not responses else f"has {len(responses)} answers, and Bedrock takes exactly one"
            add(RESPONSES, reason, f"{ONE_EACH}; for several sources use a suite that declares each")
        for index, response in enumerate(responses):
            if not response.model:
                continue
            if self._source is None:
                self._source, self._source_place = response.model, place
            elif response.model != self._source:
                there = f"{self._unit} {self._source_place} has `{self._source}`"
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
        add(place, f"is {kind_of(item)}, not an object", ONE_EACH)
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
