"""`gavel demo`: the main job on an embedded AWS, with models that are stand-ins."""

from __future__ import annotations

import click

from gavel_cli.output import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.pass_context
def demo(ctx: click.Context) -> None:
    """Deploy Gavel onto an embedded AWS, evaluate two models on a real dataset, and show the comparison.

    No AWS account and no cost; it needs a checkout of Gavel's repository, after `make setup`.
    """
    from gavel_cli.twin import run_demo  # noqa: PLC0415 - as every command's work

    ctx.exit(run_demo())
