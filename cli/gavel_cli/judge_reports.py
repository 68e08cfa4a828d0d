"""What `gavel judges` says: JSON objects, and how they are shown to a person in at most 100 columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from gavel.results.joining import JoinedScores
from gavel.statistics.judge_checks import against_people, repeatability
from gavel.statistics.judge_report import bias_report, majorities, panel_agreement
from gavel_cli.output import console, visible
from gavel_cli.summary_tables import WIDTH, figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gavel.results.sides import Side
    from gavel.statistics.judge_checks import AgainstPeople
    from gavel.statistics.judge_report import Key, Scores
    from gavel.statistics.ratings import Rating

_SHOWN: Final = 10


def check_report(
    side: Side,
    *,
    again: Side | None = None,
    people: Mapping[tuple[str, str], Rating] | None = None,
    metric: str | None = None,
) -> dict[str, Any]:
    """What sways each judge on each metric, and for each metric how far several judges agree."""
    (scores, lengths, numbers), *rest = _by_metric([side] if again is None else [side, again])
    second = rest[0][0] if rest else {}
    judged: list[dict[str, Any]] = []
    for name, by_judge in sorted(scores.items()):
        for judge, values in sorted(by_judge.items()):
            bias = bias_report(by_judge, judge=judge, lengths=lengths, models=side.models)
            entry: dict[str, Any] = {"judge": judge, "metric": name, **bias}
            if again:
                other = second.get(name, {}).get(judge, {})
                repeated = repeatability(
                    *({"\0".join(key): value for key, value in one.items()} for one in (values, other))
                )
                entry["repeatability"] = {**asdict(repeated), "kappa": repeated.kappa.value, "why": repeated.kappa.why}
            if people is not None and metric in {name, name.removeprefix("Builtin.")}:
                labelled = _labelled(values, numbers, majorities(people))
                if labelled.n:
                    entry["people"] = labelled.to_json()
            judged.append(entry)
    return {"judges": judged, "agreement": panel_agreement(scores)}


def _by_metric(sides: Sequence[Side]) -> list[tuple[Scores, dict[Key, int], dict[Key, str]]]:
    """For each side its scores by metric and judge; for each answer its length, and its name in a file of labels.

    Records are joined over all sides, so that a key means the same answer in each.
    """
    joined = JoinedScores()
    for place, side in enumerate(sides):
        for generator, record in side.records:
            joined.add(f"{generator}\0{place}", record)
    found: list[tuple[Scores, dict[Key, int], dict[Key, str]]] = [({}, {}, {}) for _ in sides]
    for marked, number, record, values in joined.answers():
        generator, _, mark = marked.rpartition("\0")
        scores, lengths, numbers = found[int(mark)]
        key = (str(number), generator)
        if record.length is not None:
            lengths[key] = record.length
        if record.number is not None:
            numbers[key] = f"{record.number}/{generator}"
        for (judge, metric), value in values.items():
            if value is not None:
                scores.setdefault(metric, {}).setdefault(judge, {})[key] = value
    return found


def _labelled(values: Mapping[Key, Rating], numbers: Mapping[Key, str], people: Mapping[str, Rating]) -> AgainstPeople:
    """The judge's scores against people's labels, whose items are `<number>/<generator>`, or a number alone."""
    names = {key: numbers[key] for key in values if key in numbers}
    bare = Counter(name.partition("/")[0] for name in names.values())
    judged, labels = {}, {}
    for key, name in names.items():
        judged[name] = values[key]
        number = name.partition("/")[0]
        if name in people:
            labels[name] = people[name]
        elif number in people and bare[number] == 1:
            labels[name] = people[number]
    return against_people(judged, labels)


def print_agreement(report: Mapping[str, Any]) -> None:
    """Print the coefficients, the pairs, and what is disputed."""
    from rich.table import Table  # noqa: PLC0415 - rich takes long to import, and JSON needs none of it
    from rich.text import Text  # noqa: PLC0415 - as above

    out = console()
    out.width = min(out.width, WIDTH)
    why = report["why"]
    out.print(Text(f"{report['items']:,} items · {report['raters']:,} raters · {report['ratings']:,} ratings"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("COEFFICIENT", no_wrap=True)
    table.add_column("VALUE", justify="right", no_wrap=True)
    table.add_column("", overflow="fold", style="dim")
    for level, value in report["krippendorff_alpha"].items():
        table.add_row(f"Krippendorff's alpha, {level}", figure(value), why.get(f"krippendorff_alpha.{level}", ""))
    table.add_row("Fleiss' kappa", figure(report["fleiss_kappa"]), why.get("fleiss_kappa", ""))
    for one in report["cohen_kappa"][:_SHOWN]:
        name = f"Cohen's kappa, {visible(one['a'])} and {visible(one['b'])}"
        table.add_row(Text(name), figure(one["kappa"]), one.get("why", f"{one['n']:,} items"))
    out.print(table)
    if len(report["cohen_kappa"]) > _SHOWN:
        out.print(Text(f"… and {len(report['cohen_kappa']) - _SHOWN:,} more pairs; --json holds them all", style="dim"))
    for one in report["most_disputed"][:_SHOWN]:
        said = ", ".join(f"{visible(rater)} {_shown(value)}" for rater, value in one["ratings"].items())
        out.print(Text(f"disputed  {visible(one['item'])}: {said}", style="dim"))
    if people := report.get("against_people"):
        _print_people(people, visible(people["judge"]))


def _print_people(people: Mapping[str, Any], judge: str) -> None:
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    out = console()
    out.width = min(out.width, WIDTH)
    if not people["n"]:
        out.print(Text(f"{judge}: {people['why']}"))
        return
    between = f"[{people['ci_low']:.3f}, {people['ci_high']:.3f}]"
    out.print(
        Text(
            f"\n{judge} against people: {people['agreement']:.1%} of {people['n']:,} alike {between}, "
            f"kappa {figure(people['cohen_kappa'])}",
            style="bold",
        )
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("PEOPLE \\ JUDGE", no_wrap=True)
    for name in (*people["ratings"], "SHARE", "CORRECTED", "95 %"):
        table.add_column(Text(visible(name)), justify="right")
    rates = {one["rating"]: one for one in people["rates"]}
    for name, row in zip(people["ratings"], people["confusion"], strict=True):
        rate = rates[name]
        interval = "" if rate["ci_low"] is None else f"[{rate['ci_low']:.3f}, {rate['ci_high']:.3f}]"
        cells = [visible(name), *map(str, row), f"{rate['judged']:.3f}", figure(rate["rate"]), interval]
        table.add_row(*map(Text, cells))
    out.print(table)


def print_check(report: Mapping[str, Any]) -> None:
    """Print a line for each judge and metric, and the agreement of several judges."""
    from rich.text import Text  # noqa: PLC0415 - as above

    out = console()
    out.width = min(out.width, WIDTH)
    for one in report["judges"]:
        out.print(Text(f"{visible(one['judge'])} on {visible(one['metric'].removeprefix('Builtin.'))}", style="bold"))
        length, own = one["verbosity"], one["self_preference"]
        said = length["why"] or f"Spearman {length['rho']:+.3f} of score and length over {length['n']:,} answers"
        out.print(Text(f"  long answers   {said}"))
        preferred = own["why"] if own["bias"] is None else f"{own['bias']:+.3f} for its own family"
        interval = "" if own["ci_low"] is None else f" [{own['ci_low']:+.3f}, {own['ci_high']:+.3f}]"
        out.print(Text(f"  own family     {preferred}{interval}"))
        if repeated := one.get("repeatability"):
            alike = "nothing in common" if repeated["alike"] is None else f"{repeated['alike']:.1%} alike"
            out.print(Text(f"  judged again   {alike} of {repeated['n']:,}, kappa {figure(repeated['kappa'])}"))
        if people := one.get("people"):
            _print_people(people, visible(one["judge"]))
    for one in report["agreement"]:
        out.print(Text(f"\nAll judges on {visible(one['metric'].removeprefix('Builtin.'))}", style="bold"))
        print_agreement(one)


def _shown(value: Rating) -> str:
    return visible(value) if isinstance(value, str) else f"{value:g}"
