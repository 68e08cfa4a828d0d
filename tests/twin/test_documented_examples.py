"""The examples of docs/api.md, run as they stand there against the deployed API."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.twin import process_environment

if TYPE_CHECKING:
    from tests.twin.conftest import Gavel

pytestmark = pytest.mark.twin

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```$", (ROOT / "docs" / "api.md").read_text(), re.M | re.S)

# Every name below `.localhost` is this machine (RFC 6761), which Python does not know everywhere.
LOOPBACK = """
import socket

found = socket.getaddrinfo
def getaddrinfo(host, *rest, **options):
    return found("127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **options)
socket.getaddrinfo = getaddrinfo
"""


def run(gavel: Gavel, folder: Path, kind: str, text: str) -> str:
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / "sitecustomize.py").write_text(LOOPBACK)
    environment = process_environment(gavel.twin) | {
        "STACK": "gavel-twin",
        "AWS_REGION": gavel.twin.region,
        "CURL_CA_BUNDLE": gavel.twin.ca_bundle,
        "SSL_CERT_FILE": gavel.twin.ca_bundle,
        "PYTHONPATH": str(folder),
    }
    command = [sys.executable, "-c", text] if kind == "python" else ["bash", "-euo", "pipefail", "-c", text]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_aws_cli_uploads_waits_and_reads(gavel: Gavel, tmp_path: Path) -> None:
    assert '"coverage"' in run(gavel, tmp_path, *BLOCKS[0])


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl_writes_a_suite_uploads_with_a_form_and_starts(gavel: Gavel, tmp_path: Path) -> None:
    said = run(gavel, tmp_path, *BLOCKS[1])

    assert '"created": true' in said
    assert re.search(r'"evaluation_id": "from-curl-[0-9a-f]{16}"', said)
    assert '"estimate"' in said


def test_boto3_starts_waits_and_reads_records(gavel: Gavel, tmp_path: Path) -> None:
    assert run(gavel, tmp_path, *BLOCKS[2]).startswith("COMPLETED")


def test_no_example_is_left_out() -> None:
    assert [kind for kind, _ in BLOCKS] == ["sh", "sh", "python"]
