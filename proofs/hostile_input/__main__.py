"""Fuzzes readers: `python -m proofs.hostile_input --reader jsonl --count 1000000`, several with `--reader` repeated.

Every input on which a reader fails is written into `--findings`; `--replay FILE` reads it again and shows what happens.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from proofs.hostile_input import campaign, readers

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN = 10


def main(arguments: Sequence[str] | None = None, out: TextIO = sys.stdout) -> int:
    """Run what the arguments ask for; the exit code is 1 when a reader failed."""
    parser = argparse.ArgumentParser(prog="python -m proofs.hostile_input", description=__doc__)
    parser.add_argument("--reader", choices=readers.NAMES, action="append", help="which ones (default: all)")
    parser.add_argument("--count", type=int, help="executions of each (default: those of the proof)")
    parser.add_argument("--seed", type=int, default=0, help="another seed tries other inputs")
    parser.add_argument("--processes", type=int, help="default: one for each core")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"), help="where failing inputs go")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="read one file again, with one --reader")
    options = parser.parse_args(arguments)
    chosen = options.reader or list(readers.NAMES)
    if options.replay is not None:
        if len(chosen) != 1:
            parser.error("--replay needs exactly one --reader")
        return _replay(chosen[0], options.replay, out)
    failed = 0
    for name in chosen:
        found = campaign.run(
            name,
            count=options.count or readers.reader(name).executions,
            findings=options.findings / name,
            seed=options.seed,
            processes=options.processes,
            say=lambda text: print(text, file=out, flush=True),
        )
        failed += bool(found.findings or found.broken)
        print(f"{name}: {found.executions:,} executions, {len(found.findings)} inputs failed", file=out)
        for said in found.broken:
            print(said, file=out)
        for path in found.findings:
            print(f"replay: python -m proofs.hostile_input --reader {name} --replay {path}", file=out, flush=True)
    return 1 if failed else 0


def _replay(name: str, path: Path, out: TextIO) -> int:
    try:
        outcome = readers.reader(name).read(path.read_bytes())
    except Exception:  # noqa: BLE001 - any exception that comes through is what is looked for
        print(traceback.format_exc(), file=out)
        return 1
    print(f"{outcome.answers} answers, {len(outcome.problems)} problems", file=out)
    for problem in outcome.problems[:_SHOWN]:
        print(f"  {problem!r}", file=out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
