"""What was really read and written, as far as a job's results hold it.

Counted are the texts that stand in the result rows: prompts, answers and explanations. Bedrock reports no token counts
for evaluation jobs, so their tokens are told from characters at the expected rate (`gavel.pricing.tokens`), and the
judge's own prompt at the size that the user guide prints. Rows that did not arrive are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gavel.pricing.judge_calls import LABEL_TOKENS
from gavel.pricing.tokens import ASCII_CHARACTERS, expected_tokens

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

    `calls` are the judges' calls by metric, and `scored_by` the place of the judge that scores each; a score of any
    other metric was not asked for and is not counted.
    """

    calls: Mapping[str, JudgeCall]
    scored_by: Mapping[str, int]
    answers: bool
    generator: Count = field(default_factory=Count)
    judges: dict[int, Count] = field(default_factory=dict)

    def add(self, row: ResultRow) -> None:
        """Count one row: one answer where there is one, and a judge's call for each of its scores."""
        prompt = expected_tokens(row.prompt or "")
        response = expected_tokens(row.response or "")
        reference = expected_tokens(row.reference or "")
        if self.answers:
            self.generator.add(read=prompt, written=response)
        with_reference = bool(row.reference)
        for score in row.scores:
            place = self.scored_by.get(score.metric)
            if place is None:
                continue
            call = self.calls[score.metric]
            fixed = call.fixed(reference=with_reference) / ASCII_CHARACTERS.expected
            texts = prompt * call.prompts + response * call.answers + reference * call.references
            judge = self.judges.get(place)
            if judge is None:
                judge = self.judges[place] = Count()
            judge.add(read=fixed + texts, written=expected_tokens(score.explanation) + LABEL_TOKENS)

    def to_json(self, *, generator: Price | None, judges: Mapping[int, Price | None]) -> dict[str, Any]:
        """Calls, tokens and USD (None where a price that is needed is unknown)."""
        counts = [*self.judges.values(), self.generator]
        parts = [count.usd(judges[place]) for place, count in self.judges.items()]
        if self.answers:
            parts.append(self.generator.usd(generator))
        known = [part for part in parts if part is not None]
        return {
            "calls": sum(count.calls for count in counts),
            "input_tokens": round(sum(count.input_tokens for count in counts)),
            "output_tokens": round(sum(count.output_tokens for count in counts)),
            "usd": round(sum(known), 6) if len(known) == len(parts) else None,
        }


def sum_of(counts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The sum over jobs; its USD is None when that of any job is."""
    items = list(counts)
    sums: dict[str, Any] = {key: sum(item[key] for item in items) for key in ("calls", "input_tokens", "output_tokens")}
    sums["jobs"] = len(items)
    sums["usd"] = None if any(item["usd"] is None for item in items) else round(sum(item["usd"] for item in items), 6)
    return sums
