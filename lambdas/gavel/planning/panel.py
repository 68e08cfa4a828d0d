"""The panel's datasets: what a live generator answered to the lead judge's job, as answers that are brought.

Bedrock has a model answer in every job that names it, so two judges would score different answers, each paid for. The
panel's jobs therefore name no model but a source, whose answers are those of the lead job's result file.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gavel.names.statuses import JobStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gavel.planning.plan import Job
    from gavel.results.matching import ShardRecord
    from gavel.results.rows import ResultRow
    from gavel.suites.suite import Generator


@dataclass(frozen=True)
class Answers:
    """The answers of one shard as Bedrock gets them, one record a line, and the numbers of those records."""

    lines: bytes
    numbers: tuple[int, ...]


def source_id(generator: Generator, position: int) -> str:
    """The `modelIdentifier` under which a live generator's answers are brought, in Bedrock's pattern for sources.

    It tells people whose answers a raw file holds; `position` keeps two generators apart.
    """
    if generator.source is not None:
        return generator.source
    readable = re.sub(r"[^a-zA-Z0-9._-]+", "-", generator.name).strip("-")
    return f"g{position}-{readable}"[:256].rstrip("-")


def collect_answers(records: Sequence[ShardRecord], rows: Mapping[int, ResultRow], *, source: str) -> Answers:
    """The answers that a lead job's rows (by record number) hold, in the order of its shard.

    A record without a row, or with an answer that is blank, is left out: there is nothing to score.
    """
    lines, numbers = [], []
    for record in records:
        row = rows.get(record.number)
        if row is None or row.response is None or not row.response.strip():
            continue
        lines.append(_line(record, row.response, source))
        numbers.append(record.number)
    return Answers(b"".join(lines), tuple(numbers))


def without_answers(job: Job, lead: Mapping[str, Any]) -> str | None:
    """Why a job of the panel has nothing to score, from what the table knows of its lead job; None when it has."""
    status = lead.get("status", "not known")
    if status == JobStatus.COLLECTED:
        return None if lead.get("answers") else f"its lead job {job.lead} ended without a single answer"
    reason = f": {lead['reason']}" if lead.get("reason") else ""
    return f"its lead job {job.lead}, which makes the answers, is {status}{reason}"


def _line(record: ShardRecord, response: str, source: str) -> bytes:
    line: dict[str, Any] = {"prompt": record.prompt}
    if record.reference is not None:
        line["referenceResponse"] = record.reference
    if record.category is not None:
        line["category"] = record.category
    line["modelResponses"] = [{"response": response, "modelIdentifier": source}]
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
