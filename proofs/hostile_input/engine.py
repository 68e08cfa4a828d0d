"""One process of a campaign: `python -m proofs.hostile_input.engine` reads mutated inputs and says how far it is.

Guided by coverage (atheris: libFuzzer for Python) an input that reaches new code is kept and changed further; half of
the changes are libFuzzer's, half are those of `mutation`. That is slow, and atheris has wheels for Linux on x86-64
alone: the other way, `search`, keeps what gave a new kind of outcome.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import signal
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from proofs.hostile_input import readers
from proofs.hostile_input.search import ForeignError, changed, search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proofs.hostile_input.reader import Reader

EVERY = 1000  # executions between two lines of progress
SECONDS = 20  # for one input of some kilobytes, on a machine with other work
MEGABYTES = 1024  # of the whole process
CRASH, HANG = "crash-", "timeout-"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one process; lines on standard output are counts of executions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", choices=readers.NAMES, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--findings", type=Path, required=True)
    parser.add_argument("--guided", action="store_true", help="by coverage, where atheris is installed")
    options = parser.parse_args(arguments)
    atheris = _atheris() if options.guided else None
    if atheris is None:
        return _without_coverage(readers.reader(options.reader), options)
    with atheris.instrument_imports(include=["gavel", "handlers"]):
        reader = readers.reader(options.reader)
        reader.read(reader.seeds()[0])  # what it imports late is to be watched as well
    _with_coverage(atheris, reader, options)
    return 0


def _atheris() -> Any:
    try:
        import atheris  # noqa: PLC0415 - it has wheels for Linux on x86-64 alone
    except ImportError:
        return None
    return atheris


def _with_coverage(atheris: Any, reader: Reader, options: argparse.Namespace) -> None:
    """Hand the process over to libFuzzer, which ends it: with 0, or after it wrote the input that failed."""
    done = 0

    def one(data: bytes) -> None:
        nonlocal done
        reader.read(data)
        done += 1
        if done % EVERY == 0:
            print(done, flush=True)

    def mutator(data: bytes, longest: int, seed: int) -> bytes:
        rng = Random(seed)  # noqa: S311 - has to be repeatable, not secret
        if rng.random() < 0.5:
            return bytes(atheris.Mutate(data, longest))
        return changed(reader, bytes(data), rng, longest=longest)

    with tempfile.TemporaryDirectory(prefix="gavel-corpus-") as folder:
        for number, seed in enumerate(reader.seeds()):
            (Path(folder) / f"seed-{number}").write_bytes(seed)
        flags = {
            "runs": options.count,
            "seed": options.seed + 1,  # 0 stands for the time
            "max_len": reader.longest,
            "len_control": 0,
            "timeout": SECONDS,
            "rss_limit_mb": MEGABYTES,
            "artifact_prefix": f"{options.findings}/",
            "verbosity": 0,
            "print_final_stats": 1,
            "reload": 0,
        }
        atheris.Setup(
            [sys.argv[0], *(f"-{name}={value}" for name, value in flags.items()), folder], one, custom_mutator=mutator
        )
        atheris.Fuzz()


def _without_coverage(reader: Reader, options: argparse.Namespace) -> int:
    signal.signal(signal.SIGALRM, _too_slow)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        signal.alarm(SECONDS)
        for done in search(reader, count=options.count, seed=options.seed):
            signal.alarm(SECONDS)
            if done % EVERY == 0 or done == options.count:
                print(done, flush=True)
    except ForeignError as error:
        kind = HANG if isinstance(error.__cause__, _SlowError) else CRASH
        name = kind + hashlib.sha256(error.data).hexdigest()[:40]
        (options.findings / name).write_bytes(error.data)
        raise
    finally:
        signal.alarm(0)
    return 0


class _SlowError(Exception):
    """An input took too long."""


def _too_slow(_number: int, _frame: object) -> None:
    raise _SlowError(f"an input took more than {SECONDS} s")


if __name__ == "__main__":
    raise SystemExit(main())
