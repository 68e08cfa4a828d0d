"""Follows an evaluation to its end, with one live line for people and sparse plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from gavel.names import EvaluationStatus
from gavel.problems import TryLaterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gavel.aws.api_client import ApiClient

_SHORTEST: Final = 1.0
_LONGEST: Final = 15.0
_QUIET_SECONDS: Final = 60.0
_PATIENCE_SECONDS: Final = 300.0

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
                show(progress_line(view, seconds=time.monotonic() - started))
            time.sleep(wait)
            wait = min(wait * 1.2, _LONGEST)


def progress_line(view: Mapping[str, Any], *, seconds: float) -> str:
    """One line: the stage, jobs done of all, records, and how long it has been going on."""
    parts = [_STAGES.get(view["status"], view["status"])]
    jobs = view["jobs"]
    if jobs.get("planned"):
        done = sum(jobs.get(status, 0) for status in ("collected", "failed", "stopped"))
        parts.append(f"{done} of {jobs['planned']} jobs done")
    if view.get("records"):
        parts.append(f"{view['records']:,} records")
    parts.append(duration(seconds))
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """Seconds as people say them: `42 s`, `3 min 10 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


@contextmanager
def _display() -> Iterator[Callable[[str], None]]:
    if sys.stderr.isatty():
        from rich.console import Console  # noqa: PLC0415 - rich takes long to import, and only people need it

        with Console(stderr=True).status("") as status:
            yield status.update
        return
    said: dict[str, float] = {}

    def show(line: str) -> None:
        """A line when the stage changes, and one a minute."""
        stage = line.rpartition(" · ")[0]
        if time.monotonic() - said.get(stage, -_QUIET_SECONDS) >= _QUIET_SECONDS:
            said[stage] = time.monotonic()
            click.echo(line, err=True)

    yield show
