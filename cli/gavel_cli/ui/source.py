"""Where the pages' data come from: a deployment, or whatever else answers the same questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from gavel.problems import InvalidInputError, Problems

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO, Self

    from gavel.aws.api_client import ApiClient
    from gavel.aws.storage import Bucket

_LISTED: Final = 20


class Source(Protocol):
    """What the pages ask for. Every method raises `GavelError` where the answer cannot be had."""

    @property
    def name(self) -> str:
        """What the pages call it."""

    def evaluations(
        self,
        *,
        limit: int,
        token: str | None,
        suite: str | None = None,
        status: Sequence[str] = (),
        verdict: str | None = None,
    ) -> dict[str, Any]:
        """A page of the evaluations that the filters let through, as `GET /evaluations` answers."""

    def suites(self) -> list[str]:
        """The names of the suites, as `GET /suites` has them."""

    def evaluation(self, evaluation: str) -> dict[str, Any]:
        """One evaluation, as `GET /evaluations/{id}` answers."""

    def suite(self, suite: str, *, limit: int) -> dict[str, Any]:
        """A suite's last evaluations, as `GET /suites/{suite}/evaluations` answers."""

    def open(self, key: str) -> BinaryIO | None:
        """An object of the bucket as a stream, or None when there is no such object."""

    def comparison(self, a: str, b: str) -> str:
        """The page that compares two evaluations record by record; InvalidInputError when they cannot be compared."""


@dataclass(frozen=True)
class DeployedSource:
    """A deployed Gavel, or the twin."""

    name: str
    api: ApiClient
    bucket: Bucket

    @classmethod
    def connect(cls, stack: str | None) -> Self:
        """The deployment of that name. Raises the errors of `find_deployment`."""
        from gavel.aws import clients  # noqa: PLC0415 - boto3 takes a third of a second to import
        from gavel.aws.api_client import ApiClient  # noqa: PLC0415 - as above
        from gavel.aws.deployment import find_deployment  # noqa: PLC0415 - as above
        from gavel.aws.storage import Bucket  # noqa: PLC0415 - as above

        found = find_deployment(stack)
        clients.s3()  # made here, because a session makes clients for one thread at a time
        return cls(found.stack, ApiClient(found.api_url), Bucket(found.bucket))

    def suites(self) -> list[str]:
        """The names of the suites in the bucket."""
        return [str(one["suite"]) for one in self.api.suites()["suites"]]

    def evaluations(
        self,
        *,
        limit: int,
        token: str | None,
        suite: str | None = None,
        status: Sequence[str] = (),
        verdict: str | None = None,
    ) -> dict[str, Any]:
        """A page of the evaluations that the filters let through, newest first."""
        return self.api.evaluations(limit=limit, token=token, suite=suite, status=status, verdict=verdict)

    def evaluation(self, evaluation: str) -> dict[str, Any]:
        """One evaluation with its results."""
        return self.api.evaluation(evaluation)

    def suite(self, suite: str, *, limit: int) -> dict[str, Any]:
        """A suite's last evaluations with their figures, and its baseline."""
        return self.api.suite(suite, limit=limit)

    def open(self, key: str) -> BinaryIO | None:
        """An object of the deployment's bucket."""
        from gavel.aws.plain_words import in_plain_words  # noqa: PLC0415 - brings boto3

        with in_plain_words():
            return self.bucket.open(key)

    def comparison(self, a: str, b: str) -> str:
        """The page of `gavel compare A B --report`."""
        # NumPy and DuckDB take a while to import, and no other page needs them.
        from gavel.results.sides import Joined, Side, comparisons  # noqa: PLC0415
        from gavel_cli.compare_report import comparison_report  # noqa: PLC0415
        from gavel_cli.sides import read_evaluation  # noqa: PLC0415

        problems = Problems(limit=_LISTED)
        sides = Side(a, texts=True), Side(b, texts=True)
        for side in sides:
            read_evaluation(side, problems, self.name)
        joined = Joined.of(*sides)
        if not all(side.records for side in sides) or not comparisons(*sides, joined, problems):
            raise InvalidInputError(problems)
        return comparison_report(*sides, joined.scores, joined.shown, lower=())
