"""What an evaluation is expected to cost: tokens, USD and time, each as low, expected and high.

Counted are the tokens that generators and judges take and give: what Bedrock charges an evaluation job for, as far as
public notes say. Gavel's own Lambdas, state machine and storage are not in the figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gavel.admission.state import DEFAULT_LIMITS
from gavel.planning.pacing import expected_seconds
from gavel.pricing.duration import Load, expected_duration
from gavel.pricing.judge_calls import judge_calls
from gavel.pricing.prices import Price
from gavel.pricing.tokens import NOTHING, Range, TextSize, total

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from gavel.admission.state import Limits
    from gavel.pricing.judge_calls import JudgeCall
    from gavel.pricing.prices import PriceTable
    from gavel.pricing.sizes import DatasetSizes
    from gavel.suites.suite import Generator, Suite

# Nobody knows how long a model will answer. These are Gavel's own assumptions; `max_tokens` cuts them off.
ANSWER: Final = Range(100, 300, 1000)


# What `Estimate.totals` gives.
TOTALS: Final = ("records", "jobs", "calls", "input_tokens", "output_tokens", "usd", "unknown_prices", "seconds")

ASSUMPTIONS: Final = (
    "a token is 4 characters of ASCII text (4.8 at best, 3 at worst), 1.5 of other text (2 at best, 1 at worst)",
    "an answer of a model takes 300 tokens (100 to 1,000), and max_tokens at most",
    "a judge is called once for each record and metric, with the prompt that Bedrock's user guide prints",
    "a judge of a custom metric reads the suite's prompt, and 800 characters around it that Bedrock does not print",
    "a judge explains itself in 200 tokens (80 to 400), or in 60 (30 to 120) where its prompt asks for 30 to 50 words",
    "prices are those of us-east-1, on demand; tokens that a model thinks with are not known and not counted",
)


@dataclass(frozen=True)
class Line:
    """The share of one model: a generator that answers, or a judge that scores a generator's answers.

    `generator` and `judge` are positions in the suite's generators and in all its judges (`judge` is None for a
    generator's own line). `calls` is the number of times that the model is called; `input` and `output` are tokens;
    `price` is None where it is unknown.
    """

    generator: int
    judge: int | None
    model: str
    calls: int
    input: Range
    output: Range
    price: Price | None

    @property
    def usd(self) -> Range | None:
        """The cost, or None where the price is unknown."""
        if self.price is None:
            return None
        return Range(
            *(
                self.price.usd(input_tokens=getattr(self.input, name), output_tokens=getattr(self.output, name))
                for name in ("low", "expected", "high")
            )
        )

    def to_json(self) -> dict[str, Any]:
        """The line as the manifest keeps it."""
        return {
            "generator": self.generator,
            "judge": self.judge,
            "model": self.model,
            "calls": self.calls,
            "input_tokens": self.input.to_json(),
            "output_tokens": self.output.to_json(),
            "price": self.price.to_json() if self.price else None,
            "usd": self.usd.to_json(6) if self.usd else None,
        }


@dataclass(frozen=True)
class Estimate:
    """The estimate of one evaluation; `seconds` is how long its jobs run, without a wait for other evaluations."""

    records: int
    jobs: int
    lines: tuple[Line, ...]
    seconds: Range

    @property
    def usd(self) -> Range:
        """The cost of everything whose price is known."""
        return total(line.usd for line in self.lines if line.usd)

    @property
    def input(self) -> Range:
        """Tokens that models read."""
        return total(line.input for line in self.lines)

    @property
    def output(self) -> Range:
        """Tokens that models write."""
        return total(line.output for line in self.lines)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Models whose price is unknown, each once."""
        return tuple(dict.fromkeys(line.model for line in self.lines if line.price is None))

    def totals(self) -> dict[str, Any]:
        """The figures without their lines: what the head of an evaluation shows."""
        return {
            "records": self.records,
            "jobs": self.jobs,
            "calls": sum(line.calls for line in self.lines),
            "input_tokens": self.input.to_json(),
            "output_tokens": self.output.to_json(),
            "usd": self.usd.to_json(6),
            "unknown_prices": list(self.unknown),
            "seconds": self.seconds.to_json(),
        }

    def to_json(self) -> dict[str, Any]:
        """The estimate as the manifest keeps it."""
        return {
            **self.totals(),
            "lines": [line.to_json() for line in self.lines],
            "assumptions": list(ASSUMPTIONS),
        }


def estimate(
    suite: Suite,
    sizes: DatasetSizes,
    prices: PriceTable,
    *,
    shard_sizes: Sequence[int],
    limits: Limits = DEFAULT_LIMITS,
) -> Estimate:
    """Estimate an evaluation; `suite` has the generators really used, `shard_sizes` the records of each shard.

    Each generator answers once, however many judges score its answers.
    """
    calls = judge_calls(suite)
    lines: list[Line] = []
    for position, generator in enumerate(suite.generators):
        answers = _answers(generator, sizes)
        if generator.model is not None:
            price = prices.price(generator.model, generator.latency)
            read = sizes.prompts.tokens
            lines.append(Line(position, None, generator.model.text, sizes.records, read, answers, price))
        for place, judge in enumerate(suite.all_judges):
            own = [call for metric, call in calls.items() if _scores(suite, place, metric)]
            lines.append(
                Line(
                    generator=position,
                    judge=place,
                    model=judge.model.text,
                    calls=sizes.records * len(own),
                    input=_read_by_judge(own, sizes, answers),
                    output=total(call.output.times(sizes.records) for call in own),
                    price=prices.price(judge.model),
                )
            )
    return Estimate(
        records=sizes.records,
        jobs=len(suite.generators) * len(suite.judges) * len(shard_sizes),
        lines=tuple(lines),
        seconds=expected_duration(_rounds(suite, shard_sizes), slots=limits.total, slots_per_judge=limits.per_judge),
    )


def _answers(generator: Generator, sizes: DatasetSizes) -> Range:
    """Tokens of all answers of a generator."""
    if generator.source is not None:
        return sizes.answers.get(generator.source, TextSize()).tokens
    most = generator.parameters.max_tokens
    return (ANSWER if most is None else ANSWER.capped(most)).times(sizes.records)


def _scores(suite: Suite, place: int, metric: str) -> bool:
    """Whether the judge at that place of all judges scores the metric."""
    return any(suite.scored_in(judge).get(metric) == place for judge in range(len(suite.judges)))


def _read_by_judge(calls: Iterable[JudgeCall], sizes: DatasetSizes, answers: Range) -> Range:
    without = sizes.records - sizes.with_reference
    parts = NOTHING
    for call in calls:
        fixed = call.fixed(reference=False) * without + call.fixed(reference=True) * sizes.with_reference
        parts += TextSize(ascii=fixed).tokens
        parts += sizes.prompts.tokens.times(call.prompts) + answers.times(call.answers)
        parts += sizes.references.tokens.times(call.references)
    return parts


def _rounds(suite: Suite, shard_sizes: Sequence[int]) -> list[list[Load]]:
    """The jobs in rounds: judges but the first can only score the answers of a model when it has given them."""
    rounds: list[list[Load]] = [[], []]
    for generator in suite.generators:
        for number in range(len(suite.judges)):
            later = number > 0 and not generator.is_source
            scored = suite.scored_in(number)
            judges = frozenset(suite.all_judges[place].model.text for place in scored.values())
            rounds[later] += [
                Load(judges, expected_seconds(records=records, metrics=len(scored))) for records in shard_sizes
            ]
    return rounds


def price_of(estimate: Mapping[str, Any], *, generator: int, judge: int | None) -> Price | None:
    """The price that an estimate's JSON gives a judge, or with `judge` None the generator; None where it is unknown."""
    for line in estimate["lines"]:
        if (line["generator"], line["judge"]) == (generator, judge):
            return Price.from_json(line["price"]) if line["price"] else None
    return None


def job_usd(
    estimate: Mapping[str, Any], *, generator: int, judges: Collection[int], records: int, answers: bool
) -> Range | None:
    """What one job is expected to cost by an estimate's JSON: its records' share; None where a price is unknown.

    `judges` are the places of those who score in it (`Suite.scored_in`); `answers` says whether the job's generator
    answers in it, or only judges are called.
    """
    wanted = {*judges, None} if answers else set(judges)
    lines = [line for line in estimate["lines"] if line["generator"] == generator and line["judge"] in wanted]
    if any(line["usd"] is None for line in lines) or not estimate["records"]:
        return None
    return total(Range.from_json(line["usd"]) for line in lines).times(records / estimate["records"])
