"""The pages of `gavel ui` over made-up evaluations, and a visitor of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gavel.names.object_keys import EvaluationKeys
from tests.cli.ui_source import ONE, TWO, FakeSource, Visitor, head, rich_source

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def source() -> FakeSource:
    found = rich_source()
    for evaluation in (ONE, TWO):
        found.viewed[evaluation] = head() | {"evaluation_id": evaluation}
        found.objects[EvaluationKeys(evaluation).report] = b"<!doctype html><title>a report</title>"
    return found


@pytest.fixture
def visitor(source: FakeSource, tmp_path: Path) -> Visitor:
    return Visitor.of(source, tmp_path)
