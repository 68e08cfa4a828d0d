"""`gavel ui`: a page to start from."""

from __future__ import annotations

import signal
import tempfile
import threading
import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gavel_cli.output import EXIT_CODES, CommandFailedError
from gavel_cli.target import chosen_stack, local_option, stack_option, told

if TYPE_CHECKING:
    from gavel_cli.ui.source import Source


@click.command(epilog=EXIT_CODES)
@local_option
@stack_option
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1.  [default: a free one]")
@click.option("--no-open", is_flag=True, help="Print the address and open no browser.")
def ui(*, local: bool, stack: str | None, port: int, no_open: bool) -> None:
    """Show all evaluations, suites' trends and comparisons in a browser of this machine.

    The pages are served on 127.0.0.1, to whoever has the address that is printed, with your credentials; they change
    nothing. Ctrl-C ends them.
    """
    name = chosen_stack(stack, local=local)
    from gavel_cli.ui.source import DeployedSource  # noqa: PLC0415 - as below

    with told():
        source = DeployedSource.connect(name)
    serve(source, port=port, open_browser=not no_open)


def serve(source: Source, *, port: int, open_browser: bool) -> None:
    """Serve the pages of a source until Ctrl-C or the end of the terminal. Raises CommandFailedError."""
    # Jinja takes a while to import, and the help needs none of it.
    from gavel_cli.ui.door import Door  # noqa: PLC0415
    from gavel_cli.ui.server import Server  # noqa: PLC0415
    from gavel_cli.ui.site import Site  # noqa: PLC0415

    try:
        server = Server(port)
    except OSError as error:
        raise CommandFailedError(f"Port {port} of 127.0.0.1 cannot be used: {error.strerror}.") from error
    # A terminal that is closed must not leave prompts and answers behind in the temporary folder.
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _end)
    try:
        with server, tempfile.TemporaryDirectory(prefix="gavel-ui-") as folder:
            door = Door(server.port)
            server.answer = Site(source, door, Path(folder), now=lambda: datetime.now(UTC)).answer
            click.echo(f"{door.address}\nOnly this machine can open it. Ctrl-C ends it.")
            if open_browser:
                # Some browsers of a terminal do not come back before they are closed.
                threading.Thread(target=webbrowser.open, args=(door.address_once,), daemon=True).start()
            else:
                door.ticket = None
            server.serve_forever()
    except KeyboardInterrupt:
        click.echo()


def _end(*_: Any) -> NoReturn:
    raise KeyboardInterrupt
