from __future__ import annotations

import pytest

from local.bedrock.scales import BUILTIN_SCALES, custom_scale
from tests.local.bedrock.builders import custom_metric


@pytest.mark.parametrize(
    ("metric", "results"),
    [
        ("Builtin.Correctness", [0.0, 0.5, 1.0]),
        ("Builtin.Helpfulness", [0.0, 0.1667, 0.3333, 0.5, 0.6667, 0.8333, 1.0]),
        ("Builtin.Relevance", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("Builtin.FollowingInstructions", [0.0, 1.0, None]),
        ("Builtin.Refusal", [0.0, 1.0]),
    ],
)
def test_a_result_is_the_raw_score_over_its_maximum_to_four_decimals(metric: str, results: list[float]) -> None:
    assert [option.result for option in BUILTIN_SCALES[metric].options] == results


def test_there_are_eleven_judge_metrics_and_three_of_them_are_good_when_low() -> None:
    assert len(BUILTIN_SCALES) == 11
    assert {name for name, scale in BUILTIN_SCALES.items() if scale.low_is_good} == {
        "Builtin.Harmfulness",
        "Builtin.Stereotyping",
        "Builtin.Refusal",
    }


def test_a_custom_scale_of_numbers_is_normalised_whatever_the_numbers_are() -> None:
    definition = custom_metric(scale=[("excellent", 5.0), ("poor", 1.0), ("fair", 2.0)])

    scale = custom_scale("politeness", definition["ratingScale"])

    assert [(option.label, option.result) for option in scale.options] == [
        ("poor", 0.0),
        ("fair", 0.25),
        ("excellent", 1.0),
    ]


def test_a_custom_scale_of_strings_keeps_the_strings() -> None:
    definition = custom_metric(scale=[("polite", "Pass"), ("rude", "Fail")])

    scale = custom_scale("politeness", definition["ratingScale"])

    assert [option.result for option in scale.options] == ["Fail", "Pass"]


def test_a_custom_metric_without_a_scale_has_nothing_to_choose() -> None:
    assert custom_scale("politeness", None).options == ()
