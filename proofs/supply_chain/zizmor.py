"""zizmor over workflows and the action: pinned by hash, least permissions, nothing of a stranger in a script."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from proofs.scanners import ROOT, scan

if TYPE_CHECKING:
    from collections.abc import Mapping

# What runs for this repository is held to matters of taste as well; an example is as short as it can be.
OURS: Final = (".github", "action.yml")
EXAMPLES: Final = ("examples/ci/github.yml",)


def run() -> tuple[int, list[str]]:
    """How many files were looked at, and what was found."""
    strict = _run("pedantic", OURS)
    loose = _run("regular", EXAMPLES)
    files = [*(ROOT / ".github").rglob("*.yml"), *OURS[1:], *EXAMPLES]
    return len(files), read([*strict, *loose])


def read(answer: list[Mapping[str, Any]]) -> list[str]:
    """A sentence for each finding that is not ignored on its line."""
    return [f"zizmor {one['ident']} at {_file(one)}: {one['desc']}" for one in answer if not one.get("ignored")]


def _run(persona: str, files: tuple[str, ...]) -> list[Mapping[str, Any]]:
    # 11 to 14 say how grave the gravest finding is.
    arguments = ["--offline", "--persona", persona, "--format", "json", "--strict-collection", *files]
    printed: list[Mapping[str, Any]] = json.loads(scan("zizmor", arguments, answers=frozenset({0, 11, 12, 13, 14})))
    return printed


def _file(finding: Mapping[str, Any]) -> str:
    key = finding["locations"][0]["symbolic"]["key"]
    return str(key["Local"].get("verbatim_path", key["Local"])) if "Local" in key else str(key)
