"""Licences: of everything that ships, and of every tool; each is known, and judged where it asks for something back.

`licences.json` holds a line for each distribution. What a distribution declares is held against it where it is
installed; where it declares nothing that can be read by a program, the line says that its licence file was read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.metadata import distributions
from typing import TYPE_CHECKING, Final

from license_expression import get_spdx_licensing  # type: ignore[import-untyped]  # it ships no types

from proofs.scanners import ROOT
from proofs.supply_chain.locks import normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from email.message import Message
    from pathlib import Path

    from proofs.supply_chain.contents import Part

FILE: Final = ROOT / "proofs" / "supply_chain" / "licences.json"
# Ask for their own text to be kept, and for nothing back.
PERMISSIVE: Final = frozenset(
    {
        "0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC", "MIT",
        "MIT-0", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib",
    }
)  # fmt: skip
_CLASSIFIERS: Final = {
    "Apache Software License": "Apache-2.0",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
_PLAIN: Final = re.compile(r"(?:MIT|Apache-2\.0|BSD-[23]-Clause|MPL-2\.0|ISC|LGPL-2\.1-or-later)(?: AND MIT)?")
NODE: Final = "npm:"  # what stands before the name of a module of package-lock.json
# Under an exception for linking it asks nothing of those who link.
_STRONG: Final = re.compile(r"A?GPL-[\w.-]+")
_ENVIRONMENTS: Final = (".venv", ".venv-twin", ".venv-proofs")


@dataclass(frozen=True)
class Licence:
    """A licence (SPDX). `read`: its file was read by a person; `judged`: why it may be used all the same."""

    expression: str
    read: bool = False
    judged: str | None = None

    @property
    def is_strong(self) -> bool:
        """Whether a part of it asks for the source of what is built with it."""
        parts = {
            str(one) for one in get_spdx_licensing().license_symbols(self.expression, unique=True, decompose=False)
        }
        return not self.is_permissive and any(_STRONG.fullmatch(one) for one in parts)

    @property
    def is_permissive(self) -> bool:
        """Whether one can take the distribution under permissive licences alone."""
        return _permissive(get_spdx_licensing().parse(self.expression, validate=True))


def _permissive(parsed: object) -> bool:
    operator, arguments = getattr(parsed, "operator", "").strip(), getattr(parsed, "args", ())
    if operator == "OR":
        return any(map(_permissive, arguments))
    if operator == "AND":
        return all(map(_permissive, arguments))
    return str(parsed) in PERMISSIVE


def read(file: Path = FILE) -> dict[str, Licence]:
    """The table: normalised name → licence."""
    return {
        name: Licence(line["licence"], read=line.get("read", False), judged=line.get("judged"))
        for name, line in json.loads(file.read_text(encoding="utf-8")).items()
    }


def declared(metadata: Message) -> str | None:
    """What a distribution's metadata say, as SPDX; None where they say it in no form that can be read."""
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = [
        one.rpartition(" :: ")[2] for one in metadata.get_all("Classifier", []) if one.startswith("License ::")
    ]
    if len(classifiers) == 1 and classifiers[0] in _CLASSIFIERS:
        return _CLASSIFIERS[classifiers[0]]
    text = str(metadata.get("License", "")).strip()
    return text if _PLAIN.fullmatch(text) else None


def installed_metadata() -> dict[str, Message]:
    """The metadata of every distribution in the environments of this checkout."""
    found: dict[str, Message] = {}
    for environment in _ENVIRONMENTS:
        paths = [str(path) for path in (ROOT / environment).glob("lib/python3*/site-packages")]
        for one in distributions(path=paths):
            # importlib's own type is a protocol that Message fulfils.
            metadata: Message = one.metadata  # type: ignore[assignment]
            found.setdefault(normalised(metadata["Name"]), metadata)
    return found


def problems(
    table: Mapping[str, Licence], shipped: Iterable[str], tools: Iterable[str], metadata: Mapping[str, Message]
) -> list[str]:
    """A sentence for each licence that is unknown, not as declared, or not judged; and for each line of no use."""
    shipped, tools = set(shipped), set(tools)
    sentences = [f"{name} has no line in licences.json" for name in sorted((shipped | tools) - set(table))]
    sentences += [
        f"{name} is in licences.json, and nothing needs it"
        for name in sorted(set(table) - shipped - tools)
        if not name.startswith(NODE)
    ]
    for name, licence in table.items():
        if not licence.is_permissive and not licence.judged:
            sentences.append(f"{name} is under {licence.expression}, and nobody says why it may be used")
        if name in shipped and licence.is_strong:
            sentences.append(f"{name} ships, and is under {licence.expression}: nothing that ships may be")
        if name in metadata:
            said = declared(metadata[name])
            if said is None and not licence.read:
                sentences.append(f"{name} declares no licence that a program can read; read its file, and say so")
            if said is not None and not licence.read and said != licence.expression:
                sentences.append(f"{name} declares {said}, listed is {licence.expression}")
    return sentences


def node_problems(parts: Iterable[Part], table: Mapping[str, Licence]) -> list[str]:
    """A sentence for each module of package-lock.json whose licence asks for something and is not judged."""
    return [
        f"{NODE}{part.name} is under {part.licence}, and nobody says why it may be used"
        for part in parts
        if part.kind == "npm" and not Licence(part.licence).is_permissive and f"{NODE}{part.name}" not in table
    ]
