"""semgrep with this repository's own rules: its invariants, each with a file that says where it fires."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from proofs.scanners import ROOT, ScannerError, scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RULES: Final = ROOT / "proofs" / "supply_chain" / "rules"
SOURCES: Final = ("app.py", "infra", "lambdas", "cli", "local", "benchmarks", "proofs")
# Nothing is fetched and nothing is told: the rules are files of this folder.
_OFFLINE: Final = ("--metrics", "off", "--disable-version-check", "--json", "--quiet")
# semgrep's parser stumbles over a few files. They are named on the page; more than this many, and the rules say too
# little.
MOST_UNREAD: Final = 5


@dataclass(frozen=True)
class Rule:
    """A rule: what it says, and on how many lines of its own file it fired."""

    name: str
    message: str
    fired: int


def rules() -> tuple[list[Rule], list[str]]:
    """Every rule tried on its own file, and a sentence for each that does not do there what it has to."""
    printed = scan(
        "semgrep", ["scan", "--test", *_OFFLINE, "--config", str(RULES), str(RULES)], answers=frozenset({0, 1})
    )
    return read_trial(json.loads(printed), {file.stem: _message(file.stem) for file in RULES.glob("*.yaml")})


def read_trial(answer: Mapping[str, Any], messages: Mapping[str, str]) -> tuple[list[Rule], list[str]]:
    """The rules in semgrep's answer about their test files; one without a file, or that never fires, is wrong."""
    tried: dict[str, Rule] = {}
    problems = []
    for result in answer["results"].values():
        for name, check in result["checks"].items():
            fired = sum(len(match["reported_lines"]) for match in check["matches"].values())
            tried[name] = Rule(name, messages.get(name, ""), fired)
            if not check["passed"]:
                problems.append(f"rule {name} does not find on its own file what it has to: {check['matches']}")
            elif not fired:
                problems.append(f"rule {name} never fires on its own file")
    problems += [f"rule {name} was not tried" for name in sorted(set(messages) - set(tried))]
    return sorted(tried.values(), key=lambda rule: rule.name), problems


@dataclass(frozen=True)
class Scan:
    """How many files were read, which could not be, and a sentence for each finding."""

    files: int
    unread: tuple[str, ...]
    findings: tuple[str, ...]


def findings() -> Scan:
    """What the rules find in this repository."""
    excluded = ("--exclude", str(RULES.relative_to(ROOT)))
    printed = scan(
        "semgrep",
        ["scan", *_OFFLINE, "--error", "--config", str(RULES), *excluded, *_existing()],
        answers=frozenset({0, 1}),
    )
    return read_findings(json.loads(printed))


def read_findings(answer: Mapping[str, Any]) -> Scan:
    """Semgrep's answer about files. Raises ScannerError for an error that is about no file."""
    if general := [one["message"] for one in answer["errors"] if "path" not in one]:
        raise ScannerError(f"semgrep: {general[0]}")
    unread = tuple(sorted({str(one["path"]) for one in answer["errors"]}))
    found = [
        f"{one['check_id'].rpartition('.')[2]} at {one['path']}:{one['start']['line']}: {one['extra']['message']}"
        for one in answer["results"]
    ]
    if len(unread) > MOST_UNREAD:
        found.append(f"semgrep could not read {len(unread)} files: {', '.join(unread)}")
    return Scan(len(answer["paths"]["scanned"]), unread, tuple(found))


def _message(name: str) -> str:
    (rule,) = yaml.safe_load((RULES / f"{name}.yaml").read_text(encoding="utf-8"))["rules"]
    return str(rule["message"])


def _existing() -> Iterable[str]:
    return [name for name in SOURCES if (ROOT / name).exists()]
