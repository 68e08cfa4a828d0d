"""What is not written here, and how it is kept honest: locks, bundles, licences, workflows; and rules on what is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofs.proof import Result
from proofs.supply_chain import bandit, bundles, licences, locks, sbom, semgrep, zizmor
from proofs.supply_chain.page import Found, body, figures

if TYPE_CHECKING:
    from collections.abc import Callable


def prove(say: Callable[[str], None]) -> Result:
    """Look at all of it."""
    broken = locks.all_problems()
    say(f"locks: {len(broken)} problems")
    parts = sbom.release()
    table = licences.read()
    python = {one.name: one.ships_in for one in parts if one.kind == "pypi"}
    broken += licences.problems(
        table,
        {name for name, ships_in in python.items() if ships_in},
        {name for name, ships_in in python.items() if not ships_in},
        licences.installed_metadata(),
    )
    broken += licences.node_problems(parts, table)
    document = sbom.bill(parts)
    if invalid := sbom.invalid(document):
        broken.append(f"the bill of materials is not valid: {invalid}")
    if document != sbom.bill(sbom.release()):
        broken.append("the bill of materials is another one when it is made again")
    say(f"bill of materials: {len(parts)} components")
    packed, differing = bundles.check()
    say(f"bundles: {packed}")
    rules, wrong_rules = semgrep.rules()
    scanned = semgrep.findings()
    say(f"own rules: {len(rules)} over {scanned.files} files, {len(scanned.findings)} findings")
    still_open, judged, spare = bandit.run()
    say(f"bandit: {len(still_open)} findings, {len(judged)} judged")
    workflows, unsafe = zizmor.run()
    say(f"workflows: {workflows} files, {len(unsafe)} findings")
    broken += [*differing, *wrong_rules, *scanned.findings, *still_open, *spare, *unsafe]
    found = Found(
        parts=tuple(parts),
        licences=table,
        packed=packed,
        rules=tuple(rules),
        scanned=scanned,
        open=len(scanned.findings) + len(still_open) + len(unsafe),
        judged=tuple(judged),
        workflows=workflows,
    )
    return Result(figures=figures(found), body=body(found), broken=tuple(broken))
