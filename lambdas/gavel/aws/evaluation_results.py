"""The figures of an evaluation by pages, those of single categories too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gavel.aws.table import Page
from gavel.names.table_keys import SUMMARY_SORT_PREFIX

if TYPE_CHECKING:
    from gavel.aws.table import EvaluationTable, Item

# Items looked at for one page: with a filter for one category most of them fit not.
_LOOKED_AT: Final = 2000


def results_page(
    evaluation: str,
    *,
    table: EvaluationTable,
    limit: int,
    token: str | None = None,
    metric: str | None = None,
    category: str | None = None,
) -> Page:
    """A page of figures, in the order of metric, judge, generator and category.

    It may be short while its token continues it. Raises ValueError for a token that is not hexadecimal.
    """
    after = _sort_of(token) if token else None
    found: list[Item] = []
    last = None
    for looked, (sort, item) in enumerate(table.results_after(evaluation, SUMMARY_SORT_PREFIX, after), start=1):
        if len(found) == limit or looked > _LOOKED_AT:
            return Page(found, _token_of(last) if last else None)
        if (metric is None or item["metric"] == metric) and (category is None or item["category"] == category):
            found.append(item)
        last = sort
    return Page(found, None)


def _token_of(sort: str) -> str:
    return sort.removeprefix(SUMMARY_SORT_PREFIX).encode().hex()


def _sort_of(token: str) -> str:
    # One that no page ended with only says where to begin.
    return SUMMARY_SORT_PREFIX + bytes.fromhex(token).decode(errors="replace")
