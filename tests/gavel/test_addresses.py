"""No Lambda opens an address that somebody gave it, because none has the means to."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

LAMBDAS = Path(__file__).parents[2] / "lambdas"
CLIENTS = ("aiohttp", "ftplib", "http.client", "httpx", "requests", "smtplib", "socket", "urllib.request", "urllib3")
# Names of errors, which boto3's streams raise; and the command line's own client, for the API and its links.
ALLOWED = {("gavel/aws/objects.py", "urllib3.exceptions"), ("gavel/aws/api_client.py", "botocore.httpsession")}


def imported(source: str) -> Iterator[str]:
    """Every module that the source imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def opens_addresses(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in (*CLIENTS, "botocore.httpsession"))


def found(file: str, source: str) -> set[tuple[str, str]]:
    """Imports that open addresses, but for those which are allowed there."""
    wrong = {module for module in imported(source) if opens_addresses(module)}
    return {
        (file, module)
        for module in wrong
        if not any(file == where and module.startswith(what) for where, what in ALLOWED)
    }


def test_no_lambda_can_open_an_address_that_it_was_given() -> None:
    wrong: set[tuple[str, str]] = set()
    for path in LAMBDAS.rglob("*.py"):
        wrong |= found(path.relative_to(LAMBDAS).as_posix(), path.read_text(encoding="utf-8"))
    assert wrong == set()


def test_the_command_line_s_client_is_in_no_handler() -> None:
    users = [
        path.relative_to(LAMBDAS).as_posix()
        for path in LAMBDAS.rglob("*.py")
        if any(
            module == "gavel.aws.api_client" or module.startswith("gavel.aws.api_client.")
            for module in imported(path.read_text(encoding="utf-8"))
        )
    ]
    assert [user for user in users if user.startswith("handlers/")] == []


@pytest.mark.parametrize(
    "source",
    [
        "import requests",
        "def f():\n    from urllib.request import urlopen",
        "from urllib import request",
        "import socket",
    ],
)
def test_a_client_that_somebody_brings_in_is_found(source: str) -> None:
    assert found("gavel/anywhere.py", source)


def test_what_is_allowed_in_one_place_is_not_in_another() -> None:
    assert found("gavel/aws/objects.py", "from urllib3.exceptions import HTTPError") == set()
    assert found("gavel/anywhere.py", "from urllib3.exceptions import HTTPError")
