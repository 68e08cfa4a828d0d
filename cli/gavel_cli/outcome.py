"""How an evaluation ended: on the screen, in files, and as an exit code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from gavel.names.statuses import EvaluationStatus
from gavel.problems import GavelError
from gavel_cli.output import CommandFailedError, Exit, console, print_json, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gavel.aws.api_client import ApiClient

# The end of a file's name says which file of the evaluation it becomes.
FILES: Final = {
    ".html": "report",
    ".json": "summary",
    ".csv": "summary_csv",
    ".xml": "junit",
    ".md": "comment",
}


class OutputFile(click.Path):
    """A file that can be written, whose name says what is written; `suffixes` are the ends that it may have."""

    def __init__(self, *suffixes: str) -> None:
        super().__init__(dir_okay=False, writable=True, path_type=Path)
        self._suffixes = suffixes or tuple(FILES)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; a usage error for another end of the name, and for a folder that is not there."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if path.suffix not in self._suffixes:
            self.fail(f"{path.name} ends in none of {', '.join(self._suffixes)}, which say what is written", param, ctx)
        if not path.parent.is_dir():
            self.fail(f"there is no folder {path.parent} to write {path.name} into", param, ctx)
        return path


output_option = click.option(
    "-o",
    "--output",
    "outputs",
    type=OutputFile(),
    multiple=True,
    metavar="FILE",
    help="Save the report (.html), summary (.json, .csv), JUnit (.xml) or comment (.md); may be repeated.",
)


def write(path: Path, content: bytes) -> None:
    """Write a file. Raises CommandFailedError."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CommandFailedError(f"{path} could not be written: {error.strerror}") from error


def exit_code(view: dict[str, Any]) -> Exit:
    """An evaluation that did not complete is neither a pass nor a fail, whatever its scores say."""
    if view["status"] != EvaluationStatus.COMPLETED:
        return Exit.INVALID if view["status"] == EvaluationStatus.REFUSED else Exit.FAILED
    verdict = (view.get("verdict") or {}).get("outcome", "")
    return {"FAIL": Exit.GATE_FAILS, "INCONCLUSIVE": Exit.UNDECIDED}.get(verdict, Exit.DONE)


def conclude(api: ApiClient, view: dict[str, Any], outputs: Iterable[Path], *, as_json: bool) -> Exit:
    """Show how an evaluation ended, then save its files; the exit code.

    A file that cannot be had turns no verdict into another, but who asked for one and has none is not done either: only
    the code of a pass becomes that of a failure.
    """
    if as_json:
        print_json(view)
    else:
        show(view, outputs)
    code = exit_code(view)
    return Exit.FAILED if not saved(api, view, outputs) and code is Exit.DONE else code


def saved(api: ApiClient, view: dict[str, Any], outputs: Iterable[Path]) -> bool:
    """Write files of an evaluation that has results; False when one could not be had, which is told."""
    missing = 0
    for path in outputs:
        if not view["summaries"]:
            click.echo(f"{path} was not written: the evaluation has no results", err=True)
            continue
        try:
            write(path, api.fetch(api.link(view["evaluation_id"], FILES[path.suffix])["url"]))
        except (GavelError, CommandFailedError) as error:
            missing += 1
            again = f"`gavel results {view['evaluation_id']} -o {path}` tries again"
            click.echo(visible(f"{path} was not saved: {error}; {again}"), err=True)
    return not missing


def show(view: dict[str, Any], outputs: Iterable[Path] = ()) -> None:
    """Print an evaluation for people: figures, verdict, cost, and where everything lies."""
    from gavel_cli import evaluation_table  # noqa: PLC0415 - brings rich
    from gavel_cli.estimate_table import comparison  # noqa: PLC0415

    out = console()
    out.print(evaluation_table.headline(view))
    if view["summaries"]:
        result = evaluation_table.Result.of(view)
        out.print()
        out.print(evaluation_table.results_table(result))
        out.print()
        for judge in result.judges:
            out.print(evaluation_table.sentence(result, judge), style="bold")
        for line in evaluation_table.notes(result):
            out.print(line, style="dim")
    if view.get("verdict"):
        from gavel_cli.verdict_table import gates_table, verdict_line  # noqa: PLC0415 - as above

        out.print()
        out.print(gates_table(view["verdict"]["gates"]))
        out.print(verdict_line(view["verdict"]))
        out.print()
    for line in comparison(view):
        out.print(line)
    for line in evaluation_table.failures(view["failed_jobs"]):
        out.print(line, soft_wrap=True)
    out.print()
    report = next((path for path in outputs if path.suffix == ".html"), None)
    for line in evaluation_table.next_steps(view, report):
        out.print(line, soft_wrap=True)
