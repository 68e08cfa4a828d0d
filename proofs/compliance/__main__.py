"""Writes the list of acknowledged findings anew: `python -m proofs.compliance`."""

from __future__ import annotations

from proofs.compliance import acknowledged
from proofs.compliance.settings import SETTINGS
from proofs.compliance.trial import try_all

if __name__ == "__main__":
    used = {name: try_all(config).checked.used for name, config in SETTINGS.items()}
    acknowledged.FILE.write_text(acknowledged.as_text(used), encoding="utf-8")
    print(f"{acknowledged.FILE.name}: {sum(map(len, used.values()))} places")
