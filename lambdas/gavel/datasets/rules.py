"""What a dataset has to bring, with and without a suite."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gavel.datasets.limits import DEFAULT_MAX_PROMPT_BYTES, MAX_LINE_BYTES

if TYPE_CHECKING:
    from gavel.suites.suite import Suite


class Responses(StrEnum):
    """The rule for `modelResponses`."""

    EITHER = "either"  # every record or none; one response each, of one source in the whole file
    REQUIRED = "required"  # every record, one response each, of one source in the whole file
    DECLARED = "declared"  # every record, one response of each declared source and of no other
    ELSEWHERE = "elsewhere"  # no record: files beside the dataset bring the answers
    REFUSED = "refused"  # no record: the models of the suite answer
    UNKNOWN = "unknown"  # the suite cannot be read: only what holds in any case is checked


@dataclass(frozen=True)
class DatasetRules:
    """Rules for one reading of a dataset; sizes in bytes of UTF-8. `sources` matters for `DECLARED` only.

    `needs_reference` names a custom metric whose prompt reads the reference, so that every record has to have one.
    """

    responses: Responses = Responses.EITHER
    sources: frozenset[str] = frozenset()
    max_prompt_bytes: int = DEFAULT_MAX_PROMPT_BYTES
    max_line_bytes: int = MAX_LINE_BYTES
    needs_reference: str | None = None


# For a dataset whose suite has problems of its own: nothing is reported that the mended suite might allow.
LENIENT_RULES: Final = DatasetRules(responses=Responses.UNKNOWN, max_prompt_bytes=MAX_LINE_BYTES)


def rules_for(suite: Suite | None) -> DatasetRules:
    """The rules a dataset must keep under that suite; Bedrock's own rules where there is none."""
    if suite is None:
        return DatasetRules()
    if suite.is_auto:
        responses = Responses.EITHER
    elif suite.sources:
        responses = Responses.DECLARED
    elif suite.answer_files:
        responses = Responses.ELSEWHERE
    elif suite.generators:
        responses = Responses.REFUSED
    else:
        responses = Responses.REQUIRED
    return DatasetRules(
        responses=responses,
        sources=frozenset(suite.sources),
        max_prompt_bytes=suite.dataset.max_prompt_bytes,
        needs_reference=next((metric.name for metric in suite.custom_metrics if metric.reads_reference), None),
    )
