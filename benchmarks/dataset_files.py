"""Datasets for the rows of the table, from seeds: plain text, text full of escapes, and one bad line in a hundred."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, Final

from benchmarks.million_records import write_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DATASET: Final = "datasets/benchmark/records.jsonl"
_WORDS: Final = str.split(
    "заказ счёт возврат посылка клиент договор 订单 发票 退款 包裹 客户 合同 注文 請求書 返金 荷物 顧客 契約 "
    "주문 송장 환불 소포 고객 계약 طلب فاتورة استرداد طرد عميل عقد order invoice “refund” Übergröße naïve 😀 👩‍💻 price"
)
_ENGLISH: Final = str.split(
    "order invoice refund parcel customer account delivery address price contract question answer manual battery "
    "screen password upgrade cancel receipt store support agent because however, "
    "the to of and we you it's can't please. when"
)
_CATEGORIES: Final = ("billing", "доставка", "退货", "مرتجعات")
_BLOCK: Final = 10_000


def plain(folder: Path, size: int, seed: int) -> int:
    """English in ASCII, about 1 kB a record, with line breaks and quotes, as `json.dumps` writes it."""
    path = _path(folder)
    with path.open("wb") as file:
        for start in range(0, size, _BLOCK):
            file.write(b"".join(_english(range(start, min(start + _BLOCK, size)), seed)))
    return path.stat().st_size


def mixed(folder: Path, size: int, seed: int) -> int:  # noqa: ARG001 - the numbers of the records are its seeds
    """English with words of other scripts in most records, as UTF-8, about 1 kB a record."""
    return write_dataset(_path(folder), size)


def escaped(folder: Path, size: int, seed: int) -> int:
    r"""Multilingual text; every other line has its characters as \uXXXX, as `json.dumps` writes them."""
    path = _path(folder)
    with path.open("wb") as file:
        for start in range(0, size, _BLOCK):
            file.write(b"".join(_multilingual(range(start, min(start + _BLOCK, size)), seed)))
    return path.stat().st_size


def bad(folder: Path, size: int, seed: int) -> int:
    """Plain text, in which one line in a hundred is wrong, each in one of several ways."""
    path = _path(folder)
    with path.open("wb") as file:
        for start in range(0, size, _BLOCK):
            dice = random.Random(f"{seed}:bad:{start}")  # noqa: S311 - a benchmark's data
            for line in _english(range(start, min(start + _BLOCK, size)), seed):
                file.write(_spoiled(line, dice) if dice.random() < 0.01 else line)
    return path.stat().st_size


def _path(folder: Path) -> Path:
    path = folder / DATASET
    path.parent.mkdir(parents=True)
    return path


def _english(numbers: range, seed: int) -> Iterator[bytes]:
    dice = random.Random(f"{seed}:{numbers.start}")  # noqa: S311 - a benchmark's data
    texts = [" ".join(dice.choices(_ENGLISH, k=66)) for _ in range(97)]
    for number in numbers:
        record = {
            "prompt": f'Question {number}: {texts[number % 97]}\nWhat should we tell the "customer"?',
            "referenceResponse": texts[(number * 31 + 7) % 97],
            "category": dice.choice(("billing", "delivery", "returns", "legal")),
        }
        yield json.dumps(record).encode() + b"\n"


def _multilingual(numbers: range, seed: int) -> Iterator[bytes]:
    dice = random.Random(f"{seed}:{numbers.start}")  # noqa: S311 - a benchmark's data
    texts = [" ".join(dice.choices(_WORDS, k=40)) for _ in range(97)]
    for number in numbers:
        record = {
            "prompt": f"Question {number}:\t{texts[number % 97]}\n«?»",
            "referenceResponse": texts[(number * 31 + 7) % 97],
            "category": dice.choice(_CATEGORIES),
        }
        yield json.dumps(record, ensure_ascii=number % 2 == 0).encode() + b"\n"


def _changed(**change: Any) -> Callable[[bytes], bytes]:
    def spoil(line: bytes) -> bytes:
        return json.dumps({**json.loads(line), **change}, ensure_ascii=False).encode() + b"\n"

    return spoil


def _without_prompt(line: bytes) -> bytes:
    return json.dumps({key: value for key, value in json.loads(line).items() if key != "prompt"}).encode() + b"\n"


def _cut(line: bytes) -> bytes:
    return line[: len(line) // 2].decode(errors="ignore").encode() + b"\n"


_WAYS: Final = (
    _cut,
    _without_prompt,
    _changed(prompt=None),
    _changed(prompt=" \t"),
    _changed(prompt="x" * 5000),
    _changed(referenceResponse=7, category=["billing"]),
    _changed(category=""),
)


def _spoiled(line: bytes, dice: random.Random) -> bytes:
    return dice.choice(_WAYS)(line)
