"""`gavel report`: fetch an evaluation's report and open it."""

from __future__ import annotations

import tempfile
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gavel_cli.outcome import OutputFile, write
from gavel_cli.output import EXIT_CODES, print_json
from gavel_cli.target import evaluation_argument, local_option, stack_option, with_api

if TYPE_CHECKING:
    from gavel.aws.api_client import ApiClient


@click.command(epilog=EXIT_CODES)
@evaluation_argument
@click.option("-o", "--output", type=OutputFile(".html"), help="Save it here.  [default: a private temporary file]")
@click.option("--no-open", is_flag=True, help="Save it and open no browser.")
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def report(
    evaluation: str, *, output: Path | None, no_open: bool, local: bool, stack: str | None, as_json: bool
) -> None:
    """Fetch the report of the evaluation ID, one HTML file that needs no network, and open it."""

    def fetched(api: ApiClient) -> bytes:
        return api.fetch(api.link(evaluation)["url"])

    content = with_api(fetched, local=local, stack=stack)
    if output is None:
        # Readable by nobody else: it holds prompts and answers.
        output = Path(tempfile.mkdtemp(prefix="gavel-")) / f"{evaluation}.html"
    write(output, content)
    if as_json:
        print_json({"evaluation_id": evaluation, "file": str(output)})
    else:
        click.echo(str(output))
    if not no_open and not webbrowser.open(output.resolve().as_uri()):
        click.echo("no browser could be opened; open the file by hand", err=True)
