"""Gavel beside the usual script and the floor, in one table: `python -m benchmarks [--only ROW] [--quick] [--json]`.

Every contender runs in fresh processes on one core, in turn; figures are medians of CPU seconds with their spread, and
memory as the most that was resident and as its growth over the bare imports. Data are made from seeds and deleted
again. Exit code 1 when a row breaks a promise or contenders disagree, 2 when there is no such row.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import growth
from benchmarks.rows import all_rows
from benchmarks.table.machine import machine
from benchmarks.table.measure import Data, measure
from benchmarks.table.shown import HEADING, document, table
from benchmarks.table.verdict import disagreements, held

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.table.row import Measured, Row


def main(arguments: Sequence[str] | None = None, rows: Sequence[Row] | None = None) -> int:
    """Run the benchmarks; the exit code."""
    rows = all_rows() if rows is None else rows
    options = _parser(rows).parse_args(arguments)
    if options.what == "growth":
        return _growth(options)
    chosen = [row for row in rows if not options.only or row.name in options.only]
    if unknown := set(options.only) - {row.name for row in rows}:
        print(f"there is no row {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    facts = machine()
    if not options.json:
        print("\n".join(f"{name:10} {value}" for name, value in facts.items()), end=f"\n\n{HEADING}\n")
    found: list[tuple[Row, list[Measured]]] = []
    with tempfile.TemporaryDirectory(prefix="gavel-benchmarks-", dir=options.folder) as folder:
        data = Data(Path(folder))
        for row in chosen:
            sizes = options.sizes or (row.quick_sizes if options.quick else row.sizes)
            rounds = options.rounds or (1 if options.quick else row.rounds)
            found.append((row, list(measure(row, data, sizes=sizes, rounds=rounds, tell=_tell))))
            if not options.json:
                print("\n".join(table(*found[-1])), end="\n\n", flush=True)
    broken = [
        f"{row.name}: {sentence}"
        for row, measured in found
        for sentence in (
            *(sentence for kept, sentence in held(row, measured) if not kept),
            *disagreements(row, measured),
        )
    ]
    if options.json:
        print(json.dumps(document(facts, found, broken), indent=2))
    elif broken:
        print("BROKEN\n" + "\n".join(f"  {line}" for line in broken))
    return 1 if broken else 0


def _growth(options: argparse.Namespace) -> int:
    sizes = options.sizes or (growth.QUICK_SIZES if options.quick else growth.SIZES)
    with tempfile.TemporaryDirectory(prefix="gavel-benchmarks-", dir=options.folder) as folder:
        measured = list(growth.measure(Path(folder), sizes, _tell))
    simulated = growth.simulate(measured)
    if options.json:
        print(json.dumps({"machine": machine(), **growth.document(measured, simulated)}, indent=2))
    else:
        print("\n".join(f"{name:10} {value}" for name, value in machine().items()), end="\n\n")
        print("\n".join(growth.shown(measured, simulated)))
    return 0


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text} ", end="", file=sys.stderr, flush=True)


def _parser(rows: Sequence[Row]) -> argparse.ArgumentParser:
    names = ", ".join(row.name for row in rows)
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog=f"rows: {names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="?", choices=["table", "growth"], default="table", help="default: the table")
    parser.add_argument("--only", action="append", default=[], metavar="ROW", help="this row alone; may be repeated")
    parser.add_argument("--quick", action="store_true", help="small sizes, one round")
    parser.add_argument("--sizes", type=_sizes, help="other sizes: 1000,100000")
    parser.add_argument("--rounds", type=int, help="another number of rounds")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--folder", help="where data are written, and deleted again (default: where temporary files go)"
    )
    return parser


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
