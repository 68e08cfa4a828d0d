"""Whether the scores of two evaluations may be compared: the same judge, the same metric, the same records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.history.entry import Entry

OTHER_JUDGE: Final = "another model judged it"
OTHER_TEXT: Final = "the metric's prompt or scale was another one"
OTHER_RECORDS: Final = "other records were evaluated"


def unlike(
    metric: str,
    judge: str,
    *,
    judges: tuple[Mapping[str, str], Mapping[str, str]],
    texts: tuple[Mapping[str, str], Mapping[str, str]],
) -> str | None:
    """Why the scores of a judge on a metric cannot be compared, given both sides' models and texts; None if they can.

    Scores of different judges are no measurements on one scale, and neither are those of different questions.
    """
    if judges[0].get(judge) != judges[1].get(judge):
        return OTHER_JUDGE
    return OTHER_TEXT if texts[0].get(metric) != texts[1].get(metric) else None


def broken(metric: str, judge: str, before: Entry, after: Entry) -> str | None:
    """Why a trend breaks between two evaluations; None where it goes on."""
    why = unlike(metric, judge, judges=(before.judges, after.judges), texts=(before.texts, after.texts))
    if why is None and before.records_sha256 != after.records_sha256:
        return OTHER_RECORDS
    return why
