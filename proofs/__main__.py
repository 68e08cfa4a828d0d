"""Runs proofs: `python -m proofs` all of them, `python -m proofs permissions privacy` these, `--gate` the quick ones.

Writes `docs/proofs`; with `--check` it compares instead. Exits with 1 when a promise does not hold or a page differs.
"""

from __future__ import annotations

import argparse
import difflib
import sys
import time
from typing import TYPE_CHECKING, TextIO

from proofs import pages
from proofs.proof import PROOFS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proofs.proof import Proof

_SHOWN_LINES = 20


def main(arguments: Sequence[str] | None = None, out: TextIO = sys.stdout) -> int:
    """Run what the arguments ask for and answer the exit code."""
    parser = argparse.ArgumentParser(prog="python -m proofs", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="PROOF", help="which ones (default: all)")
    parser.add_argument("--gate", action="store_true", help="the quick ones, which `make check` runs")
    parser.add_argument("--check", action="store_true", help="compare with the pages in place of writing them")
    parser.add_argument("--list", action="store_true", help="list the proofs and end")
    options = parser.parse_args(arguments)
    known = {proof.name: proof for proof in PROOFS}
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"no such proof: {', '.join(unknown)}; there are: {', '.join(known)}")
    if options.list:
        for proof in PROOFS:
            print(f"{proof.name:15} {'gate' if proof.in_gate else '    '}  {proof.claim}", file=out)
        return 0
    chosen = [known[name] for name in options.names] or [one for one in PROOFS if one.in_gate or not options.gate]
    pages.FOLDER.mkdir(parents=True, exist_ok=True)
    broken = sum(_run(proof, out, check=options.check) for proof in chosen)
    broken += _settle(pages.INDEX, pages.index(PROOFS), out, check=options.check)
    print(f"{len(chosen)} proofs, {broken} broken promises", file=out)
    return 1 if broken else 0


def _run(proof: Proof, out: TextIO, *, check: bool) -> int:
    begun = time.monotonic()
    print(f"{proof.name}: {proof.claim}", file=out, flush=True)
    result = proof.prove(lambda text: print(f"  {text}", file=out, flush=True))
    for figure in result.figures:
        print(f"  {figure}", file=out)
    for sentence in result.broken:
        print(f"  BROKEN: {sentence}", file=out)
    print(f"  {'broken' if result.broken else 'held'}, {time.monotonic() - begun:.0f} s", file=out, flush=True)
    return len(result.broken) + _settle(f"{proof.name}.md", pages.page(proof, result), out, check=check)


def _settle(name: str, text: str, out: TextIO, *, check: bool) -> int:
    """Write a page, or compare it; 1 where it differs."""
    file = pages.FOLDER / name
    before = file.read_text(encoding="utf-8") if file.is_file() else ""
    if before == text:
        return 0
    if not check:
        file.write_text(text, encoding="utf-8")
        return 0
    changed = list(
        difflib.unified_diff(before.splitlines(), text.splitlines(), "as kept", "as found", lineterm="", n=0)
    )
    print(f"  BROKEN: docs/proofs/{name} is not what is found; review, and run it without --check:", file=out)
    for line in changed[:_SHOWN_LINES]:
        print(f"    {line}", file=out)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
