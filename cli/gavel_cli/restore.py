"""`gavel restore`: bring back what the table has lost, from a table that DynamoDB restored."""

from __future__ import annotations

import click

from gavel.problems import GavelError
from gavel_cli.output import EXIT_CODES, CommandFailedError, CommandInvalidError, print_json
from gavel_cli.target import chosen_stack, local_option, stack_option


@click.command(epilog=EXIT_CODES)
@click.option("--from", "source", required=True, metavar="TABLE", help="The table that a backup was restored into.")
@click.option("--overwrite", is_flag=True, help="Replace items that are there, too.")
@click.option("--dry-run", is_flag=True, help="Only say what would be written.")
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def restore(source: str, *, overwrite: bool, dry_run: bool, local: bool, stack: str | None, as_json: bool) -> None:
    """Copy items that the deployment's table lacks out of a restored table, while everything goes on.

    Slots and the reconciler's notes are never taken over; evaluations that were under way then are ended by the
    reconciler. docs/operations.md says how a table is restored.
    """
    name = chosen_stack(stack, local=local)
    # boto3 takes a third of a second to import, and a usage error needs none of it.
    from gavel.aws.deployment import find_deployment  # noqa: PLC0415
    from gavel.aws.failures import ClientError, message_of  # noqa: PLC0415
    from gavel.aws.restore_table import restore_items  # noqa: PLC0415

    try:
        target = find_deployment(name).table
        if source == target:
            raise CommandInvalidError(f"{source} is the deployment's own table; name the one that was restored")
        done = restore_items(source, target, overwrite=overwrite, dry_run=dry_run)
    except GavelError as error:
        raise CommandFailedError(str(error)) from error
    except ClientError as error:
        raise CommandFailedError(f"{source}: {message_of(error)}") from error
    if as_json:
        print_json({"from": source, "to": target, "dry_run": dry_run, **done.to_json()})
        return
    verb = "would be written" if dry_run else "written"
    click.echo(f"{done.written} items {verb}, {done.kept} were there already, {done.left_out} of the moment left out")
