"""Follows an evaluation to its end: one live display for people, sparse plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from gavel.names.statuses import EvaluationStatus
from gavel.problems import GavelError, TryLaterError, WrongRequestError
from gavel_cli.output import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gavel.aws.api_client import ApiClient

_SHORTEST: Final = 1.0
_LONGEST: Final = 15.0
_QUIET_SECONDS: Final = 60.0
_PATIENCE_SECONDS: Final = 300.0
_BAR: Final = 20
_SHOWN_GENERATORS: Final = 12
_DONE: Final = ("collected", "failed", "stopped")

_STAGES: Final = {
    "STARTING": "reading the dataset, planning the jobs",
    "RUNNING": "Bedrock jobs are running",
    "SUMMARIZING": "joining the scores",
}


def follow(api: ApiClient, evaluation: str) -> dict[str, Any]:
    """The evaluation as it stands at its end. Raises TryLaterError when the API is silent for five minutes."""
    started = heard = time.monotonic()
    wait = _SHORTEST
    with _display() as show:
        while True:
            try:
                view = api.evaluation(evaluation)
                heard = time.monotonic()
            except TryLaterError:
                if time.monotonic() - heard > _PATIENCE_SECONDS:
                    raise
            else:
                if EvaluationStatus(view["status"]).final:
                    return view
                show(view, time.monotonic() - started)
            time.sleep(wait)
            wait = min(wait * 1.2, _LONGEST)


def follow_or_ask(api: ApiClient, evaluation: str) -> dict[str, Any]:
    """Follow an evaluation; whoever interrupts is asked whether it shall stop too.

    Leaving it running, or having nobody to ask, ends the command with code 130 and says how to come back.
    """
    while True:
        try:
            return follow(api, evaluation)
        except KeyboardInterrupt:
            choice = _asked(evaluation)
            if choice == "c":
                continue
            if choice == "s":
                _stop(api, evaluation)
                continue
            click.echo(
                f"Evaluation {evaluation} goes on, and so do its costs; `gavel watch {evaluation}` follows it, "
                f"`gavel stop {evaluation}` stops it.",
                err=True,
            )
            raise SystemExit(Exit.INTERRUPTED) from None
        except WrongRequestError:
            raise  # there is no such evaluation
        except GavelError:
            click.echo(
                f"Nobody follows {evaluation} any more, and it does not stop for that: `gavel watch {evaluation}` "
                "follows it again.",
                err=True,
            )
            raise


def _asked(evaluation: str) -> str:
    """`s` to stop, `l` to leave it running, `c` to go on watching; `l` where nobody can answer."""
    click.echo(err=True)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "l"
    question = f"{evaluation}: (s)top it, (l)eave it running, or (c)ontinue watching?"
    try:
        return str(
            click.prompt(question, type=click.Choice(["s", "l", "c"]), default="l", show_choices=False, err=True)
        )
    except click.Abort:  # a second Ctrl-C, or the end of input
        click.echo(err=True)
        return "l"


def _stop(api: ApiClient, evaluation: str) -> None:
    try:
        api.stop(evaluation)
    except GavelError as error:
        click.echo(f"It could not be stopped: {error}", err=True)
    else:
        click.echo("It is stopping; what is done is summarised. Ctrl-C again leaves.", err=True)


def progress_line(view: Mapping[str, Any], *, seconds: float) -> str:
    """One line: the stage, jobs done of all, records, money counted so far, how long it went on and will."""
    parts = [_STAGES.get(view["status"], view["status"])]
    if view.get("stop_requested_at"):
        parts[0] = "stopping"
    jobs = view["jobs"]
    done = sum(jobs.get(status, 0) for status in _DONE)
    if jobs.get("planned"):
        parts.append(f"{done} of {jobs['planned']} jobs done")
    if view.get("records"):
        parts.append(f"{view['records']:,} records")
    parts += _money(view)
    parts += _left(view, seconds, done)
    parts.append(duration(seconds))
    return " · ".join(parts)


def _money(view: Mapping[str, Any]) -> list[str]:
    expected = ((view.get("estimate") or {}).get("usd") or {}).get("expected")
    usd = (view.get("progress") or {}).get("usd")
    if not expected:
        return []
    return [f"${usd or 0:.2f} of about ${expected:.2f}"]


def _left(view: Mapping[str, Any], seconds: float, done: int) -> list[str]:
    """How long it may still take: by what is done so far, or by the estimate while nothing is."""
    planned = view["jobs"].get("planned", 0)
    if view["status"] != "RUNNING" or not planned or done >= planned:
        return []
    expected = ((view.get("estimate") or {}).get("seconds") or {}).get("expected")
    left = seconds * (planned - done) / done if done else (expected or 0) - seconds
    return [f"about {duration(left)} left"] if left >= 1 else []


def duration(seconds: float) -> str:
    """Seconds as people say them: `42 s`, `3 min 10 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def generator_lines(view: Mapping[str, Any]) -> list[str]:
    """A bar for each generator: its jobs that are done, running and failed."""
    rows = (view.get("progress") or {}).get("generators", [])
    width = max((len(row["generator"]) for row in rows), default=0)
    lines = []
    for row in rows[:_SHOWN_GENERATORS]:
        planned = max(row["planned"], 1)
        done = sum(row.get(status, 0) for status in _DONE)
        filled = min(_BAR, _BAR * done // planned)
        notes = [
            f"{row[name]} {word}" for name, word in (("started", "running"), ("failed", "failed")) if row.get(name)
        ]
        bar = f"[{'#' * filled}{'-' * (_BAR - filled)}]"
        lines.append(f"  {row['generator']:<{width}}  {bar} {done}/{planned} jobs  {', '.join(notes)}".rstrip())
    if len(rows) > _SHOWN_GENERATORS:
        lines.append(f"  … and {len(rows) - _SHOWN_GENERATORS} more")
    return lines


@contextmanager
def _display() -> Iterator[Callable[[Mapping[str, Any], float], None]]:
    if sys.stderr.isatty() and not os.environ.get("CI"):
        with _live() as show:
            yield show
        return
    said: dict[str, float] = {}

    def plain(view: Mapping[str, Any], seconds: float) -> None:
        """A line when the stage changes, and one a minute."""
        stage = view["status"]
        if time.monotonic() - said.get(stage, -_QUIET_SECONDS) >= _QUIET_SECONDS:
            said[stage] = time.monotonic()
            click.echo(progress_line(view, seconds=seconds), err=True)

    yield plain


@contextmanager
def _live() -> Iterator[Callable[[Mapping[str, Any], float], None]]:
    # rich takes long to import, and only people need it.
    from rich.console import Console, Group  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415
    from rich.spinner import Spinner  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from gavel_cli.output import visible  # noqa: PLC0415

    spinner = Spinner("dots", text=Text(""))
    with Live(spinner, console=Console(stderr=True), transient=True, refresh_per_second=8) as live:

        def show(view: Mapping[str, Any], seconds: float) -> None:
            spinner.update(text=Text(visible(progress_line(view, seconds=seconds))))
            live.update(Group(spinner, *(Text(visible(line), style="dim") for line in generator_lines(view))))

        yield show
