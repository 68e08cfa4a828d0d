"""The page of the proof: counts, what is acknowledged and why, and the defects that were put in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofs import pages
from proofs.compliance.seeded import SEEDED
from proofs.compliance.settings import DEFAULTS
from proofs.compliance.trial import CHECKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from proofs.compliance.findings import Note
    from proofs.compliance.trial import Trial

_TITLES = {
    "AwsSolutions": "cdk-nag, AWS Solutions",
    "Serverless": "cdk-nag, Serverless",
    "NIST.800.53.R5": "cdk-nag, NIST 800-53 rev. 5",
    "HIPAA.Security": "cdk-nag, HIPAA Security",
    "PCI.DSS.321": "cdk-nag, PCI DSS 3.2.1",
    "CfnLint": "cfn-lint, with hints",
    "Checkov": "checkov",
}
_ABOUT = """\
The packs that bear a standard's name are checks of a template, written by others. That they find nothing makes no
deployment compliant with that standard: most of each standard is about people, procedures and the rest of an account.
A finding is mended, or acknowledged on the construct that it is about, in `infra/`, with a reason. Every
acknowledgement has to be of use: one that no check asks for breaks this proof. The list with every place and count is
[`acknowledgements.json`](../../proofs/compliance/acknowledgements.json); a change of it shows in a review.
Every option is: a customer's key, a VPC with endpoints, a permissions boundary, a reader of another account who may
read records, a year of logs, subscribers, and a page of another origin ([settings](../settings.md)).
"""


def figures(trials: Mapping[str, Trial]) -> tuple[str, ...]:
    """What the page begins with."""
    counted = [
        f"{name}: {len(trial.built.template['Resources'])} resources, {len(trial.checked.open)} findings open, "
        f"{sum(trial.checked.used.values())} acknowledged with {len({note.reason for note in trial.checked.used})} "
        f"reasons, {len(trial.unused)} acknowledgements without a finding"
        for name, trial in trials.items()
    ]
    return (f"{len(CHECKS)} rule packs and linters, {len(SEEDED)} seeded defects looked for", *counted)


def body(trials: Mapping[str, Trial]) -> str:
    """The rest of the page."""
    first, *others = trials
    parts = [_ABOUT, "## Counts\n", pages.table(("check", *_heads(trials)), _counts(trials))]
    parts.append("## Seeded defects, each found\n")
    parts.append(pages.table(("finding", "what was put in"), ((f"`{key}`", what) for key, what in SEEDED.items())))
    parts += [f"## Acknowledged under {first}\n", _notes(trials[first].checked.used)]
    for name in others:
        added = {
            note: count
            for note, count in trials[name].checked.used.items()
            if note not in trials[DEFAULTS].checked.used
        }
        parts += [f"## Acknowledged besides under {name}\n", _notes(added)]
    return "\n".join(parts)


def _heads(trials: Mapping[str, Trial]) -> list[str]:
    return [head for name in trials for head in (f"{name}: open", f"{name}: acknowledged")]


def _counts(trials: Mapping[str, Trial]) -> Iterable[list[object]]:
    for check in CHECKS:
        row: list[object] = [_TITLES[check]]
        for trial in trials.values():
            acknowledged = sum(count for note, count in trial.checked.used.items() if note.pack == check)
            row += [sum(sentence.startswith(f"{check}::") for sentence in trial.checked.open), acknowledged]
        if check == "Checkov":
            row[0] = f"checkov ({', '.join(f'{trial.passed} checks passed' for trial in trials.values())})"
        yield row


def _notes(used: Mapping[Note, int]) -> str:
    """One row for each finding and reason, with the number of places."""
    rows: dict[tuple[str, str], list[str]] = {}
    for note in sorted(used):
        rows.setdefault((note.id.partition("::")[2], note.reason), []).append(note.at or "the stack")
    return pages.table(
        ("finding", "on", "reason"),
        ((f"`{rule}`", _shown(places), reason) for (rule, reason), places in rows.items()),
    )


def _shown(places: list[str]) -> str:
    return ", ".join(places) if len(places) <= 3 else f"{len(places)} constructs"
