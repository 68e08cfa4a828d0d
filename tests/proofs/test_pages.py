"""The overview of the proofs leads to the pages that there are, with the figures that stand on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofs import pages
from proofs.proof import Proof, Result

if TYPE_CHECKING:
    from pathlib import Path

KEPT = Proof(name="kept", title="What was run", claim="It holds.")
MISSING = Proof(name="missing", title="What was not run", claim="It would hold.")


def test_the_overview_repeats_the_figures_of_a_page_and_links_none_that_is_missing(tmp_path: Path) -> None:
    result = Result(figures=("3 of 3", "0 lost"), body="- a list that is none of the figures\n")
    (tmp_path / "kept.md").write_text(pages.page(KEPT, result), encoding="utf-8")

    rows = pages.index([KEPT, MISSING], tmp_path).splitlines()[-2:]

    assert rows == [
        "| [What was run](kept.md) | It holds. | 3 of 3<br>0 lost |",
        "| What was not run | It would hold. | not run yet |",
    ]


def test_a_cell_of_a_table_cannot_end_it() -> None:
    assert pages.table(("a", "b"), [("x|y", 1)]) == "| a | b |\n| --- | --- |\n| x\\|y | 1 |\n"
