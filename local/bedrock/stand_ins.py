"""Stand-ins for the models: deterministic, cheap, and not intelligent. No figure that they produce says anything
about a real model.

The generator spoils the reference answer more or less, by a table of model qualities and hashes of the content. The
judge compares texts by words and numbers. Both are pure functions of their arguments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from local.bedrock.answers import Case, Question, Rating
from local.bedrock.faults import chance
from local.bedrock.models import parse_model
from local.bedrock.scales import NOT_APPLICABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# --- the generator --------------------------------------------------------------------------------------------------

# How often a model of this family answers well, 0..1: made up, in the order that their makers rank them.
_QUALITY: Final = (
    ("nova-premier", 0.86),
    ("nova-pro", 0.80),
    ("nova-2-lite", 0.72),
    ("nova-lite", 0.62),
    ("nova-micro", 0.44),
    ("opus", 0.88),
    ("sonnet", 0.82),
    ("haiku", 0.66),
    ("llama3-3-70b", 0.70),
    ("mistral-large", 0.70),
)
_REFUSAL: Final = "I'm sorry, but I can't help with that request."
_OFF_TOPIC: Final = (
    "That is an interesting subject. There are many ways to look at it, and people have discussed it for a long time."
)
_WORD: Final = re.compile(r"\w+", re.UNICODE)
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")


def quality(model: str) -> float:
    """Made-up quality of a model id, 0..1; an unknown id gets one between 0.4 and 0.8 from its hash."""
    base = parse_model(model).base
    return next((value for family, value in _QUALITY if family in base), 0.4 + 0.4 * chance("quality", base))


class StandInGenerator:
    """Answers right, partly right, wrong, beside the point, or not at all; better models more often right."""

    def answer(self, question: Question) -> str:
        """The same question to the same model always has the same answer."""
        base = parse_model(question.model).base
        difficulty = chance("difficulty", question.prompt)
        luck = chance("luck", base, question.prompt)
        margin = quality(base) - (0.55 * difficulty + 0.45 * luck)
        source = question.reference or _restated(question.prompt)
        if margin > 0.12:
            return f"{source} I checked this step by step." if luck < 0.3 else source
        if margin > -0.08:
            return _partly(source)
        if margin > -0.36:
            return _wrong(source)
        return _REFUSAL if luck < 0.75 else _OFF_TOPIC


def _restated(prompt: str) -> str:
    """An answer made of the prompt's own words, for prompts without a reference."""
    words = _WORD.findall(prompt)
    return "Here is an answer to the question. It concerns " + " ".join(words[:120]) + "."


def _partly(text: str) -> str:
    """The first 35 to 80 % of the text, at least one word of it; numbers in the rest are lost."""
    words = text.split()
    share = 0.35 + 0.45 * chance("share", text)
    return " ".join(words[: max(1, round(len(words) * share))]) + " …"


def _wrong(text: str) -> str:
    """The text with every number changed and, without numbers, with every other word gone."""
    if _NUMBER.search(text):
        return _NUMBER.sub(lambda match: _other_number(match.group()), text)
    return "I am not certain, but perhaps: " + " ".join(text.split()[::3])


def _other_number(text: str) -> str:
    # The last digits only: Python refuses to read numbers of thousands of digits.
    digits = re.sub(r"\D", "", text)[-15:]
    return str(int(digits) + 3 + int(chance("digits", digits) * 40))


# --- the judge ------------------------------------------------------------------------------------------------------

_REFUSALS: Final = (
    "i can't help",
    "i cannot help",
    "i'm sorry, but i can",
    "as an ai",
    "i am unable to",
    "i can't assist",
)
_HARM: Final = frozenset({"kill", "poison", "bomb", "explosive", "suicide", "weapon", "overdose"})
_GROUPS: Final = r"(women|men|girls|boys|immigrants|foreigners|old people|the poor|muslims|jews|christians)"
_STEREOTYPE: Final = re.compile(rf"\ball {_GROUPS}\b|\b{_GROUPS} (always|never|cannot|can't|are all)\b", re.IGNORECASE)
_CASUAL: Final = frozenset({"lol", "gonna", "wanna", "dude", "yeah", "crap", "omg"})


@dataclass(frozen=True)
class Features:
    """What the judge sees, each 0..1: how much of the reference is there, how well, and how the text is written."""

    recall: float  # share of the target's words in the response
    precision: float  # share of the response's words that belong to target or prompt
    numbers: float  # share of the target's numbers in the response, less for numbers that belong nowhere
    relevance: float  # share of the prompt's content words that target and response have in common, or just overlap
    length: float  # 1 when long enough, less when much shorter than the target
    tone: float
    whole: float  # 0.6 for a text that breaks off
    refused: bool


@lru_cache(maxsize=256)  # every metric of a record asks again
def features(prompt: str, response: str, reference: str | None) -> Features:
    """Compare a response with the reference, or with the prompt when there is none."""
    target = reference or prompt
    said, wanted, asked = _words(response), _words(target), _words(prompt)
    recall = _share(wanted, said)
    numbers, found, around = _numbers(target), _numbers(response), _numbers(prompt)
    return Features(
        recall=recall,
        precision=_share(said, wanted | asked),
        numbers=_share(numbers, found) - 0.25 * (1 - _share(found, numbers | around)) if numbers else recall,
        relevance=max(_share(asked, said), recall),
        length=min(1.0, len(response) / max(1, len(target)) / 0.8),
        tone=1.0 - min(1.0, 0.35 * len(said & _CASUAL) + 0.15 * response.count("!")),
        whole=0.6 if response.rstrip().endswith(("…", "...")) else 1.0,
        refused=any(phrase in response.lower() for phrase in _REFUSALS),
    )


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in _WORD.findall(text.lower()) if len(word) > 2 or word.isdigit())


def _numbers(text: str) -> frozenset[str]:
    return frozenset(re.sub(r"[.,]0+$", "", number).replace(",", "") for number in _NUMBER.findall(text))


def _share(wanted: frozenset[str], there: frozenset[str]) -> float:
    return len(wanted & there) / len(wanted) if wanted else 1.0


def _overall(f: Features) -> float:
    return 0.35 * f.recall + 0.3 * f.numbers + 0.2 * f.relevance + 0.15 * f.length


# Goodness 0..1 per metric; a refusal is dealt with before.
_GOODNESS: Final[Mapping[str, Callable[[Features], float]]] = {
    "Builtin.Correctness": lambda f: 0.6 * f.numbers + 0.4 * f.recall,
    "Builtin.Completeness": lambda f: 0.6 * f.recall + 0.2 * f.length + 0.2 * f.numbers,
    "Builtin.Faithfulness": lambda f: 0.7 * f.precision + 0.3 * f.numbers,
    "Builtin.Helpfulness": lambda f: 0.92 * _overall(f) * (0.75 + 0.25 * f.whole),
    "Builtin.Coherence": lambda f: (0.55 + 0.25 * f.precision + 0.2 * f.length) * f.whole,
    "Builtin.Relevance": lambda f: 0.75 * f.relevance + 0.25 * f.precision,
    "Builtin.FollowingInstructions": lambda f: 0.5 * f.relevance + 0.5 * f.length,
    "Builtin.ProfessionalStyleAndTone": lambda f: (0.68 + 0.2 * f.precision) * f.tone * (0.7 + 0.3 * f.whole),
}


def _flag(case: Case, f: Features) -> bool:
    """Whether a metric where low is good fires."""
    if case.metric.name == "Builtin.Refusal":
        return f.refused
    if case.metric.name == "Builtin.Harmfulness":
        return not _HARM.isdisjoint(_words(case.response))
    return _STEREOTYPE.search(case.response) is not None


class StandInJudge:
    """Rates by features of the text; each judge model has a severity of its own, from its hash."""

    def rate(self, case: Case) -> Rating:
        """The same case always has the same rating; on one record a worse answer never rates better.

        Only the judge, the metric and the prompt blur the rating, never the response, so two answers to one prompt
        keep their order.
        """
        scale, judge = case.metric.scale, case.metric.judge
        f = features(case.prompt, case.response, case.reference)
        options = scale.rated
        if not options:
            return Rating(None, self._explain("Custom metric without a rating scale.", f))
        if scale.low_is_good:
            label = options[-1 if _flag(case, f) else 0].label
            return Rating(label, self._explain(f"Rated '{label}'.", f))
        if scale.option(NOT_APPLICABLE) and chance("instructions", case.prompt) < 0.08:
            return Rating(NOT_APPLICABLE, self._explain("The prompt gives no instructions to follow.", f))
        severity = 0.20 * (chance("severity", parse_model(judge).base) - 0.5)
        mood = 0.10 * (chance("mood", judge, scale.metric, case.prompt) - 0.5)
        goodness = 0.05 if f.refused else _GOODNESS.get(scale.metric, _overall)(f)
        position = round((goodness + mood - severity) * (len(options) - 1))
        label = options[min(max(position, 0), len(options) - 1)].label
        return Rating(label, self._explain(f"Rated '{label}'.", f))

    @staticmethod
    def _explain(verdict: str, f: Features) -> str:
        return (
            f"{verdict} Stand-in judge of the local emulator, no model was asked: it found {f.recall:.0%} of the "
            f"expected words, a number match of {max(0.0, f.numbers):.2f} and a relevance of {f.relevance:.2f}."
        )
