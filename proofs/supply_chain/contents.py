"""What a release consists of: distributions by what ships them, and the tools that build, test and prove it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import requires
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement

from proofs.supply_chain import locks

if TYPE_CHECKING:
    from collections.abc import Mapping

# What installs the command line; its distributions are those of the developer's lock, where it is tested.
COMMAND_LINE = "command line"
BUNDLES = {"core bundle": "lambda", "api bundle": "lambda-api", "data bundle": "lambda-data"}


@dataclass(frozen=True)
class Part:
    """A distribution of a release. `ships_in` is empty for a tool; `hashes` are its files' SHA-256 or its SHA-512."""

    kind: str  # pypi, npm
    name: str
    version: str
    hashes: tuple[str, ...]
    ships_in: tuple[str, ...]
    licence: str


def parts(licences: Mapping[str, str], node: Mapping[str, Any]) -> list[Part]:
    """Every distribution of the locks, what ships first. `licences` are those of PyPI's, by name."""
    by_lock = {name: locks.read(name) for name in (*locks.SHIPPED, *locks.TOOLS)}
    ships: dict[tuple[str, str], list[str]] = {}
    for where, lock in BUNDLES.items():
        for one in by_lock[lock]:
            ships.setdefault((one.name, one.version), []).append(where)
    command_line = needed_by("gavel")
    for one in by_lock["dev"]:
        if one.name in command_line:
            ships.setdefault((one.name, one.version), []).append(COMMAND_LINE)
    found = {
        (one.name, one.version): Part(
            "pypi", one.name, one.version, one.hashes, tuple(ships.get((one.name, one.version), ())), licences[one.name]
        )
        for locked in by_lock.values()
        for one in locked
    }
    modules = [
        Part("npm", path.rpartition("node_modules/")[2], entry["version"], (entry["integrity"],), (), entry["license"])
        for path, entry in node["packages"].items()
        if path
    ]
    every = {(one.kind, one.name, one.version): one for one in (*found.values(), *modules)}
    return sorted(every.values(), key=lambda one: (not one.ships_in, one.kind, one.name, one.version))


def needed_by(name: str) -> frozenset[str]:
    """What an installed distribution needs, and what that needs, without extras; by normalised names."""
    todo, seen = [name], set[str]()
    while todo:
        for line in requires(todo.pop()) or ():
            requirement = Requirement(line)
            wanted = locks.normalised(requirement.name)
            # Extras are asked for by nobody; other markers by some machine or other.
            if wanted not in seen and not re.search(r"\bextra\b", str(requirement.marker or "")):
                seen.add(wanted)
                if _is_installed(wanted):
                    todo.append(wanted)
    return frozenset(seen)


def _is_installed(name: str) -> bool:
    try:
        requires(name)
    except ModuleNotFoundError:
        return False
    return True
