"""Reading a price table: every problem of the file at once, each with its line, field, reason and remedy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from gavel.datasets.limits import MAX_SUITE_BYTES
from gavel.pricing.rate import PriceRow, Rate
from gavel.problems import InvalidInputError, Problem, Problems
from gavel.suites.findings import field_path
from gavel.suites.models import parse_model
from gavel.suites.yaml_positions import Document, Path, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

PRICES_VERSION: Final = 1
HIGHEST_PRICE: Final = 10_000.0  # USD per 1,000,000 tokens: above it somebody mistook the unit
_DATE: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
_TOP: Final = ("version", "sources", "models")
_RATE: Final = ("input", "output")
_OPTIONAL_RATES: Final = ("optimized", "geographic")
_ROW: Final = ("model", *_RATE, *_OPTIONAL_RATES, "source", "as_of")


def read_rows(data: bytes, *, file: str) -> list[PriceRow]:
    """The rows of a price table. Raises InvalidInputError with every problem."""
    reading = _Reading(file)
    rows = reading.rows(data)
    if reading.problems:
        raise InvalidInputError(reading.problems)
    return rows


class _Reading:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems = Problems()
        self.document = Document()
        self.sources: Mapping[str, Any] = {}

    def add(self, line: int | None, path: Path, reason: str, remedy: str) -> None:
        self.problems.add(Problem(self.file, line, field_path(path), reason, remedy))

    def wrong(self, path: Path, reason: str, remedy: str) -> None:
        self.add(self.document.line_of(path), path, reason, remedy)

    def rows(self, data: bytes) -> list[PriceRow]:
        if len(data) > MAX_SUITE_BYTES:
            self.add(None, (), f"is larger than {MAX_SUITE_BYTES // 1024} KiB", "keep the models that you use")
            return []
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self.add(None, (), f"is not UTF-8 at byte {error.start + 1}", "save the file as UTF-8")
            return []
        document = read_yaml(text, self.add)
        if document is None:
            return []
        self.document = document
        top = document.data
        if not isinstance(top, dict):
            self.wrong((), "is not a mapping of keys to values", f"start with `version: {PRICES_VERSION}`")
            return []
        self._known_keys((), top, _TOP)
        if top.get("version") != PRICES_VERSION:
            self.wrong(("version",), f"is not {PRICES_VERSION}", f"write `version: {PRICES_VERSION}`")
        sources = top.get("sources", {})
        self.sources = sources if isinstance(sources, dict) else {}
        items = top.get("models")
        if not isinstance(items, list):
            self.wrong(("models",), "is no list of models", "write `- {model: …, input: …, output: …}` below it")
            return []
        return self._all(items)

    def _all(self, items: list[Any]) -> list[PriceRow]:
        rows: dict[str, PriceRow] = {}
        for index, item in enumerate(items):
            row = self._row(("models", index), item)
            if row is None:
                continue
            if row.model in rows:
                self.wrong(("models", index, "model"), "stands twice", "keep one of the two rows")
            rows[row.model] = row
        return list(rows.values())

    def _row(self, path: Path, item: Any) -> PriceRow | None:
        if not isinstance(item, dict):
            self.wrong(path, "is no row of a model", "write `{model: …, input: …, output: …}`")
            return None
        self._known_keys(path, item, _ROW)
        model = item.get("model")
        try:
            parse_model(model if isinstance(model, str) else "")
        except ValueError as error:
            self.wrong((*path, "model"), str(error), "use an id or ARN of Bedrock, in quotes")
        rate = self._rate(path, item)
        optional = {name: self._optional_rate((*path, name), item.get(name)) for name in _OPTIONAL_RATES}
        as_of = item.get("as_of", "")
        if as_of and not (isinstance(as_of, str) and _DATE.fullmatch(as_of)):
            self.wrong((*path, "as_of"), "is no date", "write the day the price was read as 2026-01-31")
        source = str(item.get("source", self.file))
        return PriceRow(str(model), rate, **optional, source=str(self.sources.get(source, source)), as_of=str(as_of))

    def _optional_rate(self, path: Path, value: Any) -> Rate | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            self.wrong(path, "is no price", "write `{input: …, output: …}`")
            return None
        self._known_keys(path, value, _RATE)
        return self._rate(path, value)

    def _rate(self, path: Path, item: Mapping[str, Any]) -> Rate:
        return Rate(*(self._usd((*path, name), item.get(name)) for name in _RATE))

    def _usd(self, path: Path, value: Any) -> float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= HIGHEST_PRICE:
            self.wrong(path, "is no price", f"write USD per 1,000,000 tokens, from 0 to {HIGHEST_PRICE:,.0f}")
            return 0.0
        return float(value)

    def _known_keys(self, path: Path, item: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in item:
            if key not in known:
                self.wrong((*path, key), "is not a known key", f"known here: {', '.join(known)}")
