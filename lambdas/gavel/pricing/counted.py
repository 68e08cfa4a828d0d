"""What was really read and written, as far as a job's results hold it.

Counted are the texts that stand in the result rows: prompts, answers and explanations. Bedrock reports no token counts
for evaluation jobs, so their tokens are told from characters at the expected rate (`gavel.pricing.tokens`), and the
judge's own prompt at the size that the user guide prints. Rows that did not arrive are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gavel.pricing.judge_calls import LABEL_TOKENS
from gavel.pricing.tokens import TextSize, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gavel.pricing.judge_calls import JudgeCall
    from gavel.pricing.prices import Price
    from gavel.results.rows import ResultRow


@dataclass
class Count:
    """Calls and tokens of one model."""

    calls: int = 0
    input_tokens: float = 0.0
    output_tokens: float = 0.0

    def add(self, *, read: float, written: float) -> None:
        """Count one call."""
        self.calls += 1
        self.input_tokens += read
        self.output_tokens += written

    def usd(self, price: Price | None) -> float | None:
        """The cost, or None without a price."""
        if price is None:
            return None
        return price.usd(input_tokens=self.input_tokens, output_tokens=self.output_tokens)


@dataclass
class JobCount:
    """What the rows of one job hold; `answers` says whether the generator answered in it.

    `calls` are the judge's calls by metric; a score of any other metric was not asked for and is not counted.
    """

    calls: Mapping[str, JudgeCall]
    answers: bool
    generator: Count = field(default_factory=Count)
    judge: Count = field(default_factory=Count)

    def add(self, row: ResultRow) -> None:
        """Count one row: one answer where there is one, and a judge's call for each of its scores."""
        prompt = size_of(row.prompt or "").tokens.expected
        response = size_of(row.response or "").tokens.expected
        if self.answers:
            self.generator.add(read=prompt, written=response)
        for score in row.scores:
            call = self.calls.get(score.metric)
            if call is None:
                continue
            fixed = call.characters
            reference = 0.0
            if row.reference and call.characters_with_reference is not None:
                fixed = call.characters_with_reference
                reference = size_of(row.reference).tokens.expected
            self.judge.add(
                read=TextSize(ascii=fixed).tokens.expected + prompt + response + reference,
                written=size_of(score.explanation).tokens.expected + LABEL_TOKENS,
            )

    def to_json(self, *, generator: Price | None, judge: Price | None) -> dict[str, Any]:
        """Calls, tokens and USD (None where a price that is needed is unknown)."""
        parts = [self.judge.usd(judge), *([self.generator.usd(generator)] if self.answers else [])]
        known = [part for part in parts if part is not None]
        return {
            "calls": self.generator.calls + self.judge.calls,
            "input_tokens": round(self.generator.input_tokens + self.judge.input_tokens),
            "output_tokens": round(self.generator.output_tokens + self.judge.output_tokens),
            "usd": round(sum(known), 6) if len(known) == len(parts) else None,
        }


def sum_of(counts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The sum over jobs; its USD is None when that of any job is."""
    items = list(counts)
    sums: dict[str, Any] = {key: sum(item[key] for item in items) for key in ("calls", "input_tokens", "output_tokens")}
    sums["jobs"] = len(items)
    sums["usd"] = None if any(item["usd"] is None for item in items) else round(sum(item["usd"] for item in items), 6)
    return sums
