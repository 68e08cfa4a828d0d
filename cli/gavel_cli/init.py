"""`gavel init`: a commented suite and a small dataset to begin with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import click

from gavel.names import identities
from gavel_cli.output import EXIT_CODES, CommandFailedError, CommandInvalidError, print_json

_FOLDER: Final = Path(__file__).parent / "starter"


@click.command(epilog=EXIT_CODES)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
@click.option("--name", default="my-suite", show_default=True, help="Name of the suite, and of its file.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def init(folder: Path, *, name: str, force: bool, as_json: bool) -> None:
    """Write a suite and a small dataset into FOLDER (default: here), ready for `gavel validate`, `estimate` and `run`.

    Both files explain themselves. Nothing that is there is replaced without --force.
    """
    if not re.fullmatch(identities.SUITE_NAME_PATTERN, name):
        raise CommandInvalidError(f"{name} is no suite's name (lower-case letters, digits and single hyphens)")
    suite, dataset = folder / f"{name}.yaml", folder / "questions.jsonl"
    taken = [str(path) for path in (suite, dataset) if path.exists() and not force]
    if taken:
        raise CommandInvalidError(f"{' and '.join(taken)} stand there already; --force replaces, --name names another")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        suite.write_bytes((_FOLDER / "suite.yaml").read_bytes())
        dataset.write_bytes((_FOLDER / "questions.jsonl").read_bytes())
    except OSError as error:
        raise CommandFailedError(f"{error.filename} could not be written: {error.strerror}") from error
    if as_json:
        print_json({"suite": str(suite), "dataset": str(dataset)})
        return
    click.echo(f"{suite}  who answers, who judges, on what, and what has to hold")
    click.echo(f"{dataset}  ten questions with expected answers: replace them with yours")
    click.echo()
    click.echo("Next:")
    click.echo(f"  gavel validate {dataset} --suite {suite}")
    click.echo(f"  gavel estimate {dataset} --suite {suite}")
    click.echo(f"  gavel run {dataset} --suite {suite}            (--local: on a twin of AWS, without cost)")
