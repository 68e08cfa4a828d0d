"""Shows a verdict to a person: each gate with its figure and sentence, and what they say together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.table import Table
from rich.text import Text

from gavel_cli.output import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STYLES: Final = {"PASS": "bold green", "FAIL": "bold red", "INCONCLUSIVE": "bold yellow"}
_ORDER: Final = ("FAIL", "INCONCLUSIVE", "PASS")
_SHOWN: Final = 20


def gates_table(gates: Sequence[Mapping[str, Any]]) -> Table:
    """One row a gate, those that fail first, 20 at most; the outcome is a word and not only a colour."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("GATE", no_wrap=True)
    table.add_column("FOUND", overflow="fold")
    ordered = sorted(gates, key=lambda gate: _ORDER.index(gate["outcome"]))
    for gate in ordered[:_SHOWN]:
        outcome = gate["outcome"]
        table.add_row(Text(outcome, style=STYLES[outcome]), Text(visible(gate["sentence"])))
    if len(ordered) > _SHOWN:
        table.add_row("", Text(f"… and {len(ordered) - _SHOWN:,} more; --json holds them all", style="dim"))
    return table


def verdict_line(verdict: Mapping[str, Any]) -> Text:
    """The verdict with the number of gates by outcome."""
    counts = ", ".join(f"{verdict['counts'][one]} {one}" for one in _ORDER if verdict["counts"].get(one))
    outcome = verdict["outcome"]
    return Text.assemble(("Verdict: ", "bold"), (outcome, STYLES[outcome]), f"  ({counts})")
