"""The records of a report as the data that its script shows: JSON inside a script element that no browser runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from gavel.metrics import BUILTIN_PREFIX, Direction
from gavel.report.text import HIDDEN, LONGEST_TEXT
from gavel.results.flags import flags_of
from gavel.results.row_scores import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gavel.results.scores import ScoreRow

# What could end the element or start another one.
_ESCAPED: Final = {character: f"\\u{ord(character):04x}" for character in "<>&"}


_encoded: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True)
class RecordData:
    """The data as text that can stand in a script element, and how many records they hold."""

    json: str
    records: int


@dataclass(frozen=True)
class Legend:
    """What the numbers in the data stand for.

    `partners` gives for a generator its counterpart in the baseline, `scales` for a metric the ends of its scale; texts
    beyond `longest` characters are cut.
    """

    generators: Sequence[str]
    partners: Mapping[str, str]
    judges: Sequence[str]
    metrics: Sequence[str]
    directions: Mapping[str, Direction]
    scales: Mapping[str, tuple[float, float]]
    categories: Sequence[str] = ()
    longest: int = LONGEST_TEXT


def record_data(rows: Iterable[ScoreRow], legend: Legend) -> RecordData:
    """All records of `rows`, which are sorted by record; the same rows give the same bytes.

    A record is `{n: number, c: category, p: prompt, r: reference, a: [[generator, answer, stop reason]], s: [[metric,
    judge, generator, value, explanation or reason why it is missing]]}`, with the flags of an answer behind its stop
    reason where it has some: generators (counterparts follow the others),
    judges and metrics by their places, null for what there is not, and a text that was cut as [its beginning, its
    length].
    """
    # The counterparts of the baseline come last.
    names = [*legend.generators, *legend.partners.values()]
    head = {
        "generators": names,
        "partners": [names.index(legend.partners[name]) if name in legend.partners else None for name in names],
        "judges": list(legend.judges),
        "metrics": [metric.removeprefix(BUILTIN_PREFIX) for metric in legend.metrics],
        "categories": list(legend.categories),
        "lower": [legend.directions.get(metric) is Direction.LOWER for metric in legend.metrics],
        "scales": [legend.scales[metric] for metric in legend.metrics],
    }
    records = [_text(one) for one in _records(rows, names, legend)]
    # The records are joined as text: a second copy of all of them would be as large as the file.
    return RecordData(_text(head)[:-1] + ',"records":[' + ",\n".join(records) + "]}", len(records))


def _records(rows: Iterable[ScoreRow], names: Sequence[str], legend: Legend) -> Iterator[dict[str, Any]]:
    generators = {name: place for place, name in enumerate(names)}
    judges = {name: place for place, name in enumerate(legend.judges)}
    metrics = {name: place for place, name in enumerate(legend.metrics)}

    def cut(text: str | None) -> str | list[str | int] | None:
        if text is None:
            return None
        return text if len(text) <= legend.longest else [text[: legend.longest], len(text)]

    for number, group in groupby(rows, key=lambda row: row.record):
        record: dict[str, Any] = {"n": number, "c": None, "p": "", "r": None}
        answers: dict[int, list[Any]] = {}
        scores = []
        for row in group:
            known = row.generator in generators and row.judge in judges and row.metric in metrics
            if not known:
                continue
            place = generators[row.generator]
            record["c"] = row.category or record["c"]
            record["p"] = record["p"] or cut(row.prompt) or ""
            record["r"] = record["r"] or cut(row.reference)
            answer = answers.setdefault(place, [place, None, None])
            # Rows of a panel's jobs, which score answers that are brought, do not say why the model stopped.
            if answer[1] is None:
                answer[1] = cut(row.response)
                if flags := flags_of(row.response):
                    answer.append([flag.value for flag in flags])
            answer[2] = answer[2] or row.stop_reason
            value = row.label if row.label is not None else row.value
            text = cut(row.reason if row.missing else row.explanation)
            scores.append([metrics[row.metric], judges[row.judge], place, value, text])
        scores.sort(key=lambda score: score[:3])
        yield {**record, "a": [answers[place] for place in sorted(answers)], "s": scores}


def _text(value: Any) -> str:
    """JSON without a character that HTML knows, and with invisible and reordering ones written as escapes."""
    text = _encoded(value)
    for character, escape in _ESCAPED.items():
        text = text.replace(character, escape)
    # Whatever is hidden is not printable either, and to ask for that is much cheaper.
    if text.isascii() or text.isprintable():
        return text
    return HIDDEN.sub(lambda match: json.dumps(match[0])[1:-1], clean_text(text))
