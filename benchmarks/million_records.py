"""A dataset of any number of records of about 1 kB, the same for the same number, written without holding it."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WORDS: Final = str.split(
    "order invoice refund parcel customer account delivery address Münster contract price question answer “quoted” "
    "warranty manual battery screen password upgrade cancel naïve receipt store 東京 support agent because however"
)
# Of very different sizes, and some records have none.
_CATEGORIES: Final = (*["billing"] * 50, *["delivery"] * 30, *["returns"] * 12, *["legal"] * 2, *[None] * 6)
_BLOCK: Final = 10_000


def write_dataset(path: Path, records: int) -> int:
    """Write the dataset as JSON Lines, and answer its size in bytes."""
    with path.open("wb") as file:
        for start in range(0, records, _BLOCK):
            file.write(b"".join(_lines(start, min(start + _BLOCK, records))))
    return path.stat().st_size


def _lines(start: int, end: int) -> Iterator[bytes]:
    dice = random.Random(start)  # noqa: S311 - a benchmark's data
    texts = [" ".join(dice.choices(_WORDS, k=60)) for _ in range(97)]
    for number in range(start, end):
        one, other = texts[number % 97], texts[(number * 31 + 7) % 97]
        record = {"prompt": f"Question {number}: {one}\nWhat should we tell the customer?", "referenceResponse": other}
        if category := dice.choice(_CATEGORIES):
            record["category"] = category
        yield json.dumps(record, ensure_ascii=False).encode() + b"\n"
