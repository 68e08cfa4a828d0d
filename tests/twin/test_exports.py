"""The files that an evaluation leaves for other programs, on the deployed system."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.schemas import problems
from tests.twin.test_main_job import question, suite

if TYPE_CHECKING:
    from tests.twin.conftest import Gavel

pytestmark = pytest.mark.twin


def test_every_export_tells_the_same_verdict(gavel: Gavel) -> None:
    name = gavel.put_suite(suite() + "gates: [{min_coverage: 0.5}, {metric: Correctness, min: 0.9}]\n")

    view = gavel.ended(gavel.upload(question(), question(), suite=name)[0])

    keys, verdict = view["keys"], view["verdict"]
    document = gavel.read_json(keys["summary"])
    files = {
        key: gavel.client("s3").get_object(Bucket=gavel.bucket, Key=keys[key])
        for key in ("junit", "comment", "summary_csv")
    }
    suites = ET.fromstring(files["junit"]["Body"].read())  # noqa: S314 - Gavel's own document
    assert problems("summary-v1", document) == []
    assert document["verdict"]["outcome"] == verdict["outcome"] is not None
    assert suites[0].get("tests") == str(len(verdict["gates"])) == "2"
    assert f"Gavel: {verdict['outcome']}" in files["comment"]["Body"].read().decode()
    assert files["summary_csv"]["Body"].read().startswith(b"model,judge,metric,")
    assert {key: answer["ContentType"] for key, answer in files.items()} == {
        "junit": "application/xml",
        "comment": "text/markdown; charset=utf-8",
        "summary_csv": "text/csv; charset=utf-8",
    }
