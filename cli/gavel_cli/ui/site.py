"""Which page stands at which address."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from gavel.names import identities
from gavel.names.object_keys import EvaluationKeys
from gavel.names.statuses import EvaluationStatus
from gavel.problems import GavelError, NotPermittedError, TryLaterError
from gavel_cli.output import visible
from gavel_cli.ui import pages, views
from gavel_cli.ui.comparisons import Comparisons, Failed
from gavel_cli.ui.web import Response, download, page, report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from gavel_cli.ui.door import Door
    from gavel_cli.ui.source import Source
    from gavel_cli.ui.web import Request

_PAGE: Final = 50
_MOST_PAGES: Final = (
    10  # of the API, for one page of ours: with filters one looks at 1,000 evaluations, and may be short
)
_HISTORY: Final = 30
_CHUNK: Final = 1 << 16
_SUITE: Final = re.compile(f"/suites/({identities.SUITE_NAME_PATTERN})")
_EVALUATION: Final = re.compile(
    f"/evaluations/({identities.EVALUATION_ID_PATTERN})(?:/([a-z]+)(?:/([a-z]+[.][a-z]+))?)?"
)


class Site:
    """Answers requests with pages of a source. `folder` is private and holds comparisons while the server runs."""

    def __init__(
        self,
        source: Source,
        door: Door,
        folder: Path,
        *,
        now: Callable[[], datetime],
        patience_seconds: float = 1.0,
    ) -> None:
        self._source = source
        self._door = door
        self._now = now
        self._comparisons = Comparisons(self._comparison, folder, patience_seconds=patience_seconds)

    def answer(self, request: Request) -> Response:
        """The answer to any request; what goes wrong is a page too."""
        refused = self._door.refuse(request)
        if refused is not None:
            return refused
        try:
            return self._page(request)
        except TryLaterError as error:
            return self._problem(HTTPStatus.SERVICE_UNAVAILABLE, "Busy", f"{error}. Try again in a moment.")
        except NotPermittedError as error:
            return self._problem(HTTPStatus.BAD_GATEWAY, "Not permitted", str(error))
        except GavelError as error:
            return self._problem(HTTPStatus.NOT_FOUND, "This cannot be shown", str(error))
        except Exception as error:  # noqa: BLE001 - a page that fails must not end the others
            click.echo(visible(f"{request.path}: {type(error).__name__}: {error}"), file=sys.stderr)
            text = f"{type(error).__name__}: the terminal that runs `gavel ui` says more."
            return self._problem(HTTPStatus.INTERNAL_SERVER_ERROR, "This page failed", text)

    def _page(self, request: Request) -> Response:
        path, query = request.path, request.query
        if path == "/":
            return self._list(query)
        if path == "/compare":
            return self._compare(query.get("a", ""), query.get("b", ""))
        if found := _SUITE.fullmatch(path):
            return self._suite(found[1])
        if found := _EVALUATION.fullmatch(path):
            return self._evaluation(*found.groups(default=""))
        return self._nothing()

    def _evaluation(self, evaluation: str, kind: str, name: str) -> Response:
        if not kind:
            view = self._source.evaluation(evaluation)
            return self._ours(pages.evaluation_page(view, source=self._source.name, now=self._now()))
        if kind == "report" and not name:
            return self._stored(EvaluationKeys(evaluation).report, report)
        file = views.files(evaluation).get(name) if kind == "files" else None
        if file is None:
            return self._nothing()
        told = f"{evaluation}-{file.name}"
        return self._stored(file.key, lambda body: download(body, name=told, content_type=file.content_type))

    def _list(self, query: dict[str, str]) -> Response:
        state = query.get("state", "")
        wanted = pages.Wanted(query.get("suite", "").strip(), state if state in views.STATES else "", query.get("next"))
        rows, token = self._rows(wanted)
        # Suites that are gone may still have evaluations.
        suites = {row.suite for row in rows}
        with suppress(GavelError):  # they are only suggested
            suites.update(self._source.suites())
        listing = pages.Listing(rows, token, sorted(suites))
        return self._ours(pages.list_page(listing, wanted, source=self._source.name))

    def _rows(self, wanted: pages.Wanted) -> tuple[list[views.Row], str | None]:
        """A page of what is wanted, and the token that continues it."""
        rows: list[views.Row] = []
        if wanted.suite and not identities.is_suite_name(wanted.suite):
            return rows, None
        filters, token, now = views.asked_for(wanted.state), wanted.token, self._now()
        if wanted.suite:
            filters["suite"] = wanted.suite
        for _ in range(_MOST_PAGES):
            answer = self._source.evaluations(limit=_PAGE - len(rows), token=token, **filters)
            found, token = [views.row(one, now=now) for one in answer["evaluations"]], answer["next_token"]
            # The API does not tell an evaluation that had no gates from one that had.
            rows += [row for row in found if wanted.state in {"", row.state.key}]
            if token is None or len(rows) >= _PAGE:
                break
        return rows, token

    def _suite(self, suite: str) -> Response:
        history = self._source.suite(suite, limit=_HISTORY)
        return self._ours(pages.suite_page(history, source=self._source.name, now=self._now()))

    def _compare(self, a: str, b: str) -> Response:
        if not identities.is_evaluation_id(a) or not identities.is_evaluation_id(b):
            return self._problem(HTTPStatus.BAD_REQUEST, "Two evaluations, please", "Choose A and B in a suite's list.")
        if a == b:
            text = "A and B are the same evaluation; choose two."
            return self._problem(HTTPStatus.BAD_REQUEST, "Two evaluations, please", text)
        found = self._comparisons.page(a, b)
        if found is None:
            html = pages.building_page(a, b, source=self._source.name)
            return self._ours(html, HTTPStatus.ACCEPTED)
        if isinstance(found, Failed):
            return self._problem(HTTPStatus.CONFLICT, "They cannot be compared", found.reason)
        return report(_parts(lambda: found.open("rb")))

    def _comparison(self, a: str, b: str) -> str:
        """The page of two evaluations that have ended: of a running one more scores may come."""
        for evaluation in (a, b):
            if not EvaluationStatus(self._source.evaluation(evaluation)["status"]).final:
                raise GavelError(f"{evaluation} is still running; compare it when it has ended.")
        return self._source.comparison(a, b)

    def _stored(self, key: str, answer: Callable[[Iterator[bytes]], Response]) -> Response:
        stream = self._source.open(key)
        if stream is None:
            text = f"The bucket has no {key}: the evaluation has no such file, or not yet."
            return self._problem(HTTPStatus.NOT_FOUND, "There is no such file", text)
        return answer(_parts(lambda: stream))

    def _ours(self, html: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
        return page(html, style=pages.style(), script=pages.script(), status=status)

    def _nothing(self) -> Response:
        return self._problem(HTTPStatus.NOT_FOUND, "Nothing is here", "No page has this address.")

    def _problem(self, status: HTTPStatus, heading: str, text: str) -> Response:
        return self._ours(pages.problem_page(heading, text, source=self._source.name), status)


def _parts(opened: Callable[[], BinaryIO]) -> Iterator[bytes]:
    with opened() as stream:
        while part := stream.read(_CHUNK):
            yield part
