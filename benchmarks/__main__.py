"""Gavel beside the usual script and the floor, in one table: `python -m benchmarks [--only ROW] [--quick] [--json]`.

Every contender runs in fresh processes on one core, in turn; figures are medians of CPU seconds with their spread, and
memory as the most that was resident and as its growth over the bare imports. Data are made from seeds and deleted
again. Exit code 1 when a row breaks a promise or contenders disagree, 2 for wrong arguments.

`python -m benchmarks growth` shows how time and memory grow, with arguments of its own after that word.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import command, growth
from benchmarks.rows import all_rows
from benchmarks.table.machine import machine
from benchmarks.table.measure import Data, measure
from benchmarks.table.shown import HEADING, document, table
from benchmarks.table.verdict import disagreements, held

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from benchmarks.table.row import Measured, Row

# Below this a row's data have no two categories, pairs or distinct values to work on.
LEAST_SIZE: Final = 100


def main(arguments: Sequence[str] | None = None, rows: Sequence[Row] | None = None) -> int:
    """Run the benchmarks; the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["growth"]:
        return growth.main(given[1:])
    rows = all_rows() if rows is None else rows
    options = _options(given, rows)
    facts = machine()
    if not options.json:
        print("\n".join(f"{name:10} {value}" for name, value in facts.items()), end=f"\n\n{HEADING}\n", flush=True)
    found: list[tuple[Row, list[Measured]]] = []
    with tempfile.TemporaryDirectory(prefix="gavel-benchmarks-", dir=options.folder) as folder:
        data = Data(Path(folder))
        for row in rows:
            if options.only and row.name not in options.only:
                continue
            sizes = row.quick_sizes if options.quick else row.sizes
            if options.sizes and row.unit:
                sizes = options.sizes
            rounds = options.rounds or (1 if options.quick else row.rounds)
            found.append((row, list(measure(row, data, sizes=sizes, rounds=rounds, tell=command.tell))))
            command.clear()
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


def _options(arguments: Sequence[str], rows: Sequence[Row]) -> argparse.Namespace:
    names = [row.name for row in rows]
    parser = command.parser("benchmarks", __doc__)
    parser.epilog = f"rows: {', '.join(names)}"
    parser.add_argument(
        "--only", action="append", default=[], choices=names, metavar="ROW", help="this row alone; may be repeated"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, one round")
    parser.add_argument("--sizes", type=command.sizes(LEAST_SIZE), help="other sizes: 1000,100000")
    parser.add_argument("--rounds", type=command.whole(), help="another number of rounds")
    command.add_folder_and_json(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    command.run(main)
