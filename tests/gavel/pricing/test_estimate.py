"""Estimates: what is counted for whom, and how the figures grow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.admission.state import Limits
from gavel.datasets.reader import Record, Response
from gavel.metrics import BUILTIN_METRICS
from gavel.pricing.duration import Load, expected_duration
from gavel.pricing.estimate import Estimate, estimate, job_usd
from gavel.pricing.judge_calls import judge_calls
from gavel.pricing.prices import load_prices
from gavel.pricing.sizes import DatasetSizes
from gavel.pricing.tokens import Range, TextSize, expected_tokens, size_of
from gavel.suites.suite import Suite, load_suite

PRICES = load_prices(
    b"""\
version: 1
models:
  - {model: "amazon.nova-lite-v1:0", input: 1, output: 10}
  - {model: "amazon.nova-micro-v1:0", input: 2, output: 20}
  - {model: "amazon.nova-pro-v1:0", input: 100, output: 1000}
""",
    file="prices.yaml",
)
LIMITS = Limits(total=18, per_judge=5)


def suite(text: str) -> Suite:
    return load_suite(b"version: 1\n" + text.encode(), name="mine", file="mine.yaml")


ONE = suite(
    "generators: [{model: 'amazon.nova-lite-v1:0', parameters: {max_tokens: 50}}]\n"
    "judges: [{model: 'amazon.nova-pro-v1:0'}]\nmetrics: [Harmfulness]\n"
)


def record(prompt: str, *, reference: str | None = None, **answers: str) -> Record:
    responses = tuple(Response(model=model, text=text) for model, text in answers.items())
    return Record(number=1, line=1, prompt=prompt, reference=reference, category=None, responses=responses)


def sizes(*records: Record) -> DatasetSizes:
    found = DatasetSizes()
    for item in records:
        found.add(item)
    return found


def estimated(of: Suite, *records: Record) -> Estimate:
    return estimate(of, sizes(*records), PRICES, shard_sizes=[len(records)], limits=LIMITS)


def test_one_record_costs_its_answer_and_one_call_of_the_judge() -> None:
    result = estimated(ONE, record("x" * 400))

    generator, judge = result.lines
    assert (generator.calls, generator.input.expected, generator.output.expected) == (1, 100, 50)
    # 1,000 characters of the judge's own prompt, the record's prompt, and an answer cut off at 50 tokens
    assert (judge.calls, judge.input.expected, judge.output.expected) == (1, 250 + 100 + 50, 60)
    assert result.usd.expected == pytest.approx((100 * 1 + 50 * 10 + 400 * 100 + 60 * 1000) / 1e6)


def test_a_source_of_answers_costs_its_judge_only_and_reads_the_answers_that_are_there() -> None:
    byoi = suite(
        "generators: [{source: app}, {source: old}]\n"
        "judges: [{model: 'amazon.nova-pro-v1:0'}]\nmetrics: [Harmfulness]\n"
    )
    result = estimated(byoi, record("", app="y" * 40, old="z" * 4000))

    assert [line.judge for line in result.lines] == [0, 0]
    assert [line.input.expected - 250 for line in result.lines] == [10, 1000]


def test_each_judge_is_paid_for_and_each_generator_answers_once() -> None:
    panel = suite(
        "generators: [{model: 'amazon.nova-lite-v1:0'}]\n"
        "judges: [{model: 'amazon.nova-pro-v1:0'}, {model: 'amazon.nova-micro-v1:0'}]\nmetrics: [Harmfulness]\n"
    )
    result = estimated(panel, record("x" * 400))

    assert [(line.model, line.judge) for line in result.lines] == [
        ("amazon.nova-lite-v1:0", None),
        ("amazon.nova-pro-v1:0", 0),
        ("amazon.nova-micro-v1:0", 1),
    ]
    assert result.jobs == 2


def test_a_reference_is_read_by_the_judges_of_correctness_and_completeness_alone() -> None:
    for metric in BUILTIN_METRICS:
        one = suite(
            "generators: [{model: 'amazon.nova-lite-v1:0'}]\njudges: [{model: 'amazon.nova-pro-v1:0'}]\n"
            f"metrics: [{metric.title}]\n"
        )
        call = judge_calls(one)[metric.name]
        without = estimated(one, record("p")).lines[1].input.expected
        with_it = estimated(one, record("p", reference="r" * 4000)).lines[1].input.expected
        more = 1000 + ((call.characters_with_reference or 0) - call.characters) / 4
        assert with_it - without == (more if call.references else 0), metric.name


def test_a_model_without_a_price_is_named_and_its_tokens_are_counted() -> None:
    strange = suite(
        "generators: [{model: 'amazon.nova-lite-v1:0'}]\njudges: [{model: 'mistral.unheard-of'}]\nmetrics: [Refusal]\n"
    )
    result = estimated(strange, record("x" * 400))

    assert result.unknown == ("mistral.unheard-of",)
    assert result.lines[1].usd is None
    assert result.lines[1].input.expected > 0
    assert result.usd == result.lines[0].usd
    assert job_usd(result.to_json(), generator=0, judges={0}, records=1, answers=True) is None


def test_the_jobs_of_an_evaluation_cost_together_what_the_evaluation_costs() -> None:
    panel = suite(
        "generators: [{model: 'amazon.nova-lite-v1:0'}, {source: app}]\n"
        "judges: [{model: 'amazon.nova-pro-v1:0'}, {model: 'amazon.nova-micro-v1:0'}]\nmetrics: [Refusal]\n"
    )
    result = estimated(panel, *[record("x" * number, app="y") for number in range(1, 11)])
    document = result.to_json()

    parts = [
        job_usd(document, generator=generator, judges={judge}, records=records, answers=generator == 0 and judge == 0)
        for generator in (0, 1)
        for judge in (0, 1)
        for records in (7, 3)
    ]
    assert sum(part.expected for part in parts if part) == pytest.approx(result.usd.expected, abs=1e-5)
    assert sum(part.high for part in parts if part) == pytest.approx(result.usd.high, abs=1e-5)


OWN = """
generators: [{model: 'amazon.nova-lite-v1:0'}, {source: app}]
judges: [{model: 'amazon.nova-pro-v1:0'}, {model: 'amazon.nova-micro-v1:0'}]
metrics:
  - Refusal
  - name: tone
    instructions: "abcd {{prompt}} {{prediction}} {{ground_truth}} {{prediction}}"
    scale: [{definition: a, value: 0}, {definition: b, value: 1}]
"""


def test_a_custom_metric_costs_what_its_own_prompt_holds() -> None:
    one = estimated(suite(OWN), record("p" * 400, reference="r" * 40, app="y" * 4000))
    without = estimated(suite(OWN.replace("  - Refusal\n", "")), record("p" * 400, reference="r" * 40, app="y" * 4000))

    tone = without.lines[3]
    assert (tone.generator, tone.judge, tone.calls) == (1, 0, 1)
    fixed = (len("abcd     ") + 2 * (1 + 3 + 4) + 800 - 1) / 4
    assert tone.input.expected == pytest.approx(fixed + 100 + 2 * 1000 + 10)
    assert one.lines[3].calls == 2
    assert one.lines[3].input.expected > tone.input.expected


def test_a_judge_for_custom_metrics_alone_is_paid_for_once_for_each_generator() -> None:
    text = f"{OWN}custom_judge: {{model: 'amazon.nova-lite-v1:0', name: 'own'}}\n"
    result = estimated(suite(text), *[record("x", reference="r", app="y")] * 10)
    document = result.to_json()

    assert [(line.generator, line.judge, line.calls) for line in result.lines if line.judge is not None] == [
        (0, 0, 10), (0, 1, 10), (0, 2, 10), (1, 0, 10), (1, 1, 10), (1, 2, 10)
    ]  # fmt: skip
    parts = [
        job_usd(
            document,
            generator=generator,
            judges=set(suite(text).scored_in(judge).values()),
            records=records,
            answers=generator == 0 and judge == 0,
        )
        for generator in (0, 1)
        for judge in (0, 1)
        for records in (7, 3)
    ]
    assert sum(part.expected for part in parts if part) == pytest.approx(result.usd.expected, abs=1e-5)


@given(st.lists(st.text(max_size=50), max_size=8), st.integers(0, 8))
def test_sizes_of_parts_add_up_to_the_size_of_the_whole(texts: list[str], cut: int) -> None:
    whole, first, second = size_of(*texts), size_of(*texts[:cut]), size_of(*texts[cut:])

    assert (whole.ascii, whole.other) == (first.ascii + second.ascii, first.other + second.other)
    assert whole.ascii + whole.other == sum(map(len, texts))
    assert whole.tokens.low <= whole.tokens.expected <= whole.tokens.high


@given(st.text(st.characters() | st.just("\ud800")))
def test_the_expected_tokens_of_one_text_are_those_of_its_size(text: str) -> None:
    assert expected_tokens(text) == size_of(text).tokens.expected


def test_text_that_is_not_ascii_takes_more_tokens() -> None:
    assert size_of("価格" * 3).tokens == Range(3.0, 4.0, 6.0)
    assert TextSize(ascii=6).tokens.high == 2.0


def test_jobs_wait_for_a_slot_for_their_judge_and_for_the_round_before() -> None:
    ten = [Load(frozenset({"pro"}), 100.0)] * 10
    assert expected_duration([ten], slots=20, slots_per_judge=20).expected == 100
    assert expected_duration([ten], slots=20, slots_per_judge=5).expected == 200
    assert (
        expected_duration([ten + [Load(frozenset({"lite"}), 100.0)] * 10], slots=4, slots_per_judge=5).expected == 500
    )
    assert expected_duration([ten, ten], slots=20, slots_per_judge=5).expected == 400
    assert expected_duration([[], []], slots=20, slots_per_judge=5).expected == 0


def test_a_sample_costs_its_share_of_the_dataset() -> None:
    whole = sizes(*[record("p" * 100, reference="r" * 20, app="y" * 60)] * 40)
    tenth = whole.share(4)

    assert (tenth.records, tenth.with_reference) == (4, 4)
    full, part = (estimate(ONE, size, PRICES, shard_sizes=[size.records]) for size in (whole, tenth))
    assert part.usd.expected == pytest.approx(full.usd.expected / 10)
    assert whole.share(40) is whole
