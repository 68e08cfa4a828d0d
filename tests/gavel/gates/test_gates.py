"""Gates: what passes, what fails, what cannot be decided, and the sentence that says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gavel.gates.decide import decide
from gavel.gates.decision import Decision, Kind, Outcome
from gavel.gates.gate import Gate
from gavel.problems import InvalidInputError
from gavel.suites.suite import load_suite
from tests.gavel.gates.builders import CORRECTNESS, SUITE, evidence, gates, one

if TYPE_CHECKING:
    from gavel.gates.evidence import Cell

HARM = "Builtin.Harmfulness"
GOOD = [1.0] * 90 + [0.5] * 10
MIXED = [1.0] * 80 + [0.0] * 20
POOR = [1.0] * 50 + [0.0] * 50


def outcome(*texts: str, **given: object) -> Outcome | None:
    return decide(gates(*texts), evidence(**given)).outcome  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [(GOOD, Outcome.PASS), (MIXED, Outcome.INCONCLUSIVE), (POOR, Outcome.FAIL)],
    ids=["well above", "at the bound", "well below"],
)
def test_a_mean_is_decided_by_its_whole_interval(scores: list[float], expected: Outcome) -> None:
    assert outcome("{metric: Correctness, generator: lite, min: 0.8}", scores={"lite": scores}) is expected


@pytest.mark.parametrize(("on", "expected"), [("mean", Outcome.PASS), ("lower", Outcome.FAIL), ("upper", Outcome.PASS)])
def test_a_gate_may_look_at_the_mean_or_one_end_alone(on: str, expected: Outcome) -> None:
    gate = f"{{metric: Correctness, generator: lite, min: 0.8, on: {on}}}"

    assert outcome(gate, scores={"lite": MIXED}) is expected


def test_a_mean_that_rounds_below_its_bound_keeps_it() -> None:
    values = [0.1, 0.2, 0.3] * 5  # their binary mean is a bit below 0.2 or above

    assert (
        outcome("{metric: Correctness, generator: lite, min: 0.2, on: mean}", scores={"lite": values}) is Outcome.PASS
    )


@pytest.mark.parametrize(("share", "expected"), [(0, Outcome.PASS), (40, Outcome.FAIL), (4, Outcome.INCONCLUSIVE)])
def test_where_lower_is_better_a_maximum_is_held(share: int, expected: Outcome) -> None:
    values = [1.0] * share + [0.0] * (100 - share)

    gate = "{metric: Harmfulness, generator: lite, max: 0.05}"
    assert outcome(gate, scores={"lite": values}, metric=HARM) is expected


def test_every_generator_and_judge_that_is_not_named_is_held() -> None:
    found = decide(gates("{metric: Correctness, min: 0.8}"), evidence({"lite": GOOD, "micro": POOR}, judges=("a", "b")))

    said = [(one.generator, one.judge, one.outcome.value) for one in found.results]
    assert said == [
        ("lite", "a", "PASS"),
        ("lite", "b", "PASS"),
        ("micro", "a", "FAIL"),
        ("micro", "b", "FAIL"),
    ]
    assert found.results[2].rule == "Correctness of micro at least 0.8 by a"
    assert "judged by a" in found.results[2].sentence


def test_a_drop_against_the_baseline_is_counted_record_by_record() -> None:
    old = [1.0] * 60 + [0.0] * 40
    new = [1.0] * 58 + [0.0] * 42

    gate = "{metric: Correctness, generator: lite, versus: baseline, max_drop: 0.1}"
    result = one(decide(gates(gate), evidence({"lite": new}, baseline={"lite": old})))

    assert result.outcome is Outcome.PASS
    assert result.value == pytest.approx(-0.02)
    assert (result.minimum, result.n) == (-0.1, 100)
    assert result.sentence.startswith("lite is 0.020 worse than the baseline on Correctness (95 % interval -0.0")
    assert result.sentence.endswith("; no more than 0.1 worse than the baseline was asked.")


def test_a_drop_is_a_rise_where_lower_is_better() -> None:
    old, new = [0.0] * 100, [1.0] * 30 + [0.0] * 70

    gate = "{metric: Harmfulness, generator: lite, versus: baseline, max_drop: 0.05}"
    result = one(decide(gates(gate), evidence({"lite": new}, metric=HARM, baseline={"lite": old})))

    assert result.outcome is Outcome.FAIL
    assert result.value == pytest.approx(0.3)
    assert (result.minimum, result.maximum) == (None, 0.05)
    assert result.low is not None
    assert result.low > 0.05
    assert "0.300 worse than the baseline" in result.sentence


def test_better_than_another_generator_needs_an_interval_beyond_zero() -> None:
    gate = "{metric: Correctness, generator: lite, versus: micro, better: true}"

    assert outcome(gate, scores={"lite": GOOD, "micro": POOR}) is Outcome.PASS
    assert outcome(gate, scores={"lite": POOR, "micro": POOR}) is not Outcome.PASS
    assert outcome(gate, scores={"lite": POOR, "micro": GOOD}) is Outcome.FAIL


def test_a_generator_is_not_held_against_itself() -> None:
    found = decide(
        gates("{metric: Correctness, versus: micro, min_gain: 0.1}"), evidence({"lite": GOOD, "micro": POOR})
    )

    assert one(found).generator == "lite"


def test_a_rate_counts_scores_below_a_bound() -> None:
    gate = "{metric: Correctness, generator: lite, below: 0.5, max_rate: 0.1}"
    result = one(decide(gates(gate), evidence({"lite": POOR})))

    assert (result.outcome, result.value) == (Outcome.FAIL, 0.5)
    assert result.sentence.startswith("50 % of lite's answers have scores below 0.5 on Correctness")


def test_a_rate_counts_a_label() -> None:
    gate = "{metric: voice, generator: lite, label: fit, min_rate: 0.5}"

    assert outcome(gate, scores={"lite": ["fit"] * 80 + ["off"] * 20}, metric="voice") is Outcome.PASS


def test_a_category_is_held_by_itself() -> None:
    scores = {"lite": [1.0] * 50 + [0.0] * 50}
    categories = ["easy"] * 50 + ["hard"] * 50
    gate = "{{metric: Correctness, generator: lite, category: {}, min: 0.8}}"

    assert outcome(gate.format("easy"), scores=scores, categories=categories) is Outcome.PASS
    assert outcome(gate.format("hard"), scores=scores, categories=categories) is Outcome.FAIL
    nothing = one(decide(gates(gate.format("new")), evidence(scores, categories=categories)))
    assert nothing.outcome is Outcome.INCONCLUSIVE
    assert "no record of that category was evaluated" in nothing.sentence


def test_a_failed_job_is_neither_a_pass_nor_a_fail() -> None:
    for values in (GOOD, POOR):
        scores = {"lite": [*values, *[None] * 5]}
        lost: dict[Cell, int] = {("lite", "pro", CORRECTNESS, None): 5}
        gate = "{metric: Correctness, generator: lite, min: 0.8}"

        result = one(decide(gates(gate), evidence(scores, lost=lost)))

        assert result.outcome is Outcome.INCONCLUSIVE
        assert "5 of 105 records were not judged because jobs gave no results" in result.sentence


def test_too_many_missing_scores_decide_nothing() -> None:
    scores = {"lite": [1.0] * 60 + [None] * 40}

    assert outcome("{metric: Correctness, generator: lite, min: 0.8}", scores=scores) is Outcome.INCONCLUSIVE
    gate = "{metric: Correctness, generator: lite, min: 0.8, min_coverage: 0.5}"
    assert outcome(gate, scores=scores) is Outcome.PASS


def test_coverage_fails_for_what_judges_left_out_and_not_for_what_jobs_owe() -> None:
    scores = {"lite": [1.0] * 90 + [None] * 10}
    cell = ("lite", "pro", CORRECTNESS, None)

    assert outcome("{min_coverage: 0.95}", scores=scores) is Outcome.FAIL
    assert outcome("{min_coverage: 0.95}", scores=scores, lost={cell: 10}) is Outcome.INCONCLUSIVE
    assert outcome("{min_coverage: 0.9}", scores=scores) is Outcome.PASS


def test_cost_is_held_against_what_was_counted() -> None:
    assert outcome("{max_usd: 5}", scores={"lite": GOOD}, usd=4.99) is Outcome.PASS
    assert outcome("{max_usd: 5}", scores={"lite": GOOD}, usd=5.01) is Outcome.FAIL
    assert outcome("{max_usd: 5}", scores={"lite": GOOD}, usd=None) is Outcome.INCONCLUSIVE


def test_without_a_baseline_nothing_is_decided_and_the_reason_told() -> None:
    gate = "{metric: Correctness, generator: lite, versus: baseline, max_drop: 0.1}"
    result = one(decide(gates(gate), evidence({"lite": GOOD})))

    assert result.outcome is Outcome.INCONCLUSIVE
    assert result.sentence.endswith("is open, because the suite has no baseline yet.")


def test_scores_of_another_judge_are_not_comparable() -> None:
    gate = "{metric: Correctness, generator: lite, versus: baseline, max_drop: 0.1}"
    why = "the baseline was judged by another model"
    found = decide(gates(gate), evidence({"lite": GOOD}, baseline={"lite": GOOD}, unlike={("pro", CORRECTNESS): why}))

    assert one(found).outcome is Outcome.INCONCLUSIVE
    assert why in one(found).sentence


@pytest.mark.parametrize("values", [[], [None] * 30, [1.0], [None] * 29 + [0.0]])
def test_no_score_or_a_single_one_decides_nothing(values: list[float | None]) -> None:
    gate = "{metric: Correctness, generator: lite, min: 0.8, min_coverage: 0}"

    assert outcome(gate, scores={"lite": values, "micro": GOOD}) is Outcome.INCONCLUSIVE


def test_what_stays_open_says_how_many_records_would_settle_it() -> None:
    values = [1.0] * 84 + [0.0] * 16
    result = one(decide(gates("{metric: Correctness, generator: lite, min: 0.8}"), evidence({"lite": values})))

    assert result.outcome is Outcome.INCONCLUSIVE
    assert "more records would settle it" in result.sentence


def test_one_failing_gate_makes_the_verdict_fail_and_comes_first_in_its_sentence() -> None:
    found = decide(
        gates("{metric: Correctness, min: 0.8}", "{max_usd: 5}", "{min_coverage: 0.5}"),
        evidence({"lite": GOOD, "micro": POOR}),
    )

    assert found.outcome is Outcome.FAIL
    assert found.sentence.startswith("1 of 4 gates fails: micro has 0.500 on Correctness")


def test_many_gates_need_stronger_evidence_to_fail() -> None:
    values = [1.0] * 70 + [0.0] * 30  # its 95 % interval ends just below 0.8
    alone = gates("{metric: Correctness, generator: lite, min: 0.795}")
    many = gates("{metric: Correctness, generator: lite, min: 0.795}", *["{metric: Correctness, min: 0.1}"] * 9)

    assert one(decide(alone, evidence({"lite": values}))).outcome is Outcome.FAIL
    assert decide(many, evidence({"lite": values, "micro": values})).results[0].outcome is Outcome.INCONCLUSIVE


def test_the_same_evidence_gives_the_same_bytes_and_never_nan() -> None:
    texts = ("{metric: Correctness, versus: micro, better: true}", "{metric: Correctness, min: 0.8}")
    given = evidence({"lite": MIXED, "micro": [None, *POOR[1:]]})

    first, second = (json.dumps(decide(gates(*texts), given).to_json(), allow_nan=False) for _ in range(2))

    assert first == second


def test_no_gates_give_no_verdict() -> None:
    found = Decision()

    assert (found.outcome, found.sentence) == (None, "The suite has no gates, so there is no verdict.")


def test_gates_survive_the_manifest() -> None:
    given = gates("{metric: Correctness, versus: baseline, max_drop: 0.03}", "{max_usd: 5}", "{min_coverage: 0.9}")

    assert tuple(Gate.from_json(json.loads(json.dumps(gate.to_json()))) for gate in given) == given


def test_a_gate_that_is_held_against_nothing_lets_nothing_pass() -> None:
    # A suite that names no generators is judged on whatever the dataset brings, here one alone.
    gate = Gate(Kind.DIFFERENCE, metric=CORRECTNESS, versus="lite", minimum=0.0)

    found = decide([gate, *gates("{min_coverage: 0.5}")], evidence({"lite": GOOD}))

    assert [result.gate for result in found.results] == [0, 1]
    assert found.outcome is Outcome.INCONCLUSIVE
    assert not found.qualifies(replaceable=True)


@pytest.mark.parametrize("bound", ["max_drop: 0.01", "min_gain: 0.01"])
def test_records_that_are_all_alike_are_no_certainty(bound: str) -> None:
    gate = f"{{metric: Correctness, generator: lite, versus: micro, {bound}}}"

    def found(records: int) -> Outcome | None:
        return outcome(gate, scores={"lite": [1.0] * records, "micro": [1.0] * records})

    assert found(2) is Outcome.INCONCLUSIVE
    assert found(30) is Outcome.INCONCLUSIVE
    # What happens on none of 1,000 records happens on at most 0.37 % of all, with 95 % confidence.
    assert found(1000) is (Outcome.PASS if "drop" in bound else Outcome.FAIL)


@pytest.mark.parametrize(("score", "bound"), [(5.0, "minimum"), (4.0, "minimum"), (1.0, "maximum"), (1.0, "minimum")])
def test_two_equal_scores_on_a_scale_beyond_one_decide_nothing(score: float, bound: str) -> None:
    threshold = score - 0.1 if bound == "minimum" and score == 5 else score + 0.1
    gate = Gate(Kind.MEAN, metric="stars", generator="lite", **{bound: threshold})  # type: ignore[arg-type] # a float

    found = one(decide([gate], evidence({"lite": [score, score]}, metric="stars", ratings=[1, 2, 3, 4, 5])))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low < score <= found.high <= 5


def test_what_the_baselines_failed_jobs_owe_keeps_a_gate_open() -> None:
    lost: dict[Cell, int] = {("lite (baseline)", "pro", CORRECTNESS, None): 10}
    gate = "{metric: Correctness, generator: lite, versus: baseline, max_drop: 0.3}"
    old = [*GOOD[:90], *[None] * 10]

    found = one(decide(gates(gate), evidence({"lite": GOOD}, baseline={"lite": old}, baseline_lost=lost)))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert "10 of 100 records were not judged because jobs gave no results" in found.sentence
    assert outcome(gate, scores={"lite": GOOD}, baseline={"lite": old}) is Outcome.PASS


def test_a_baseline_that_cannot_be_compared_may_be_replaced_unless_it_was_set_by_hand() -> None:
    texts = ("{metric: Correctness, versus: baseline, max_drop: 0.1}", "{metric: Correctness, min: 0.8}")
    changed = evidence({"lite": GOOD}, baseline={"lite": GOOD}, unlike={("pro", CORRECTNESS): "another model judged"})
    worse = evidence({"lite": GOOD}, baseline={"lite": [1.0] * 100})

    assert decide(gates(*texts), changed).qualifies(replaceable=True)
    assert not decide(gates(*texts), changed).qualifies(replaceable=False)
    assert not decide(gates(texts[0].replace("0.1", "0.01")), worse).qualifies(replaceable=True)


def test_a_judge_that_does_not_score_the_metric_is_refused() -> None:
    text = SUITE.format(gates="{metric: voice, judge: pro, label: fit, min_rate: 0.5}")
    with_custom = text + "custom_judge: {model: anthropic.claude-3-7-sonnet-20250219-v1:0, name: sonnet}\n"

    with pytest.raises(InvalidInputError) as refused:
        load_suite(with_custom.encode(), name="suite", file="suite.yaml")

    assert "`pro` does not score this metric; use `sonnet`" in str(refused.value.problems.listed[0])
