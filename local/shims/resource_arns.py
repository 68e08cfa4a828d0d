"""The resource that a request is judged on, where ministack names another one than AWS does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack.core import iam_actions

from local.shims.expected import replace

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Asked:
    """A request; `found` gives the resource that ministack, or an earlier shim, names for it."""

    service: str
    body: bytes
    query: dict[str, Any]
    region: str
    account: str
    found: Callable[[], str]


def name_resource(arn_of: Callable[[Asked], str | None]) -> None:
    """Judge a request on the ARN that `arn_of` gives for it, and on the one that was found where it gives none."""

    def make(original: Callable[..., str]) -> Callable[..., str]:
        def extract_resource_arn(  # noqa: PLR0913, PLR0917 - ministack's own parameters
            service: str,
            method: str,
            path: str,
            headers: dict[str, Any],
            body: bytes,
            query_params: dict[str, Any],
            region: str,
            account_id: str,
        ) -> str:
            def found() -> str:
                return original(service, method, path, headers, body, query_params, region, account_id)

            return arn_of(Asked(service, body, query_params, region, account_id, found)) or found()

        return extract_resource_arn

    replace(iam_actions, "extract_resource_arn", make)
