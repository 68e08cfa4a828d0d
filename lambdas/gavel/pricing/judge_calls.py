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

if TYPE_CHECKING:
    from gavel.suites.suite import Suite

# Judges explain before they answer. One public count of built-in metrics took 200 tokens for a call; how much a
# reasoning judge thinks besides, and whether that is charged, no result file says.
EXPLANATION: Final = Range(80, 200, 400)
# "less than 30 words", "no more than 50 words" stand in these prompts.
SHORT_EXPLANATION: Final = Range(30, 60, 120)
LABEL_TOKENS: Final = 8


@dataclass(frozen=True)
class JudgeCall:
    """One call of a judge: characters of its prompt without and with a reference, and the tokens that it writes."""

    characters: int
    output: Range = EXPLANATION
    characters_with_reference: int | None = None

    @property
    def reads_reference(self) -> bool:
        """Whether the reference is put before the judge, where the record has one."""
        return self.characters_with_reference is not None


_CALLS: Final = {
    "Builtin.Correctness": JudgeCall(1450, characters_with_reference=1450),
    "Builtin.Completeness": JudgeCall(3500, characters_with_reference=3600),
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
    return {metric: _CALLS[metric] for metric in suite.metrics}
