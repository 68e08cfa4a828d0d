"""What a seed means: which evaluations run, when the kill comes, and whom it hits."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """Whom a kill hits: processes of Lambdas, or the server with all of them."""

    WORKERS = "workers"
    TWIN = "twin"


class Phase(StrEnum):
    """How far the first evaluation is when the clock of a kill begins to run; they take very different times.

    Four lie between two writes that belong together, and are over in a moment: the head is written and its execution
    not started yet (HEADED), money is reserved for a job that Bedrock was not asked for (RESERVED), Bedrock has a job
    that no item names (ASKED), the end is recorded and not announced (UNANNOUNCED).
    """

    UPLOADED = "uploaded"
    HEADED = "headed"
    BEGUN = "begun"
    PLANNED = "planned"
    RESERVED = "reserved"
    ASKED = "asked"
    STARTED = "started"
    COLLECTED = "collected"
    SUMMARIZING = "summarizing"
    UNANNOUNCED = "unannounced"
    ENDED = "ended"


NARROW: Final = frozenset({Phase.HEADED, Phase.RESERVED, Phase.ASKED, Phase.UNANNOUNCED})
# The last states are short.
_LONGEST_DELAY: Final = {Phase.COLLECTED: 0.8, Phase.SUMMARIZING: 0.8, **dict.fromkeys(NARROW, 0.0), Phase.ASKED: 0.12}
_LATE: Final = frozenset({Phase.COLLECTED, Phase.SUMMARIZING, Phase.UNANNOUNCED, Phase.ENDED})
_GENERATORS: Final = ("amazon.nova-lite-v1:0", "amazon.nova-micro-v1:0")
_JUDGES: Final = ("amazon.nova-pro-v1:0", "us.anthropic.claude-haiku-4-5-20251001-v1:0")
# Work that other kills have done already, where a suite allows to reuse it.
_COMMON: Final = ("How many legs has a spider?", "Which metal is liquid at room temperature?")


@dataclass(frozen=True)
class Plan:
    """One kill, `delay` seconds after the evaluation has come to a phase; with `stop` somebody stops it before that.

    `all_workers` hits every process of a Lambda; otherwise one to three that are at work. With `long_jobs` Bedrock
    works on every job that was started before the kill until somebody stops it.
    """

    seed: int
    kind: Kind
    suite: str
    suite_text: str
    datasets: tuple[bytes, ...]
    phase: Phase
    delay: float
    stop: bool
    all_workers: bool
    long_jobs: bool
    random: random.Random

    @classmethod
    def of(cls, seed: int, kind: Kind) -> Plan:
        """The plan of a seed, the same every time."""
        dice = random.Random(f"{kind}-{seed}")  # noqa: S311 - a seeded choice
        phase = dice.choice((*Phase, Phase.STARTED, Phase.STARTED, Phase.COLLECTED))
        reuse = phase not in {Phase.RESERVED, Phase.ASKED} and dice.random() < 0.25
        suite_text = _suite(
            generators=_GENERATORS[: dice.choice((1, 2, 2))],
            judges=_JUDGES[: dice.choice((1, 1, 2))],
            reuse=reuse,
            budget=phase is Phase.RESERVED or dice.random() < 0.5,
        )
        return cls(
            seed=seed,
            kind=kind,
            suite=f"kill-{kind}-{seed}",
            suite_text=suite_text,
            datasets=tuple(_dataset(dice, reuse=reuse) for _ in range(dice.choice((1, 1, 2)))),
            phase=phase,
            delay=dice.random() * _LONGEST_DELAY.get(phase, 2.0),
            stop=dice.random() < 0.2 and phase not in NARROW,
            all_workers=dice.random() < 0.3,
            long_jobs=kind is Kind.TWIN and phase not in _LATE and dice.random() < 0.6,
            random=dice,
        )


def _suite(*, generators: tuple[str, ...], judges: tuple[str, ...], reuse: bool, budget: bool) -> str:
    def models(names: tuple[str, ...]) -> str:
        return ", ".join(f'{{model: "{name}"}}' for name in names)

    return (
        f"version: 1\ngenerators: [{models(generators)}]\njudges: [{models(judges)}]\n"
        f"metrics: [Correctness, Helpfulness]\nreuse: {str(reuse).lower()}\n"
        + ("budget: {per_evaluation_usd: 10, per_month_usd: 100}\n" if budget else "")
    )


def _dataset(dice: random.Random, *, reuse: bool) -> bytes:
    prompts = _COMMON if reuse else [f"What is {dice.randrange(10**9)} + 1?" for _ in range(dice.randint(1, 5))]
    records = [{"prompt": prompt, "referenceResponse": "The answer.", "category": "all"} for prompt in prompts]
    return "".join(json.dumps(record) + "\n" for record in records).encode()
