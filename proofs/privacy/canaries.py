"""Canaries: texts that nobody guesses, one for each field that a user fills, and what is left of them when cut."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from dataclasses import field as made
from enum import StrEnum
from typing import Final

PIECE: Final = 12  # hexadecimal digits: short enough to survive a cut, long enough to be nobody else's


class Field(StrEnum):
    """What a canary stands for."""

    PROMPT = "prompt"
    ANSWER = "answer"
    REFERENCE = "reference"
    CATEGORY = "category"
    FILE = "file name"
    MODEL = "model name"
    QUOTED = "Bedrock's quotation"  # a text of the dataset that Bedrock's own failure message repeats


@dataclass(frozen=True)
class Canary:
    """One canary: a token that fits every name, and a fake card number and e-mail address beside it in free text."""

    field: Field
    token: str = made(default_factory=lambda: secrets.token_hex(16))
    card: str = made(default_factory=lambda: f"4929{secrets.randbelow(10**12):012d}")
    mail: str = made(default_factory=lambda: f"{secrets.token_hex(8)}@{secrets.token_hex(6)}.example")

    @property
    def name(self) -> str:
        """The canary as a name: letters, digits and hyphens."""
        return f"CANARY-{self.token}"

    @property
    def lower(self) -> str:
        """The canary as a name that may hold no capital."""
        return f"canary-{self.token}"

    @property
    def text(self) -> str:
        """The canary as free text, whole at its start and at its end: a cut on either side leaves one."""
        return f"{self.name} paid with {self.card}, write to {self.mail} or ask for {self.name}"

    @property
    def pieces(self) -> tuple[bytes, ...]:
        """What is searched: any of them found is the canary found."""
        cuts = (self.token[start : start + PIECE] for start in range(0, len(self.token) - PIECE + 1, 4))
        local, _, domain = self.mail.partition("@")
        return tuple(text.encode() for text in (*cuts, self.card, local, domain.removesuffix(".example")))


@dataclass(frozen=True)
class Flock:
    """The canaries of one run: one for each field, and more models, since a model has many names."""

    prompt: Canary = made(default_factory=lambda: Canary(Field.PROMPT))
    answer: Canary = made(default_factory=lambda: Canary(Field.ANSWER))
    reference: Canary = made(default_factory=lambda: Canary(Field.REFERENCE))
    category: Canary = made(default_factory=lambda: Canary(Field.CATEGORY))
    file: Canary = made(default_factory=lambda: Canary(Field.FILE))
    answers_file: Canary = made(default_factory=lambda: Canary(Field.FILE))
    source: Canary = made(default_factory=lambda: Canary(Field.MODEL))  # the dataset's `modelIdentifier`
    shown: Canary = made(default_factory=lambda: Canary(Field.MODEL))  # what the suite calls it
    live: Canary = made(default_factory=lambda: Canary(Field.MODEL))  # a part of the ARN of a model that is called
    judge: Canary = made(default_factory=lambda: Canary(Field.MODEL))
    quoted: Canary = made(default_factory=lambda: Canary(Field.QUOTED))

    @property
    def all(self) -> tuple[Canary, ...]:
        """Every canary."""
        return tuple(vars(self).values())
