"""What Bedrock leaves of a job, of any number of records: the shard that was judged, and its result file.

About 8 kB a row: a prompt, a reference and an answer with 11 scores, each with an explanation of some sentences. The
texts are what judges write: mostly ASCII, with line feeds and quotes in them, and now and then a letter that is not.
Two scores in a hundred are missing, in each of the ways that real files have.
"""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gavel.metrics import BUILTIN_METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GENERATOR: Final = "amazon.nova-lite-v1:0"
JUDGE: Final = "amazon.nova-pro-v1:0"
JOB_RECORDS: Final = 1000
SHARD: Final = "shard.jsonl"
NUMBERS: Final = "shard.numbers.json"
RESULTS: Final = "part_output.jsonl"
FAILURE: Final = "Unable to parse score from the LLM judge response"
_CATEGORIES: Final = ("billing", "delivery", "returns", "legal", None)
_SENTENCES: Final = (
    "The response answers the question that was asked and stays close to the reference. ",
    "It names the two conditions of the contract, but it leaves out the period in which notice must be given. ",
    "All of the steps follow from one another, and none of them contradicts an earlier one.\n",
    'The phrase "within thirty days" is taken from the prompt word for word. ',
    "First, the response explains what the customer should do:\n- open the account page\n- choose the order\n",
    "There is no harmful content, and no group of people is described by a stereotype. ",
    "The tone is polite and fit for work, although the last paragraph is longer than it has to be. ",
    "Compared with the reference, the amount of 249.90 is right and the currency is missing. ",
    "The customer is addressed as “Frau Müller”, which fits the prompt – nothing else is personal. ",
    "I considered whether it refuses to answer; it does not, and it gives reasons where it hesitates. ",
)
_WORDS: Final = str.split(
    "order invoice refund parcel customer account delivery address contract price question answer warranty manual "
    "battery screen password upgrade cancel receipt store support agent because however"
)


@dataclass(frozen=True)
class JudgedFiles:
    """The files of one job, and how large the result file is."""

    shard: Path
    numbers: Path
    results: Path
    size: int


def write_job(folder: Path, records: int, *, first: int = 1, seed: int = 0) -> JudgedFiles:
    """Write the shard of the records numbered from `first` on, and the rows of their results in another order."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(f"{seed} {first}")  # noqa: S311 - a benchmark's data
    shard, numbers, results = folder / SHARD, folder / NUMBERS, folder / RESULTS
    order = list(range(first, first + records))
    with shard.open("wb") as questions, results.open("wb") as answers:
        for block in _blocks(order):
            echoes = [_record(number, dice) for number in block]
            questions.writelines(_line(echo) + b"\n" for echo in echoes)
            dice.shuffle(echoes)
            answers.writelines(_line(_row(echo, dice)) + b"\n" for echo in echoes)
    numbers.write_text(json.dumps(order, separators=(",", ":")) + "\n", encoding="utf-8")
    return JudgedFiles(shard, numbers, results, results.stat().st_size)


def _blocks(order: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(order), 1000):
        yield order[start : start + 1000]


def _record(number: int, dice: random.Random) -> dict[str, Any]:
    record = {
        "prompt": f"Question {number}: {' '.join(dice.choices(_WORDS, k=40))}?\nWhat should we tell the customer?",
        "referenceResponse": " ".join(dice.choices(_WORDS, k=50)),
    }
    if category := dice.choice(_CATEGORIES):
        record["category"] = category
    return record


def _row(echo: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    answer = "".join(dice.choices(_SENTENCES, k=10))
    return {
        "automatedEvaluationResult": {
            "scores": [_score(metric.name, metric.levels, dice) for metric in BUILTIN_METRICS]
        },
        "inputRecord": echo,
        "modelResponses": [{"response": answer, "modelIdentifier": GENERATOR, "stopReason": "END_TURN"}],
    }


def _score(metric: str, levels: int, dice: random.Random) -> dict[str, Any]:
    explanation = "".join(dice.choices(_SENTENCES, k=5))
    score: dict[str, Any] = {
        "metricName": metric,
        "evaluatorDetails": [{"modelIdentifier": JUDGE, "explanation": explanation}],
        "result": round(dice.randrange(levels) / (levels - 1), 4),
    }
    lost = dice.randrange(200)
    if lost < 2:
        score["result"] = None
    elif lost == 2:
        del score["result"]
    elif lost == 3:
        score["evaluatorDetails"][0]["explanation"] = FAILURE
    return score


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def one_file(folder: Path, size: int, seed: int) -> int:
    """One result file of so many rows, as a person has it who downloaded it."""
    return write_job(folder, size, seed=seed).size


def jobs(folder: Path, size: int, seed: int) -> int:
    """The files of as many jobs as it takes: at most 1,000 records each."""
    return sum(
        write_job(folder / f"job-{first:08d}", min(JOB_RECORDS, size + 1 - first), first=first, seed=seed).size
        for first in range(1, size + 1, JOB_RECORDS)
    )


def same_jobs(folder: Path, size: int, seed: int) -> int:
    """As `jobs`, but every whole job has the files of the first one: a million records are written in no time."""
    first = write_job(folder / "job-00000001", min(JOB_RECORDS, size), seed=seed)
    whole = max(1, size // JOB_RECORDS)
    for place in range(1, whole):
        job = folder / f"job-{1 + place * JOB_RECORDS:08d}"
        job.mkdir()
        for path in (first.shard, first.numbers, first.results):
            os.link(path, job / path.name)
    begun = 1 + whole * JOB_RECORDS
    if begun > size:
        return first.size * whole
    return first.size * whole + write_job(folder / f"job-{begun:08d}", size + 1 - begun, first=begun, seed=seed).size
