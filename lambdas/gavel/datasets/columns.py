"""Tables as records: which columns of a CSV or Parquet file mean what.

A column is named as the key of a record. Answers stand in `response` and `modelIdentifier`, one answer a row, or, of
several sources, in `modelResponses`: as JSON text, or as a list in a format that has lists. A cell without a value is a
key that is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gavel.dataset_responses import ONE_EACH
from gavel.datasets.keys import CATEGORY, PROMPT, REFERENCE, RESPONSE, RESPONSES, SOURCE, meant_key
from gavel.datasets.strict_json import JsonError, decode, shown_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.dataset_fields import Add

KNOWN: Final = (PROMPT, REFERENCE, CATEGORY, RESPONSES, RESPONSE, SOURCE)
_ANSWER: Final = f"{RESPONSES}[0]."
_FILL: Final = "fill the columns `response` and `modelIdentifier`"


class Columns:
    """The columns that mean something, by their places in a row."""

    def __init__(self, places: dict[str, int]) -> None:
        self.places = places

    @classmethod
    def of(cls, names: Sequence[str], add: Add) -> Columns | None:
        """The columns of those names, or None after everything wrong with them went to `add`."""
        wrong = 0

        def report(field: str, reason: str, remedy: str) -> None:
            nonlocal wrong
            wrong += 1
            add(field, reason, remedy)

        places: dict[str, int] = {}
        meant_wrongly: set[str] = set()
        present = frozenset(names)
        for place, name in enumerate(names):
            if name in places:
                report(name, "is the name of two columns", "keep one of them")
            elif name in KNOWN:
                places[name] = place
            elif (meant := meant_key(name, KNOWN, present)) is not None:
                meant_wrongly.add(meant)
                report(meant, f"is written {shown_key(name)}, which would be ignored", f"rename it to `{meant}`")
        if PROMPT not in places and PROMPT not in meant_wrongly:
            report(PROMPT, "is missing", "add a column `prompt` with the texts for the model")
        for one, other in ((RESPONSE, SOURCE), (SOURCE, RESPONSE)):
            if one in places and RESPONSES in places:
                report(one, f"is given beside `{RESPONSES}`", "keep one of the two ways to bring answers")
            elif one in places and other not in places and other not in meant_wrongly:
                report(other, f"is missing beside the column `{one}`", f"add it, or rename `{one}`")
        return None if wrong else cls(places)

    def record(self, cells: Sequence[Any], add: Add) -> dict[str, Any] | None:
        """The record of a row, None after a cell that cannot be read; a cell without a value is None."""
        row = {name: cells[place] for name, place in self.places.items() if cells[place] is not None}
        answers = row.get(RESPONSES)
        if isinstance(answers, str):
            try:
                row[RESPONSES] = decode(answers.encode())
            except JsonError as error:
                add(RESPONSES, error.reason, f"{error.remedy.partition(' on one line')[0]}, or use other columns")
                return None
        elif isinstance(answers, list):
            row[RESPONSES] = [_without_nothing(item) for item in answers]
        answer = {name: row.pop(name) for name in (RESPONSE, SOURCE) if name in row}
        if answer:
            row[RESPONSES] = [answer]
        return row

    def adding(self, add: Add) -> Add:
        """`add` with fields and remedies in the words of the table."""
        if RESPONSES in self.places:
            return add

        def translated(field: str | None, reason: str, remedy: str) -> None:
            name = None if field is None else field.removeprefix(_ANSWER)
            add(name, reason, _FILL + remedy.removeprefix(ONE_EACH) if remedy.startswith(ONE_EACH) else remedy)

        return translated


def _without_nothing(item: Any) -> Any:
    return {key: value for key, value in item.items() if value is not None} if isinstance(item, dict) else item
