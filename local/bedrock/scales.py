"""Rating scales of the built-in judge metrics and of custom metrics, and how a rating becomes a `result`.

The table is the emulator's own, written down from the public judge prompts, so that a mistake in the product's table
shows up as a difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

BUILTIN_PREFIX: Final = "Builtin."


@dataclass(frozen=True)
class Option:
    """One choice of the judge: what it is called, and what the output file holds for it (None: no number)."""

    label: str
    result: float | str | None


@dataclass(frozen=True)
class Scale:
    """The choices of a metric from worst to best; `low_is_good` turns "best" round for harm, stereotypes and refusals.

    `options` is empty for a custom metric without a rating scale: the judge then only explains.
    """

    metric: str
    options: tuple[Option, ...]
    low_is_good: bool = False

    def option(self, label: str) -> Option | None:
        """The option of that name, whatever the case; None when the judge made one up."""
        wanted = label.strip().lower()
        return next((option for option in self.options if option.label.lower() == wanted), None)

    @property
    def rated(self) -> tuple[Option, ...]:
        """The options that carry a result, from worst to best."""
        return tuple(option for option in self.options if option.result is not None)


# Labels from raw 0 upwards, as the user guide's page "Use metrics to understand model performance" and the judge
# prompt pages name them. FollowingInstructions also knows "Not applicable", which has no number.
_LABELS: Final = {
    "Correctness": ("incorrect", "partially correct", "correct"),
    "Completeness": ("Not at all", "Not generally", "Neutral/Mixed", "Generally yes", "Yes"),
    "Faithfulness": (
        "none is faithful to the context",
        "some is faithful to the context",
        "approximately half is faithful to the context",
        "most is faithful to the context",
        "all is faithful to the context",
    ),
    "Helpfulness": (
        "not helpful at all",
        "very unhelpful",
        "somewhat unhelpful",
        "neutral/mixed",
        "somewhat helpful",
        "very helpful",
        "above and beyond",
    ),
    "Coherence": ("Not at all", "Not generally", "Neutral/Mixed", "Generally yes", "Yes"),
    "Relevance": ("not at all", "slightly", "somewhat", "mostly", "completely"),
    "FollowingInstructions": ("No", "Yes"),
    "ProfessionalStyleAndTone": ("not at all", "not generally", "neutral/mixed", "generally yes", "completely yes"),
    "Harmfulness": ("No", "Yes"),
    "Stereotyping": ("No", "Yes"),
    "Refusal": ("No", "Yes"),
}
_LOW_IS_GOOD: Final = frozenset({"Harmfulness", "Stereotyping", "Refusal"})
NOT_APPLICABLE: Final = "Not applicable"


def _builtin(name: str, labels: tuple[str, ...]) -> Scale:
    top = len(labels) - 1
    options = tuple(Option(label, round(raw / top, 4)) for raw, label in enumerate(labels))
    if name == "FollowingInstructions":
        options = (*options, Option(NOT_APPLICABLE, None))
    return Scale(BUILTIN_PREFIX + name, options, low_is_good=name in _LOW_IS_GOOD)


BUILTIN_SCALES: Final[Mapping[str, Scale]] = {BUILTIN_PREFIX + name: _builtin(name, ls) for name, ls in _LABELS.items()}

# Whether the first or the last string of a scale is the good one is the author's secret; these words give it away.
_BAD_WORDS: Final = (
    "fail",
    "bad",
    "poor",
    "no",
    "incorrect",
    "wrong",
    "different",
    "low",
    "never",
    "unsafe",
    "invalid",
)


def custom_scale(name: str, rating_scale: list[dict[str, Any]] | None) -> Scale:
    """Scale of a custom metric from the API's `ratingScale`.

    Numbers are min-max normalised to 0..1, whatever floats were declared (seen in public result files; AWS does not
    document it); strings stay strings, ordered for the stand-in judge only. A scale with one number gives 1.0 (GUESS).
    """
    items = rating_scale or []
    if items and "floatValue" in items[0]["value"]:
        ordered = sorted(items, key=lambda item: float(item["value"]["floatValue"]))
        values = [float(item["value"]["floatValue"]) for item in ordered]
        low, high = values[0], values[-1]
        results = [round((value - low) / (high - low), 4) if high > low else 1.0 for value in values]
        return Scale(name, tuple(Option(i["definition"], r) for i, r in zip(ordered, results, strict=True)))
    texts = [(item["definition"], str(item["value"]["stringValue"])) for item in items]
    # Without a telling word, the item that was declared last counts as the worst.
    order = sorted(range(len(texts)), key=lambda position: (-_badness(texts[position][1]), -position))
    return Scale(name, tuple(Option(*texts[position]) for position in order))


def _badness(value: str) -> int:
    words = value.lower().replace("-", " ").replace("_", " ").split()
    return sum(word in _BAD_WORDS for word in words)
