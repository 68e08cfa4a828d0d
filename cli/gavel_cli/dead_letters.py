"""`gavel dead-letters`: what nobody took, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gavel.problems import GavelError
from gavel_cli.output import EXIT_CODES, CommandFailedError, CommandInvalidError, Exit, console, print_json, visible
from gavel_cli.target import chosen_stack, local_option, stack_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from gavel.aws.dead_letter_queue import DeadLetterQueue, Replayed, Waiting


@click.group(name="dead-letters", epilog=EXIT_CODES)
def dead_letters() -> None:
    """Look at the dead letter queue, replay what it holds, or discard it.

    There end uploads whose Lambda failed three times, runs of schedules that could not be started, and calls of the
    reconciler. No text of a dataset and no name of a file is shown.
    """


@dead_letters.command(name="list", epilog=EXIT_CODES)
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_letters(*, local: bool, stack: str | None, as_json: bool) -> None:
    """List what waits, the oldest first: when it came, what it is about, and why it failed. Nothing is taken away."""

    def look(queue: DeadLetterQueue) -> list[Waiting]:
        found = queue.waiting()
        queue.give_back(found)
        return found

    found = _with_queue(look, local=local, stack=stack)
    if as_json:
        print_json({"dead_letters": [_shown(one) for one in found]})
        return
    if not found:
        click.echo("The dead letter queue is empty.")
        return
    from rich.table import Table  # noqa: PLC0415 - rich takes long to import, and JSON needs none of it

    table = Table("ID", "SINCE", "WHAT", "WHY", box=None, pad_edge=False)
    for one in found:
        table.add_row(*(visible(text) for text in (one.message_id, one.sent_at, one.letter.about, one.letter.why)))
    console().print(table)


@dead_letters.command(epilog=EXIT_CODES)
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Replay whatever waits.")
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def replay(
    ctx: click.Context, ids: tuple[str, ...], *, everything: bool, local: bool, stack: str | None, as_json: bool
) -> None:
    """Hand dead letters to the Lambdas that they are for, and delete those that were taken.

    An upload or a run that has been started meanwhile starts nothing again. Exit code 1 when one was not taken; it
    waits as before.
    """
    if bool(ids) == everything:
        raise click.UsageError("name messages by ID, or use --all")

    def call(queue: DeadLetterQueue) -> list[Replayed]:
        return list(queue.replay(_chosen(queue, ids)))

    done = _with_queue(call, local=local, stack=stack)
    if as_json:
        print_json({"replayed": [{**_shown(one.waiting), "done": one.done, "result": one.text} for one in done]})
    else:
        for one in done:
            said = one.text if one.done else f"not taken: {one.text}"
            click.echo(visible(f"{one.waiting.message_id}  {one.waiting.letter.about}: {said}"))
        if not done:
            click.echo("The dead letter queue is empty.")
    ctx.exit(Exit.DONE if all(one.done for one in done) else Exit.FAILED)


@dead_letters.command(epilog=EXIT_CODES)
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def discard(ids: tuple[str, ...], *, local: bool, stack: str | None, as_json: bool) -> None:
    """Delete dead letters without doing what they ask for."""

    def call(queue: DeadLetterQueue) -> list[Waiting]:
        chosen = _chosen(queue, ids)
        for one in chosen:
            queue.delete(one)
        return chosen

    gone = _with_queue(call, local=local, stack=stack)
    if as_json:
        print_json({"discarded": [_shown(one) for one in gone]})
    else:
        for one in gone:
            click.echo(visible(f"{one.message_id}  {one.letter.about}: discarded"))


def _chosen(queue: DeadLetterQueue, ids: tuple[str, ...]) -> list[Waiting]:
    """Those messages (all of them where no id is given); the others are given back. Raises CommandInvalidError."""
    found = queue.waiting()
    chosen = [one for one in found if one.message_id in ids or not ids]
    unknown = sorted(set(ids) - {one.message_id for one in chosen})
    if unknown:
        queue.give_back(found)
        raise CommandInvalidError(f"no dead letter has the ID {', '.join(unknown)}; `gavel dead-letters list` has all")
    queue.give_back(one for one in found if one not in chosen)
    return chosen


def _with_queue[Answer](call: Callable[[DeadLetterQueue], Answer], *, local: bool, stack: str | None) -> Answer:
    name = chosen_stack(stack, local=local)
    # boto3 takes a third of a second to import, and a usage error needs none of it.
    from gavel.aws.dead_letter_queue import DeadLetterQueue  # noqa: PLC0415
    from gavel.aws.deployment import find_deployment  # noqa: PLC0415
    from gavel.aws.failures import ClientError, told  # noqa: PLC0415

    try:
        found = find_deployment(name)
        if found.dead_letters is None:
            raise CommandFailedError(f"the stack {found.stack} has no output for its dead letter queue; `make deploy`")
        return call(DeadLetterQueue(found.dead_letters, found.stack, found.bucket))
    except GavelError as error:
        raise CommandFailedError(str(error)) from error
    except ClientError as error:
        raise CommandFailedError(told(error)) from error


def _shown(one: Waiting) -> dict[str, Any]:
    letter = one.letter
    return {
        "id": one.message_id,
        "sent_at": one.sent_at,
        "target": letter.target,
        "about": letter.about,
        "why": letter.why,
        "tries": letter.tries,
    }
