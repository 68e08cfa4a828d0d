"""Whether a judge can be trusted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from gavel.statistics import judge_checks
from gavel.statistics.judge_checks import (
    against_people,
    family_of,
    repeatability,
    rogan_gladen,
    self_preference,
    verbosity,
)


def test_the_confusion_matrix_has_people_in_its_rows_and_the_judge_in_its_columns() -> None:
    judge = {"1": "good", "2": "good", "3": "bad", "4": "good", "5": "bad"}
    people = {"1": "good", "2": "bad", "3": "bad", "9": "good"}

    found = against_people(judge, people)

    assert found.n == 3
    assert found.agreement == pytest.approx(2 / 3)
    assert found.ratings == ("bad", "good")
    assert found.confusion == ((1, 1), (0, 1))
    assert [rate.judged for rate in found.rates] == [0.4, 0.6]


def test_a_rate_is_corrected_for_the_errors_that_the_subset_shows() -> None:
    # The judge finds 9 of 10 and wrongly suspects 2 of 10: of 100 that it calls 48, (0.48 + 0.8 - 1) / 0.7 are.
    found = rogan_gladen("bad", (48, 100), (9, 10), (8, 10))

    assert found.rate == pytest.approx(0.4)
    assert found.interval is not None
    assert found.interval[0] < 0.4 < found.interval[1]


@pytest.mark.parametrize(("truth", "se", "sp"), [(0.3, 0.9, 0.9), (0.05, 0.9, 0.95), (0.5, 0.7, 0.8)])
def test_the_corrected_interval_covers_the_truth(truth: float, se: float, sp: float) -> None:
    random = np.random.default_rng(8)
    hits = rounds = 0
    for _ in range(1500):
        positive = int(random.binomial(100, truth))
        if not 1 < positive < 99:
            continue
        judged = int(random.binomial(1000, truth * se + (1 - truth) * (1 - sp)))
        found = rogan_gladen(
            "x",
            (judged, 1000),
            (int(random.binomial(positive, se)), positive),
            (int(random.binomial(100 - positive, sp)), 100 - positive),
        )
        rounds += 1
        hits += found.interval is not None and found.interval[0] <= truth <= found.interval[1]

    assert 0.93 <= hits / rounds <= 0.985


@pytest.mark.parametrize(
    ("people", "why"),
    [
        ({"1": "good", "2": "good"}, judge_checks.NO_NEGATIVE),
        ({"1": "bad", "2": "bad"}, judge_checks.NO_POSITIVE),
        ({}, judge_checks.NOTHING_LABELLED),
        ({"1": "bad", "2": "good"}, judge_checks.NO_BETTER_THAN_CHANCE),
    ],
)
def test_a_rate_that_cannot_be_corrected_has_a_reason(people: dict[str, str], why: str) -> None:
    found = against_people({"1": "good", "2": "bad", "3": "good"}, people)

    (good,) = [rate for rate in found.rates if rate.rating == "good"]
    assert (good.rate, good.why) == (None, why)


def test_verbosity_is_spearmans_correlation_of_score_and_length() -> None:
    scored = [(0.5, 10), (1.0, 40), (0.5, 12), (0.0, 11), (1.0, 33)]
    expected = stats.spearmanr(*zip(*scored, strict=True))

    found = verbosity(scored)

    assert found.n == 5
    assert [found.rho, found.p] == pytest.approx([expected.statistic, expected.pvalue])
    assert verbosity([(1.0, 3), (1.0, 4), (1.0, 5)]).why == "all scores, or all lengths, are the same"
    assert verbosity([]).why == "a rank correlation needs three answers"


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic"),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic"),
        ("arn:aws:bedrock:us-east-1:1:inference-profile/eu.amazon.nova-pro-v1:0", "amazon"),
        ("my-app", "my-app"),
    ],
)
def test_a_family_is_the_maker_of_the_model(model: str, family: str) -> None:
    assert family_of(model) == family


def test_a_judge_that_adds_to_its_own_family_is_found_out_whatever_the_answers_are_worth() -> None:
    random = np.random.default_rng(4)
    worth = {(str(record), name): float(random.random()) for record in range(60) for name in ("nova", "claude")}
    scores = {
        "nova-judge": {key: value + (0.2 if key[1] == "nova" else 0) for key, value in worth.items()},
        "claude-judge": {key: value - 0.3 for key, value in worth.items()},
    }
    families = {"nova": "amazon", "nova-judge": "amazon", "claude": "anthropic", "claude-judge": "anthropic"}

    found = self_preference(scores, judge="nova-judge", families=families)
    alone = self_preference({"nova-judge": scores["nova-judge"]}, judge="nova-judge", families=families)

    assert found.n == 60
    assert found.bias == pytest.approx(0.2)
    assert found.interval is not None
    assert found.interval[0] > 0
    assert alone.why == "no judge of another family scored the same answers"


def test_the_same_answers_judged_twice_show_how_far_scores_repeat() -> None:
    found = repeatability({"1": 0.5, "2": 1.0, "3": 0.0}, {"1": 0.5, "2": 0.5, "4": 1.0})

    assert (found.n, found.missing, found.alike) == (2, 2, 0.5)
    assert (found.mean_gap, found.mean_distance) == (-0.25, 0.25)
    assert repeatability({"1": "a"}, {"1": "a"}).mean_gap is None
    assert repeatability({}, {}).alike is None
