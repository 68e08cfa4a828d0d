"""Records and pools as the tests of planning need them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from gavel.dataset_responses import Response
from gavel.datasets.record import Record
from gavel.planning.manifest import DatasetIdentity, Manifest, Sampling
from gavel.planning.record_pool import Draft, RecordPool
from gavel.planning.sharding import Selection
from gavel.problems import Problems
from gavel.suites.suite import Suite, load_suite

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SUITE = """
version: 1
generators: [{model: "amazon.nova-lite-v1:0", name: lite}]
judges: [{model: "amazon.nova-pro-v1:0"}]
metrics: [Correctness]
"""


def suite(extra: str = "", text: str = SUITE) -> Suite:
    return load_suite(f"{text}{extra}\n".encode(), name="mine", file="suites/mine.yaml")


def record(number: int, category: str | None = None, **answers: str) -> Record:
    """A record that can be told from others by its prompt; `answers` are texts by source."""
    return Record(
        number=number,
        line=number,
        prompt=f"question {number}",
        reference=None,
        category=category,
        responses=tuple(Response(source, text) for source, text in answers.items()),
    )


def records(*categories: str | None) -> list[Record]:
    return [record(number, category) for number, category in enumerate(categories, start=1)]


def selection(categories: Sequence[int], *, length: int = 1) -> Selection:
    """Records of these category codes, each of so many bytes."""
    places = np.arange(len(categories))
    return Selection(
        numbers=(places + 1).astype(np.uint32),
        offsets=places * length,
        lengths=np.full(len(categories), length, dtype=np.uint32),
        categories=np.array(categories, dtype=np.uint16),
    )


def drafted(given: Iterable[Record], of: Suite) -> tuple[Draft | None, dict[str, list[list[dict[str, Any]]]], Problems]:
    """The draft of a pool with these records, the shards' rows by series, and what was refused."""
    problems = Problems()
    rows: dict[str, list[list[dict[str, Any]]]] = {}
    with RecordPool(of) as pool:
        for one in given:
            pool.add(one)
        draft = pool.draft(problems)
        for shard in draft.shards() if draft else ():
            for series, lines in shard.lines.items():
                rows.setdefault(series, []).append([json.loads(line) for line in lines.splitlines()])
    return draft, rows, problems


def numbers(of: Suite, given: Iterable[Record]) -> list[int]:
    """The numbers of the records that are evaluated, in the order of the shards."""
    with RecordPool(of) as pool:
        for one in given:
            pool.add(one)
        problems = Problems()
        draft = pool.draft(problems)
        assert draft is not None, problems.listed
        return [number for shard in draft.shards() for number in shard.numbers.tolist()]


def manifest_of(
    of: Suite, *, evaluation: str = "mine-0123456789abcdef", shard_sizes: tuple[int, ...] = (3,)
) -> Manifest:
    """The manifest of an evaluation of that suite over some dataset."""
    total = sum(shard_sizes)
    return Manifest(
        evaluation_id=evaluation,
        created_at="2026-01-02T03:04:05.678Z",
        gavel_version="0",
        suite=of,
        suite_sha256="0" * 64,
        dataset=DatasetIdentity("datasets/mine/a.jsonl", "v1", "1" * 64, total, 0, 0, {}),
        sampling=Sampling(None, total, total, ()),
        shard_sizes=shard_sizes,
    )
