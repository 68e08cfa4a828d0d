"""Writes the bill of materials of this version to `dist/`: `python -m proofs.supply_chain`."""

from __future__ import annotations

import sys

from gavel.version import VERSION
from proofs.scanners import ROOT
from proofs.supply_chain import sbom


def main() -> int:
    """Write the document; 1 when it is not valid."""
    parts = sbom.release()
    document = sbom.bill(parts)
    if problem := sbom.invalid(document):
        print(f"the bill of materials is not valid CycloneDX: {problem}", file=sys.stderr)
        return 1
    file = ROOT / "dist" / f"gavel-{VERSION}.cdx.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(document, encoding="utf-8")
    print(f"{file.relative_to(ROOT)}: {len(parts)} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
