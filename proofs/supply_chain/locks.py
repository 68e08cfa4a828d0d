"""The lock files: all is pinned and hashed, no place to fetch from is named, and what ships is what is tested."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from packaging.markers import Marker

from proofs.scanners import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Locks of what ships, and of what builds, tests and proves it.
SHIPPED: Final = ("lambda", "lambda-api", "lambda-data")
TOOLS: Final = ("uv", "dev", "twin", "proofs")
_REQUIREMENT: Final = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[\w.!+-]+)(?: ; (?P<marker>[^#]+?))?")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_INTEGRITY: Final = re.compile(r"sha512-[A-Za-z0-9+/]{86}==")
_EXACT: Final = re.compile(r"\d+\.\d+\.\d+(?:-[\w.]+)?")


@dataclass(frozen=True)
class Locked:
    """A pinned distribution: normalised name, version, the SHA-256 of each of its files, where it applies."""

    name: str
    version: str
    hashes: tuple[str, ...]
    marker: str | None = None

    def applies(self, environment: Mapping[str, str]) -> bool:
        """Whether it is installed in that environment."""
        return self.marker is None or Marker(self.marker).evaluate(dict(environment))


def normalised(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read(name: str, folder: Path = ROOT / "requirements") -> list[Locked]:
    """The distributions of `requirements/<name>.txt`. Raises ValueError with every line that is not as it has to be."""
    locked, problems = parse((folder / f"{name}.txt").read_text(encoding="utf-8"))
    if problems:
        raise ValueError(f"requirements/{name}.txt: {'; '.join(problems)}")
    return locked


def parse(text: str) -> tuple[list[Locked], list[str]]:
    """The distributions of a lock, and a sentence for each line that names none, a place, or no hash."""
    locked, problems = [], []
    for line in text.replace("\\\n", " ").split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        requirement, *options = re.split(r"\s+(?=--)", line.strip())
        match = _REQUIREMENT.fullmatch(requirement.strip())
        hashes = [found[1] for option in options if (found := _HASH.fullmatch(option.strip()))]
        if match is None:
            problems.append(f"`{line.strip()[:60]}` is no pinned requirement")
        elif len(hashes) != len(options) or not hashes:
            problems.append(f"{match['name']} is not bound to SHA-256 hashes alone")
        else:
            locked.append(Locked(normalised(match["name"]), match["version"], tuple(hashes), match["marker"]))
    return locked, problems


def python_problems(locks: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    """What is wrong with the texts of the locks (`dev` → text) beside those of their `.in` files."""
    problems, versions = [], {}
    for name, text in locks.items():
        locked, wrong = parse(text)
        problems += [f"requirements/{name}.txt: {sentence}" for sentence in wrong]
        versions[name] = {one.name: one.version for one in locked}
        missing = sorted(_asked_for(wanted, name) - set(versions[name]))
        problems += [f"requirements/{name}.txt lacks {one}, which {name}.in asks for" for one in missing]
    for name in (*SHIPPED, "uv"):
        for package, version in versions.get(name, {}).items():
            tested = versions.get("dev", {}).get(package)
            if tested != version:
                problems.append(f"{package} is {version} in requirements/{name}.txt and {tested} where it is tested")
    return problems


def _asked_for(wanted: Mapping[str, str], name: str) -> set[str]:
    asked: set[str] = set()
    for line in wanted[name].split("\n"):
        plain = line.partition("#")[0].strip()
        if plain.startswith("-r "):
            asked |= _asked_for(wanted, plain.removeprefix("-r ").removesuffix(".in"))
        elif plain:
            asked.add(normalised(re.split(r"[\[=<>!~; ]", plain)[0]))
    return asked


def node_problems(lock: Mapping[str, Any], package: Mapping[str, Any]) -> list[str]:
    """What is wrong with package-lock.json beside package.json."""
    problems = []
    for group in ("dependencies", "devDependencies"):
        for name, version in package.get(group, {}).items():
            if not _EXACT.fullmatch(version):
                problems.append(f"package.json asks for {name} {version}, which is no single version")
            if lock["packages"].get(f"node_modules/{name}", {}).get("version") != version:
                problems.append(f"package-lock.json has another {name} than package.json")
    for path, entry in lock["packages"].items():
        if not path:
            continue
        if not _INTEGRITY.fullmatch(entry.get("integrity", "")):
            problems.append(f"package-lock.json: {path} is not bound to a SHA-512")
        if "resolved" in entry:
            problems.append(f"package-lock.json: {path} names a place to fetch from")
        if entry.get("hasInstallScript"):
            problems.append(f"package-lock.json: {path} runs a script when it is installed")
    return problems


def all_problems() -> list[str]:
    """What is wrong with the locks of this repository."""
    folder = ROOT / "requirements"
    names = (*TOOLS, *SHIPPED)
    locks = {name: (folder / f"{name}.txt").read_text(encoding="utf-8") for name in names}
    wanted = {name: (folder / f"{name}.in").read_text(encoding="utf-8") for name in names}
    return [*python_problems(locks, wanted), *node_problems(node_lock(), _json("package.json"))]


def node_lock() -> dict[str, Any]:
    """package-lock.json."""
    return _json("package-lock.json")


def _json(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / name).read_text(encoding="utf-8"))
    return content
