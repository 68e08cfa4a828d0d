"""Reading a prompt dataset as the service does, without ever repeating its text in a message.

Rules: user guide, "Create a prompt dataset for a model evaluation job that uses a model as judge".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from local.bedrock.errors import JobFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PROMPTS: Final = 1_000
MAX_FAILURE_MESSAGES: Final = 20  # the model's bound of failureMessages


@dataclass(frozen=True)
class Record:
    """One row. `response` is the answer the dataset brings; None in a job that calls a model."""

    number: int
    prompt: str
    reference: str | None
    response: str | None
    echo: dict[str, Any]


def read_dataset(content: bytes, *, source: str | None) -> list[Record]:
    """Parse JSON Lines; `source` is the job's inferenceSourceIdentifier, None when a model answers live.

    A live job ignores the rows' modelResponses (seen in real jobs: the supplied answers are not scored). Raises
    JobFailedError with up to 20 messages, each naming a record by its number from 1.
    """
    if not content.strip():
        raise JobFailedError("The dataset is empty: it must contain at least one record with a prompt.")
    lines = content.removesuffix(b"\n").split(b"\n")
    if len(lines) > MAX_PROMPTS:
        raise JobFailedError(f"The dataset has {len(lines)} prompts; a job supports at most {MAX_PROMPTS}.")
    records: list[Record] = []
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        found = list(_problems(line, source))
        problems += [f"Record {number} of the dataset {problem}" for problem in found]
        if not found:
            records.append(_record(number, _parse(line), live=source is None))
    if source is not None:
        problems += _other_sources(lines, source)
    if problems:
        raise JobFailedError(*problems[:MAX_FAILURE_MESSAGES])
    return records


def _parse(line: bytes) -> Any:
    # Decoded first: given bytes, the parser would also guess UTF-16 and swallow a byte order mark.
    try:
        return json.loads(line.decode())
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _problems(line: bytes, source: str | None) -> Iterator[str]:
    try:
        row = _parse(line)
    except ValueError:
        yield "is not valid JSON."
        return
    if not isinstance(row, dict):
        yield "is not a JSON object."
        return
    if not _is_text(row.get("prompt")):
        yield "has no prompt: the key 'prompt' must hold a string that is not blank."
    if "referenceResponse" in row and not _is_text(row["referenceResponse"]):
        yield "has a blank 'referenceResponse': give a string that is not blank, or leave the key out."
    if "category" in row and not isinstance(row["category"], str):
        yield "has a 'category' that is not a string."
    if source is not None:
        yield from _response_problems(row.get("modelResponses"))


def _response_problems(responses: object) -> Iterator[str]:
    if not isinstance(responses, list) or not responses:
        yield "has no 'modelResponses', which a job with an inference source needs."
    elif len(responses) > 1:
        yield f"has {len(responses)} entries in 'modelResponses'; exactly one is supported."
    elif not (
        isinstance(responses[0], dict)
        and isinstance(responses[0].get("response"), str)
        and _is_text(responses[0].get("modelIdentifier"))
    ):
        yield "has a 'modelResponses' entry without the strings 'response' and 'modelIdentifier'."


def _other_sources(lines: list[bytes], source: str) -> Iterator[str]:
    named: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        try:
            responses = _parse(line)["modelResponses"]
            named.setdefault(responses[0]["modelIdentifier"], number)
        except (ValueError, KeyError, TypeError, IndexError):
            continue  # already reported by its record number
    if len(named) > 1:
        yield f"The dataset names {len(named)} different modelIdentifiers in 'modelResponses'; a job supports one."
    for identifier, number in named.items():
        if identifier != source:
            yield (
                f"Record {number} of the dataset has a modelIdentifier that differs from the job's "
                f"inferenceSourceIdentifier '{source}'."
            )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _record(number: int, row: dict[str, Any], *, live: bool) -> Record:
    echo: dict[str, Any] = {key: row[key] for key in ("prompt", "referenceResponse", "category") if key in row}
    if "modelResponses" in row:
        # Real output files have the row's entries with the identifier first.
        given = row["modelResponses"]
        echo["modelResponses"] = [_in_order(entry) for entry in given] if isinstance(given, list) else given
    return Record(
        number=number,
        prompt=row["prompt"],
        reference=row.get("referenceResponse"),
        response=None if live else row["modelResponses"][0]["response"],
        echo=echo,
    )


def _in_order(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    return {key: entry[key] for key in ("modelIdentifier", "response") if key in entry}
