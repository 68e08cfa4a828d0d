"""The page of the proof: what ships, what the tools are, under which licences, and what the rules say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofs import pages
from proofs.supply_chain import locks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from proofs.supply_chain.bandit import Judged
    from proofs.supply_chain.contents import Part
    from proofs.supply_chain.licences import Licence
    from proofs.supply_chain.semgrep import Rule, Scan

_LOCKS = """\
Every requirement of the lock files is one version with SHA-256 hashes, every module of package-lock.json has its
SHA-512 and no script that runs when it is installed; neither names a place to fetch from. What ships has the version
that is tested. `uv` and `npm ci` refuse a file with another hash. The bundles for production's processor are built from
the locks and hold exactly what they say.
"""
_BILL = """\
`make sbom` writes the bill of materials of this version to `dist/`, as CycloneDX 1.6 that its own schema takes; a
release gets it as a file. It is made from the locks alone: the same locks give the same bytes.
"""
_LICENCES = """\
A licence is what the distribution declares, or, marked *, what its licence file says. Nothing that ships is under the
GPL or the AGPL, but for GCC's runtime libraries, whose exception allows it. Data that ships with the command line and
the examples has licences of its own: [published data](../../cli/gavel_cli/published/README.md),
[examples](../../examples/datasets/LICENSES.md).
"""
_RULES = """\
Each rule is a file in [proofs/supply_chain/rules](../../proofs/supply_chain/rules) with another beside it that says on
which lines it has to fire and on which not. bandit's findings are judged where ruff's are, which has the same rules: on
their line. Workflows and action are held to zizmor's strictest but one persona.
"""


@dataclass(frozen=True, kw_only=True)
class Found:
    """All that was found. `packed` is bundle → distributions in it, `open` the number of findings nobody judged."""

    parts: tuple[Part, ...]
    licences: Mapping[str, Licence]
    packed: Mapping[str, int]
    rules: tuple[Rule, ...]
    scanned: Scan
    open: int
    judged: tuple[Judged, ...]
    workflows: int


def figures(found: Found) -> tuple[str, ...]:
    """What the page begins with."""
    shipped = [part for part in found.parts if part.ships_in]
    unknown = sum(not part.licence for part in found.parts)
    asking = sum(1 for part in found.parts if part.kind == "pypi" and found.licences[part.name].judged)
    return (
        f"{len(found.parts)} components, {len(shipped)} of which ship: all pinned and hashed",
        f"distributions in bundles, as locked: {', '.join(f'{name} {count}' for name, count in found.packed.items())}",
        f"{len({part.licence for part in found.parts})} licences, {unknown} components without one, {asking} judged",
        (
            f"{sum(rule.fired > 0 for rule in found.rules)} of {len(found.rules)} rules of our own fired on their own "
            f"files; held over {found.scanned.files} files, {len(found.scanned.unread)} of which semgrep cannot parse"
        ),
        f"{found.open} findings open of semgrep, bandit and zizmor, {len(found.judged)} of bandit's judged",
    )


def body(found: Found) -> str:
    """The rest of the page."""
    shipped = [part for part in found.parts if part.ships_in]
    tools = [part for part in found.parts if not part.ships_in]
    return "\n".join(
        [
            "## Locks and bundles\n",
            _LOCKS,
            pages.table(("lock", "distributions"), _locks(tools)),
            "## Bill of materials\n",
            _BILL,
            "## Licences of what ships\n",
            _LICENCES,
            pages.table(
                ("component", "ships in", "licence"),
                ((part.name, ", ".join(part.ships_in), _licence(part, found.licences)) for part in shipped),
            ),
            "## Licences of tools\n",
            pages.table(("licence", "tools"), _by_licence(tools, found.licences)),
            "## Licences that ask for something back\n",
            pages.table(("component", "licence", "why it may be used"), _judged(found)),
            "## Rules of our own\n",
            _RULES,
            pages.table(
                ("rule", "lines it fired on", "what it says"),
                ((f"`{rule.name}`", rule.fired, rule.message) for rule in found.rules),
            ),
            _unread(found.scanned),
            "## What bandit says, and why it is none\n",
            pages.table(("rule", "in", "why"), sorted({(one.rule, one.place, one.reason) for one in found.judged})),
        ]
    )


def _unread(scanned: Scan) -> str:
    if not scanned.unread:
        return "semgrep's parser could read every file.\n"
    return f"semgrep's parser could not read, so that no rule holds there: {', '.join(scanned.unread)}.\n"


def _locks(tools: Iterable[Part]) -> list[tuple[str, int]]:
    counted = [(f"requirements/{name}.txt", len(locks.read(name))) for name in (*locks.SHIPPED, *locks.TOOLS)]
    return [*counted, ("package-lock.json", sum(part.kind == "npm" for part in tools))]


def _licence(part: Part, known: Mapping[str, Licence]) -> str:
    return f"{part.licence}{' *' if part.kind == 'pypi' and known[part.name].read else ''}"


def _by_licence(tools: Iterable[Part], known: Mapping[str, Licence]) -> list[tuple[str, str]]:
    groups: dict[str, set[str]] = {}
    for part in tools:
        star = " *" if part.kind == "pypi" and known[part.name].read else ""
        groups.setdefault(part.licence, set()).add(f"{part.name}{star}")
    sizes = Counter({licence: len(names) for licence, names in groups.items()})
    return [
        (licence, ", ".join(sorted(groups[licence])))
        for licence, _ in sorted(sizes.items(), key=lambda one: (-one[1], one[0]))
    ]


def _judged(found: Found) -> list[tuple[str, str, str]]:
    names = {part.name: part.licence for part in found.parts}
    return [
        (name.removeprefix("npm:"), licence.expression, licence.judged)
        for name, licence in found.licences.items()
        if licence.judged and name.removeprefix("npm:") in names
    ]
