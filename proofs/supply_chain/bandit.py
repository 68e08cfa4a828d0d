"""bandit over everything that is written here.

What bandit finds, ruff's rules S find as well: they are bandit's. So a finding is acknowledged where ruff's is, by
`noqa: S…` with a reason on its line, or for a whole folder below.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from proofs.scanners import ROOT, scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SOURCES: Final = ("app.py", "infra", "lambdas", "cli", "local", "benchmarks", "proofs")
_NOT_OURS: Final = "proofs/supply_chain/rules"
# Rule and beginning of the path → why it is no finding there.
JUDGED: Final[Mapping[tuple[str, str], str]] = {
    ("B404", ""): "B603 looks at each call; to import the module does nothing.",
    ("B403", "local/keeper.py"): "B301 looks at the call.",
    ("B405", "lambdas/gavel/exports/junit.py"): "It writes XML and parses none.",
    ("B603", "local/"): "The twin exists to start programs; no text of a user reaches a shell.",
    ("B603", "cli/gavel_cli/twin.py"): "It starts this repository's own twin.",
    ("B603", "proofs/"): "Proofs run pinned tools over this repository.",
    ("B603", "benchmarks/"): "Benchmarks start this repository's own programs.",
    ("B311", "benchmarks/"): "Seeded data of a benchmark; nobody has to be kept from guessing it.",
    ("B105", "cli/gavel_cli/verdict_table.py"): "The colour of the verdict PASS.",
    ("B105", "benchmarks/import_budgets.py"): "It stands for a key: no call is made with it.",
    ("B105", "proofs/hostile_input/still_aws.py"): "It stands for a key: every call is answered in the same process.",
    ("B406", "local/disturbances/refusals.py"): "It escapes text for XML and parses none.",
}


@dataclass(frozen=True)
class Judged:
    """A finding that is none: where, which, and why."""

    rule: str
    place: str
    reason: str


def run() -> tuple[list[str], list[Judged], list[str]]:
    """Findings that are open, those that are judged, and entries of JUDGED of which nothing made use."""
    printed = scan(
        "bandit",
        ["--quiet", "--recursive", *_existing(), "--exclude", _NOT_OURS, "--format", "json"],
        answers=frozenset({0, 1}),
    )
    answer = json.loads(printed)
    if answer["errors"]:
        return [f"bandit could not read {one['filename']}: {one['reason']}" for one in answer["errors"]], [], []
    return settle(answer["results"])


def settle(results: Iterable[Mapping[str, Any]]) -> tuple[list[str], list[Judged], list[str]]:
    """Hold bandit's results against the notes on their lines and in JUDGED."""
    still_open, judged, used = [], [], set()
    for one in results:
        rule, file, line = one["test_id"], one["filename"].removeprefix("./"), one["line_number"]
        if reason := _on_its_lines(rule, file, one["line_range"]):
            judged.append(Judged(rule, file, reason))
            continue
        entries = [key for key in JUDGED if key[0] == rule and file.startswith(key[1])]
        if entries:
            used.update(entries)
            judged.append(Judged(rule, file, JUDGED[entries[-1]]))
        else:
            still_open.append(f"bandit {rule} at {file}:{line}: {one['issue_text']}")
    return (
        still_open,
        judged,
        [f"nothing makes use of what bandit's {key} is judged by" for key in JUDGED if key not in used],
    )


def _on_its_lines(rule: str, file: str, lines: Iterable[int]) -> str | None:
    content = (ROOT / file).read_text(encoding="utf-8").split("\n")
    wanted = list(lines)
    # The note may stand behind the end of the statement.
    for number in (*wanted, max(wanted) + 1):
        text = content[number - 1] if number <= len(content) else ""
        if found := re.search(rf"# noqa: (?:[A-Z]+\d+, )*S{rule[1:]}(?:, [A-Z]+\d+)* - (.+)", text):
            return found[1]
    return None


def _existing() -> list[str]:
    return [name for name in SOURCES if (ROOT / name).exists()]
