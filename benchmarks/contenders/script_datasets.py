"""The usual script over a dataset: it reads everything, parses each line with `json.loads`, and checks by hand."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from benchmarks.dataset_files import DATASET

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def validate(folder: Path, size: int) -> dict[str, Any]:
    """Read the file, split it, check each line."""
    lines = (folder / DATASET).read_text(encoding="utf-8").split("\n")
    return _checked(lines)


def validate_streamed(folder: Path, size: int) -> dict[str, Any]:
    """The same, line by line: what a careful author writes."""
    with (folder / DATASET).open(encoding="utf-8", newline="\n") as lines:
        return _checked(lines)


def _checked(lines: Iterable[str]) -> dict[str, Any]:
    records = bad_lines = 0
    digest = hashlib.blake2b(digest_size=8)
    problems = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        records += 1
        _, found = read_line(line)
        if found:
            bad_lines += 1
            digest.update(b"%d\n" % number)
            problems.append((number, found))
    return {"records": records, "bad_lines": bad_lines, "which": digest.hexdigest()}


def read_line(line: str) -> tuple[Any, str | None]:
    """What the line holds, and the first thing that is wrong with it."""
    try:
        record = json.loads(line)
    except ValueError as error:
        return None, str(error)
    return record, _problem_of(record)


def _problem_of(record: Any) -> str | None:  # noqa: PLR0911 - a script
    if not isinstance(record, dict):
        return "not an object"
    prompt = record.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        return "prompt"
    if len(prompt.encode()) > 4096:
        return "prompt is too long"
    for key in ("referenceResponse", "category"):
        if key in record and (not isinstance(record[key], str) or not record[key].strip()):
            return key
    answers = record.get("modelResponses", [])
    if not isinstance(answers, list) or len(answers) > 1:
        return "modelResponses"
    for answer in answers:
        if not isinstance(answer.get("response"), str) or not isinstance(answer.get("modelIdentifier"), str):
            return "modelResponses"
    return None


def intake(folder: Path, size: int) -> dict[str, Any]:
    """Validate everything, deal each category out evenly, and write shards of 1,000 records."""
    records = []
    for line in (folder / DATASET).read_text(encoding="utf-8").split("\n"):
        if line.strip():
            record, problem = read_line(line)
            if problem:
                raise ValueError("a bad line")
            records.append(record)
    by_category = defaultdict(list)
    for record in records:
        by_category[record.get("category")].append(record)
    shards: list[list[dict[str, Any]]] = [[] for _ in range(-(-len(records) // 1000))]
    place = 0
    for some in by_category.values():
        for record in some:
            shards[place % len(shards)].append(record)
            place += 1
    out = folder / "script"
    out.mkdir(exist_ok=True)
    for number, shard in enumerate(shards):
        with (out / f"{number}.jsonl").open("w", encoding="utf-8") as file:
            for record in shard:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return {"records": len(records), "shards": len(shards)}
