"""What a generator and a judge are to this emulator: the stand-ins and the OpenAI-compatible endpoint are both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from local.bedrock.job_request import Metric


@dataclass(frozen=True)
class Question:
    """What a generator is asked; `reference` is for stand-ins only, a real model never sees it."""

    model: str
    prompt: str
    reference: str | None
    inference_params: str


@dataclass(frozen=True)
class Case:
    """What a judge is shown."""

    metric: Metric
    prompt: str
    response: str
    reference: str | None


@dataclass(frozen=True)
class Rating:
    """A judge's answer: the label of an option of the metric's scale, or None when it gave no usable score."""

    label: str | None
    explanation: str


class Generator(Protocol):
    """Answers prompts. Blocks; called from worker threads."""

    def answer(self, question: Question) -> str:
        """The answer's text; JobFailedError when the model cannot be called."""


class Judge(Protocol):
    """Rates answers. Blocks; called from worker threads."""

    def rate(self, case: Case) -> Rating:
        """The rating; JobFailedError when the model cannot be called."""
