"""`gavel doctor`: find before a run what Bedrock would say minutes after it began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from gavel.diagnosis.finding import Finding, Level, counts
from gavel.diagnosis.suite_models import SuiteChoice
from gavel.names import identities
from gavel.names.deployed import DEFAULT_STACK
from gavel_cli.output import EXIT_CODES, Exit, console, print_json, visible
from gavel_cli.run import suite_file_of
from gavel_cli.target import chosen_stack, local_option

if TYPE_CHECKING:
    from collections.abc import Iterable


_THE_STACK: Final = "\0"  # `--stack` without a name, which no stack can have

_SIGNS: Final = {
    Level.OK: ("✓", "green"),
    Level.WARNING: ("!", "yellow"),
    Level.PROBLEM: ("✗", "bold red"),
    Level.SKIPPED: ("–", "dim"),
}


@click.command(epilog=EXIT_CODES)
@click.option("--suite", "suite_option", metavar="NAME|FILE", help="A suite in the bucket by name, or a YAML file.")
@local_option
@click.option(
    "--stack",
    is_flag=False,
    flag_value=_THE_STACK,
    metavar="[NAME]",
    help="Look at how the deployed stack is as well: alarms, dead letters, evaluations without an end, slots, the "
    f"reconciler, errors, drift. Without a name it is the one of the other commands.  [default: {DEFAULT_STACK}]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def doctor(ctx: click.Context, suite_option: str | None, *, local: bool, stack: str | None, as_json: bool) -> None:
    """Say whether an evaluation would run: credentials, stack, API, models, service role, bucket, quotas.

    With --stack also how the deployed system is, for whoever keeps it running.

    Nothing is changed, started or paid for. Exit code 0 when there is no problem (there may be warnings), 1 when there
    is one. What your credentials may not look at is skipped, with the permission that it takes.
    """
    choice = _choice(suite_option)
    operations = stack is not None
    stack = chosen_stack(None if stack == _THE_STACK else stack, local=local) or DEFAULT_STACK
    # boto3 takes a third of a second to import, and a usage error needs none of it.
    from gavel.aws.diagnosis.checks import diagnose  # noqa: PLC0415

    findings = diagnose(stack, choice, operations=operations)
    found = list(findings) if as_json else _show(findings)
    if as_json:
        print_json(_document(stack, choice, found))
    ctx.exit(Exit.FAILED if any(finding.level is Level.PROBLEM for finding in found) else Exit.DONE)


def _choice(option: str | None) -> SuiteChoice:
    file = suite_file_of(option)
    if file is None:
        return SuiteChoice(option or identities.DEFAULT_SUITE)
    return SuiteChoice(file.stem, file.read_bytes(), str(file))


def _document(stack: str, choice: SuiteChoice, found: list[Finding]) -> dict[str, Any]:
    number = counts(found)
    return {
        "healthy": number[Level.PROBLEM] == 0,
        "stack": stack,
        "suite": choice.file or choice.name,
        "counts": number,
        "findings": [finding.to_json() for finding in found],
    }


def _show(findings: Iterable[Finding]) -> list[Finding]:
    """Print each finding as soon as it is known, and at the end how many there are."""
    from rich.text import Text  # noqa: PLC0415 - rich takes long to import, and JSON needs none of it

    out = console()
    found = []
    for finding in findings:
        found.append(finding)
        sign, style = _SIGNS[finding.level]
        head = Text(f"{sign} {finding.level.value:<8}", style=style)
        out.print(head + Text(visible(f"{finding.name}: {finding.text}"), style=""), soft_wrap=True)
        if finding.remedy:
            out.print(Text(visible(f"{'':10}→ {finding.remedy}")), soft_wrap=True)
    out.print()
    out.print(Text(", ".join(f"{number} {level}" for level, number in counts(found).items())), style="bold")
    return found
