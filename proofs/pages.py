"""The pages in `docs/proofs`: one for each proof, and an index made from their first lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from proofs.proof import Proof, Result

FOLDER: Final = Path(__file__).parent.parent / "docs" / "proofs"
INDEX: Final = "README.md"


def page(proof: Proof, result: Result) -> str:
    """The whole page of a proof: title, claim, the command that makes it, figures, and its tables."""
    listed = "".join(f"- {figure}\n" for figure in result.figures)
    made = f"Made by `python -m proofs {proof.name}`; do not edit."
    return f"# {proof.title}\n\n{proof.claim} {made}\n\n{listed}\n{result.body.strip()}\n"


def index(proofs: Iterable[Proof], folder: Path = FOLDER) -> str:
    """The overview of all pages that there are, with the figures that they hold."""
    lines = [
        "# What was tried, and what held",
        "",
        "`make prove` makes every page anew and exits with 1 when a promise does not hold.",
        "`make check` runs the quick ones, and compares.",
        "",
        "| proof | claim | figures |",
        "|---|---|---|",
    ]
    for proof in proofs:
        file = folder / f"{proof.name}.md"
        if file.is_file():
            title, figures = f"[{proof.title}]({file.name})", figures_of(file.read_text(encoding="utf-8"))
        else:
            title, figures = proof.title, ["not run yet"]
        lines.append(f"| {title} | {proof.claim} | {'<br>'.join(figures)} |")
    return "\n".join(lines) + "\n"


def figures_of(text: str) -> Sequence[str]:
    """The figures that a page begins with."""
    block = re.search(r"^(?:- .+\n)+", text, re.MULTILINE)
    return [line.removeprefix("- ") for line in block.group().splitlines()] if block else []


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; a `|` in a cell stays a character of it."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)
