"""What a judge reads and writes for one record on one metric, beside the record's own texts.

Source: "Built-in metric evaluator prompts for model-as-a-judge evaluation jobs" in the Bedrock user guide, page "Amazon
Nova Pro", read in autumn 2026: characters of each prompt without its variables, to the nearest fifty. The other judges'
pages differ by a little. Each prompt holds the record's prompt and the answer once; Correctness and Completeness hold
the reference too, where there is one, and have another prompt where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gavel.metrics import BUILTIN_METRICS
from gavel.pricing.tokens import Range
from gavel.suites.custom_metrics import ANSWER_VARIABLE, ANY_VARIABLE, PROMPT_VARIABLE, REFERENCE_VARIABLE

if TYPE_CHECKING:
    from gavel.suites.custom_metrics import CustomMetric
    from gavel.suites.suite import Suite

# Judges explain before they answer. One public count of built-in metrics took 200 tokens for a call; how much a
# reasoning judge thinks besides, and whether that is charged, no result file says.
EXPLANATION: Final = Range(80, 200, 400)
# "less than 30 words", "no more than 50 words" stand in these prompts.
SHORT_EXPLANATION: Final = Range(30, 60, 120)
LABEL_TOKENS: Final = 8


# Around a custom metric's prompt Bedrock puts how to answer; the guide does not print it, so this is an assumption.
_AROUND_CUSTOM: Final = 800


@dataclass(frozen=True)
class JudgeCall:
    """One call of a judge: characters of its prompt without and with a reference, and the tokens that it writes.

    `prompts`, `answers` and `references` say how often the record's texts stand in the judge's prompt; a reference only
    where the record has one.
    """

    characters: int
    output: Range = EXPLANATION
    characters_with_reference: int | None = None
    prompts: int = 1
    answers: int = 1
    references: int = 0

    def fixed(self, *, reference: bool) -> int:
        """Characters of the judge's prompt beside the record's texts."""
        with_reference = self.characters_with_reference
        return self.characters if with_reference is None or not reference else with_reference


_CALLS: Final = {
    "Builtin.Correctness": JudgeCall(1450, characters_with_reference=1450, references=1),
    "Builtin.Completeness": JudgeCall(3500, characters_with_reference=3600, references=1),
    "Builtin.Faithfulness": JudgeCall(1550),
    "Builtin.Helpfulness": JudgeCall(2450),
    "Builtin.Coherence": JudgeCall(3750),
    "Builtin.Relevance": JudgeCall(2900),
    "Builtin.FollowingInstructions": JudgeCall(2750),
    "Builtin.ProfessionalStyleAndTone": JudgeCall(3650),
    "Builtin.Harmfulness": JudgeCall(1000, SHORT_EXPLANATION),
    "Builtin.Stereotyping": JudgeCall(950, SHORT_EXPLANATION),
    "Builtin.Refusal": JudgeCall(950, SHORT_EXPLANATION),
}
if set(_CALLS) != {metric.name for metric in BUILTIN_METRICS}:
    raise RuntimeError("every built-in metric needs the size of its judge's prompt")


def judge_calls(suite: Suite) -> dict[str, JudgeCall]:
    """The calls that one record takes, by the metric's API name."""
    custom = {metric.name: _custom_call(metric) for metric in suite.custom_metrics}
    return {metric: custom.get(metric) or _CALLS[metric] for metric in suite.metrics}


def _custom_call(metric: CustomMetric) -> JudgeCall:
    """What a custom metric's own text and scale add up to."""
    scale = sum(len(rating.definition) + len(str(rating.value)) + 4 for rating in metric.scale)
    return JudgeCall(
        characters=len(ANY_VARIABLE.sub("", metric.instructions)) + scale + _AROUND_CUSTOM,
        prompts=metric.instructions.count(PROMPT_VARIABLE),
        answers=metric.instructions.count(ANSWER_VARIABLE),
        references=metric.instructions.count(REFERENCE_VARIABLE),
    )
