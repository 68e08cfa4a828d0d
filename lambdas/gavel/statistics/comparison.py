"""Comparisons of two generators, record by record: how large the difference is, and what can be concluded from it."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

from gavel.metrics import Direction, builtin_metric, direction_of
from gavel.statistics.bootstrap import bootstrap_interval
from gavel.statistics.compared import ALL_EQUAL, LABELS, NOT_TWO_VALUED, Comparison, Verdict
from gavel.statistics.correlation import kendall, spearman
from gavel.statistics.pairs import count_pairs, levels_of
from gavel.statistics.power import detectable_difference, more_records
from gavel.statistics.rank_tests import holm, mcnemar, wilcoxon
from gavel.statistics.summary import moments

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from gavel.statistics.pairs import Pairs
    from gavel.statistics.score_table import ScoreTable

__all__ = ["Comparison", "Verdict", "compare"]

SIGNIFICANT: Final = 0.05
_NOTHING_SHARED: Final = "no record has a score of both"
TOO_SMALL: Final = "the difference seen is so small that no number of records would show it"


def compare(
    table: ScoreTable,
    *,
    generators: Sequence[str] = (),
    directions: Mapping[str, Direction] | None = None,
    by_category: bool = False,
    stratified: bool = False,
    two_valued: Collection[str] = (),
    wanted: Callable[[str, str, str], bool] | None = None,
) -> list[Comparison]:
    """Every pair of generators on every metric by every judge that scored both; by category too, when asked.

    Pairs follow the order of `generators` (default: by name), which also says who takes part; comparisons are sorted by
    metric, judge, category and pair. `stratified` says that the records were drawn by category; `two_valued` names the
    custom metrics whose scale has two values; `wanted` may leave out comparisons, by judge, a and b.

    All comparisons over all categories are one family for Holm's correction: pairs × metrics × judges. Those within a
    category are a family for each category.
    """
    order = {name: place for place, name in enumerate(generators or sorted(table.generators))}
    found: list[Comparison] = []
    for judge, metric in sorted(table.keys, key=lambda key: (key[1], key[0])):
        given = directions or {}
        pairs = list(_pairs(table, judge, metric, order, by_category=by_category or stratified))
        two = metric in two_valued or getattr(builtin_metric(metric), "levels", 0) == 2
        drafts = []
        for a, b, whole, parts in pairs:
            if wanted is not None and not wanted(judge, a, b):
                continue
            for category, pair in [(None, whole), *(parts.items() if by_category else ())]:
                if category == "":
                    continue
                strata = list(parts.values()) if stratified and category is None else [pair]
                head = Comparison(
                    model_a=a,
                    model_b=b,
                    judge=judge,
                    metric=metric,
                    category=category,
                    direction=given.get(metric) or direction_of(metric),
                    n=pair.n,
                    missing=pair.missing,
                    missing_a=pair.missing_a,
                    missing_b=pair.missing_b,
                )
                drafts.append(_described(head, pair, strata, two_valued=two or pair.scale.two_valued))
        found += sorted(drafts, key=lambda one: (one.category is not None, one.category or ""))
    return _decided(found)


def paired(
    table: ScoreTable, *, judge: str, metric: str, a: str, b: str, category: str | None = None, stratified: bool = False
) -> tuple[Pairs, list[Pairs]] | None:
    """Two generators on one metric by one judge: the pairs of all records or of one category, and their strata.

    None where one of the two was not asked for, both are the same, or no record has the category. `stratified` is that
    of `compare`.
    """
    if a == b or (judge, metric) not in table.keys or not {a, b} <= table.column(judge, metric).codes.keys():
        return None
    by_category = stratified or category is not None
    ((_, _, whole, parts),) = _pairs(table, judge, metric, {a: 0, b: 1}, by_category=by_category)
    if category is None:
        return whole, list(parts.values()) if stratified else [whole]
    return (parts[category], [parts[category]]) if category and category in parts else None


def _pairs(
    table: ScoreTable, judge: str, metric: str, order: Mapping[str, int], *, by_category: bool
) -> Iterator[tuple[str, str, Pairs, dict[str, Pairs]]]:
    """Each pair of generators with its table over all records and, when asked, by category ("" for none)."""
    column = table.column(judge, metric)
    scale = column.scale()
    names = sorted((name for name in column.codes if name in order), key=order.__getitem__)
    levels = {name: levels_of(column.aligned(name, table.size), scale) for name in names}
    categories, of_record = table.categories() if by_category else ([], None)
    for a, b in combinations(names, 2):
        whole, parts = count_pairs(levels[a], levels[b], scale, of_record, len(categories) + 1)
        yield a, b, whole, dict(zip(["", *categories], parts, strict=True)) if by_category else {}


def _described(head: Comparison, pair: Pairs, strata: Iterable[Pairs], *, two_valued: bool) -> Comparison:
    """Every figure that needs no other comparison."""
    if pair.n == 0:
        return replace(head, why=(_NOTHING_SHARED,))
    if pair.labelled:
        return replace(head, ties=pair.same, why=(LABELS,))
    values, counts = pair.differences
    cells = pair.counts.tolist()
    mean, stdev = moments(list(zip(values.tolist(), counts.tolist(), strict=True)))
    above, below = int(counts[values > 0].sum()), int(counts[values < 0].sum())
    higher_wins = head.direction is Direction.HIGHER
    head = replace(
        head,
        mean_a=moments(list(zip(pair.a.tolist(), cells, strict=True)))[0],
        mean_b=moments(list(zip(pair.b.tolist(), cells, strict=True)))[0],
        mean_difference=mean,
        stdev=stdev,
        wins=above if higher_wins else below,
        ties=pair.same,
        losses=below if higher_wins else above,
    )
    head = _tested(head, pair, two_valued=two_valued)
    head = _correlated(head, pair)
    interval = bootstrap_interval([one.differences for one in strata if one.n])
    why = list(head.why)
    if interval is None:
        why.append("one record in common gives no interval")
    elif len(values) == 1:
        why.append(
            ALL_EQUAL if values[0] == 0 else f"every record differs by exactly {values[0]:+.4g}, so no spread was seen"
        )
    return replace(head, interval=interval, why=tuple(why))


def _tested(head: Comparison, pair: Pairs, *, two_valued: bool) -> Comparison:
    values, counts = pair.differences
    ranked = wilcoxon(values, counts)
    why = [] if ranked else ["no record differs, so there is nothing to rank"]
    levels = {*pair.level_a.tolist(), *pair.level_b.tolist()}
    p_value = None
    if two_valued and len(levels) <= 2:
        p_value = mcnemar(int(counts[values > 0].sum()), int(counts[values < 0].sum()))
    else:
        why.append(NOT_TWO_VALUED)
    p, effect = ranked or (None, None)
    return replace(head, wilcoxon_p=p, effect_size=effect, mcnemar_p=p_value, why=(*head.why, *why))


def _correlated(head: Comparison, pair: Pairs) -> Comparison:
    """Spearman and Kendall, or the sentence that says why they do not exist."""
    why = []
    rho, rho_p = spearman(pair.a, pair.b, pair.counts) or (None, None)
    tau, tau_p = kendall(pair.a, pair.b, pair.counts) or (None, None)
    constant = [name for name, level in ((head.model_a, pair.level_a), (head.model_b, pair.level_b)) if _is_one(level)]
    if pair.n < 3:
        why.append("a rank correlation needs three records in common")
    elif constant:
        has = "have" if len(constant) > 1 else "has"
        why.append(f"no rank correlation: {' and '.join(constant)} {has} the same value on every record")
    return replace(head, spearman=rho, spearman_p=rho_p, kendall=tau, kendall_p=tau_p, why=(*head.why, *why))


def _is_one(levels: Any) -> bool:
    return bool((levels == levels[0]).all())


def _decided(drafts: Sequence[Comparison]) -> list[Comparison]:
    """The comparisons with what depends on their family: corrected p-values, verdicts, and how many records to add."""
    places: dict[str | None, list[int]] = {}
    for place, one in enumerate(drafts):
        places.setdefault(one.category, []).append(place)
    decided = list(drafts)
    for family in places.values():
        corrected = holm([drafts[place].test_p for place in family])
        tests = sum(p is not None for p in corrected)
        for place, p in zip(family, corrected, strict=True):
            decided[place] = _concluded(replace(drafts[place], holm_p=p, family=tests))
    return decided


def _concluded(one: Comparison) -> Comparison:
    verdict = Verdict.INCONCLUSIVE
    difference, interval, p = one.mean_difference, one.interval, one.holm_p
    clear = interval is not None and (interval[0] > 0 or interval[1] < 0) and p is not None and p < SIGNIFICANT
    if difference and clear:
        higher = (difference > 0) == (one.direction is Direction.HIGHER)
        verdict = Verdict.BETTER if higher else Verdict.WORSE
    one = replace(one, verdict=verdict)
    stdev = one.stdev
    if not stdev or difference is None:
        return one
    # The smallest p-value of a family has to stay below its share of 5 %, so that is what a design should count on.
    alpha = SIGNIFICANT / max(1, one.family)
    one = replace(one, detectable=detectable_difference(stdev=stdev, n=one.n, alpha=alpha))
    if verdict is not Verdict.INCONCLUSIVE:
        return one
    more = more_records(difference=difference, stdev=stdev, n=one.n, alpha=alpha)
    why = () if more else (TOO_SMALL,)
    return replace(one, more_records=more, why=(*one.why, *why))
