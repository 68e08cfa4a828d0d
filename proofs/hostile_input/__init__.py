"""The proof that hostile and broken input ends in an answer or in problems of our own, in bounded memory."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from proofs.pages import table
from proofs.proof import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def prove(say: Callable[[str], None]) -> Result:
    """Try every corpus, the worst inputs, and the executions of every reader. Takes two hours or three."""
    corpora, held, wrong = _corpora(say)
    worst, cases, swollen = _worst(say)
    fuzzed, executions, failed = _fuzzed(say)
    figures = (*executions, *cases, *held)
    return Result(figures=figures, body="\n".join((fuzzed, worst, corpora)), broken=(*wrong, *swollen, *failed))


def _fuzzed(say: Callable[[str], None]) -> tuple[str, list[str], list[str]]:
    from proofs.hostile_input import campaign, engine, readers  # noqa: PLC0415

    rows: list[tuple[str, str, str, int]] = []
    broken: list[str] = []
    counts: list[tuple[int, int]] = []
    kept = Path(tempfile.mkdtemp(prefix="gavel-findings-"))
    for name in readers.NAMES:
        reader = readers.reader(name)
        found = campaign.run(name, count=reader.executions, findings=kept / name, say=say)
        counts.append((found.executions, found.guided))
        rows.append((reader.about, f"{found.executions:,}", f"{found.guided:,}", len(found.findings)))
        broken += [f"the reader of {reader.about}: {said}" for said in found.broken]
        broken += [
            f"replay with `python -m proofs.hostile_input --reader {name} --replay {path}`" for path in found.findings
        ]
    foreign = sum(row[-1] for row in rows)
    total, guided = (sum(column) for column in zip(*counts, strict=True))
    many = sum(executions >= 1_000_000 for executions, _ in counts)
    said = f"{total:,} executions, {guided:,} of them guided by coverage: {foreign} foreign exceptions"
    figures = [f"{many} of {len(rows)} readers with 1,000,000 executions or more each; in all {said}"]
    text = (
        "## Fuzzing\n\n"
        "Every input ends in an answer or in problems that name place, reason and remedy, in UTF-8 and in a line that "
        f"can be shown. Any other exception, {engine.SECONDS} seconds for one input of some kilobytes, or a process of "
        f"more than {engine.MEGABYTES:,} MB is a finding. Inputs are made of valid ones by bytes, words of the format, "
        "tokens, lines, numbers and nesting; a container's content is changed as well as its bytes. Those guided by "
        "coverage are atheris's (where it has no wheel they go by outcome as the others do); the others keep what gave "
        "a new kind of outcome. Readings of Parquet share a database, which is opened anew when one has broken it. "
        "`python -m proofs.hostile_input --reader jsonl --seed 7` tries other inputs; whatever "
        "fails is kept as a file, with the command that replays it. A few thousand of each are among the "
        "fast tests.\n\n"
    )
    head = ("reader", "executions", "guided by coverage", "foreign exceptions")
    return text + table(head, rows), figures, broken


def _worst(say: Callable[[str], None]) -> tuple[str, list[str], list[str]]:
    from proofs.hostile_input.measure import SECONDS, grown  # noqa: PLC0415
    from proofs.hostile_input.worst import CASES  # noqa: PLC0415

    rows, broken = [], list[str]()
    for number, case in enumerate(CASES):
        found = grown(number)
        say(f"{case.reader}, {case.about}: {_told(found)}")
        wrong = found.get("wrong")
        if wrong is None and found["megabytes"] > case.megabytes:
            wrong = f"the process grew by {found['megabytes']} MB"
        if wrong is None and found["seconds"] > SECONDS:
            wrong = f"it took {found['seconds']:.0f} s of a processor"
        if wrong is not None:
            broken.append(f"{case.reader}, {case.about}: {wrong}")
        rows.append((case.reader, case.about, f"{case.megabytes:,} MB", "exceeded" if wrong else "kept"))
    kept = sum(row[-1] == "kept" for row in rows)
    text = (
        "## Memory and time\n\n"
        "The worst inputs that we know of, at the limits and in bulk, each in a process that may have so much more "
        f"data than before it (RLIMIT_DATA, and the growth of its resident set), and {SECONDS} seconds of a "
        "processor. The bounds do not grow with the file.\n\n"
    )
    figures = [f"{kept} of {len(rows)} worst inputs within the stated memory and {SECONDS} s of a processor"]
    return text + table(("reader", "input", "bound", ""), rows), figures, broken


def _told(found: dict[str, object]) -> str:
    return str(found.get("wrong")) if "wrong" in found else f"{found['megabytes']} MB, {found['seconds']:.1f} s"


def _corpora(say: Callable[[str], None]) -> tuple[str, list[str], list[str]]:
    from proofs.hostile_input import corpora, sayings  # noqa: PLC0415

    say("corpora")
    every = corpora.json_cases()
    wrong = {one.name: said for one in every if (said := corpora.judge_json(one)) is not None}
    rejected = [one for one in every if not one.accepted]
    accepted = [one for one in every if one.accepted]
    right = [sum(one.name not in wrong for one in group) for group in (rejected, accepted)]
    taken = sum(one.name not in wrong and one.name not in corpora.STRICTER for one in accepted)
    strict, yaml = list(corpora.strict_cases()), list(corpora.yaml_cases())
    wrong |= {one.name: said for one in strict if (said := corpora.judge_strict(one)) is not None}
    wrong |= {one.name: said for one in yaml if (said := corpora.judge_yaml(one)) is not None}
    steered, unflagged = sayings.steered(), sayings.unflagged()
    attacks, plain = len(sayings.ATTACKS), len(sayings.PLAIN)
    odd = f"{len(corpora.STRICTER)} refused on purpose, since a repeated key is a value lost"
    flagged = f"{attacks} answers that speak to their judge and {plain} that do not: {len(unflagged)} flagged wrongly"
    figures = [
        f"{right[0]}/{len(rejected)} must-reject JSON cases rejected with line and reason",
        f"{right[1]}/{len(accepted)} must-accept JSON cases taken as they should be: {taken} accepted, {odd}",
        f"{_right(strict, wrong)}/{len(strict)} cases of strictness, {_right(yaml, wrong)}/{len(yaml)} of hostile YAML",
        f"{flagged}; {len(sayings.STEERING)} hostile sayings: {len(steered)} changed a figure or a verdict",
    ]
    broken = [f"{name}: {said}" for name, said in wrong.items()] + unflagged
    broken += [f"the saying {saying!r} changes figures or verdict" for saying in steered]
    text = (
        "## Corpora\n\n"
        "The JSON cases are those of JSONTestSuite (tests/data/json-corpus), each by itself for the decoder, and as a "
        "value in the second of three lines for the dataset reader.\n\n"
        + table(("strictness", "outcome"), [(one.name, _outcome(one)) for one in strict])
        + "\n"
        + table(("hostile YAML", "outcome"), [(one.name, _outcome(one)) for one in yaml])
        + "\n## What models say is data\n\n"
        "Each saying stands as answer, explanation, stop reason, judge's name and name of a score nobody asked for, "
        "in every row of a result file; figures and verdict are those of the benign twin. Which answers are flagged: "
        "[flags.md](../flags.md).\n\n" + table(("saying", "flags"), _sayings(sayings.STEERING))
    )
    return text, figures, broken


def _right(cases: Iterable[object], wrong: dict[str, str]) -> int:
    return sum(getattr(one, "name", "") not in wrong for one in cases)


def _outcome(case: object) -> str:
    reason, line = getattr(case, "reason", None), getattr(case, "line", None)
    if reason is None:
        return "accepted"
    return f"{'the file' if line is None else f'line {line}'}: … {reason} …"


def _sayings(sayings: Iterable[str]) -> list[tuple[str, str]]:
    from gavel.results.flags import flags_of  # noqa: PLC0415

    return [(f"`{ascii(saying)[1:-1]}`", ", ".join(flags_of(saying))) for saying in sayings]
