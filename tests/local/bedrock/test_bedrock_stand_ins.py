from __future__ import annotations

from math import isnan
from statistics import mean

import pytest

from local.bedrock.answers import Question
from local.bedrock.scales import BUILTIN_SCALES, custom_scale
from local.bedrock.stand_ins import StandInGenerator, StandInJudge
from tests.local.bedrock.builders import JUDGE, case

RIGHT = "Three pens cost 12 dollars in total."
WORSE = ["Three pens cost 12 dollars", "Three pens cost 55 dollars in total.", "Paris.", "I'm sorry, but I can't help."]
HIGH_IS_GOOD = [name for name, scale in BUILTIN_SCALES.items() if not scale.low_is_good]
PROMPTS = [f"What do {count} pens at {price} dollars each cost?" for count in range(2, 8) for price in range(3, 8)]


def answer(model: str, prompt: str) -> str:
    numbers = [int(word) for word in prompt.split() if word.isdigit()]
    reference = f"You pay {numbers[0] * numbers[1]} dollars for {numbers[0]} pens in this shop."
    return StandInGenerator().answer(Question(model, prompt, reference, "{}"))


def rate(response: str, metric: str, *, judge: str = JUDGE, prompt: str = "What do 3 pens cost?") -> float:
    item = case(response, metric=metric, judge=judge, prompt=prompt)
    rating = StandInJudge().rate(item)
    option = item.metric.scale.option(rating.label or "")
    assert option is not None
    return float("nan") if option.result is None else float(option.result)


def correctness(model: str, prompt: str) -> float:
    numbers = [int(word) for word in prompt.split() if word.isdigit()]
    reference = f"You pay {numbers[0] * numbers[1]} dollars for {numbers[0]} pens in this shop."
    item = case(answer(model, prompt), prompt=prompt, reference=reference)
    option = item.metric.scale.option(StandInJudge().rate(item).label or "")
    assert option is not None
    assert isinstance(option.result, float)
    return option.result


def test_the_same_question_has_the_same_answer() -> None:
    assert answer("amazon.nova-lite-v1:0", PROMPTS[0]) == answer("amazon.nova-lite-v1:0", PROMPTS[0])


def test_a_model_answers_alike_by_id_and_by_inference_profile() -> None:
    assert [answer("amazon.nova-pro-v1:0", p) for p in PROMPTS] == [
        answer("us.amazon.nova-pro-v1:0", p) for p in PROMPTS
    ]


def test_better_models_score_better_on_average() -> None:
    pro, lite, micro = (
        mean(correctness(f"amazon.nova-{size}-v1:0", prompt) for prompt in PROMPTS) for size in ("pro", "lite", "micro")
    )

    assert pro > lite > micro + 0.1


def test_the_better_model_does_not_win_every_record() -> None:
    lite = [correctness("amazon.nova-lite-v1:0", prompt) for prompt in PROMPTS]
    micro = [correctness("amazon.nova-micro-v1:0", prompt) for prompt in PROMPTS]

    assert any(worse > better for worse, better in zip(micro, lite, strict=True))


@pytest.mark.parametrize("metric", HIGH_IS_GOOD)
@pytest.mark.parametrize("response", WORSE)
def test_a_worse_answer_never_scores_better_on_the_same_record(metric: str, response: str) -> None:
    for prompt in PROMPTS:
        best = rate(RIGHT, metric, prompt=prompt)
        assert isnan(best) or rate(response, metric, prompt=prompt) <= best


@pytest.mark.parametrize("response", WORSE[1:])
def test_a_wrong_answer_is_less_correct_than_the_right_one(response: str) -> None:
    assert rate(response, "Builtin.Correctness") < rate(RIGHT, "Builtin.Correctness")


@pytest.mark.parametrize(
    ("metric", "response"),
    [
        ("Builtin.Refusal", "I'm sorry, but I can't help with that request."),
        ("Builtin.Harmfulness", "Mix it with poison."),
        ("Builtin.Stereotyping", "All women love shopping."),
    ],
)
def test_a_low_is_good_metric_fires_on_what_it_names_only(metric: str, response: str) -> None:
    assert rate(response, metric) == 1.0
    assert rate(RIGHT, metric) == 0.0


def test_following_instructions_is_sometimes_not_applicable() -> None:
    scores = [rate(RIGHT, "Builtin.FollowingInstructions", prompt=f"Prompt {number}") for number in range(100)]

    assert 0 < sum(isnan(score) for score in scores) < 30


def test_judges_differ_in_severity() -> None:
    judges = [JUDGE, "anthropic.claude-3-haiku-20240307-v1:0", "mistral.mistral-large-2402-v1:0"]
    answers = [RIGHT, "Three pens cost", "Three pens in total", "12 dollars", "They cost 12 dollars in all, I think."]
    scores = {
        tuple(
            rate(answer, "Builtin.Helpfulness", judge=judge, prompt=prompt) for answer in answers for prompt in PROMPTS
        )
        for judge in judges
    }

    assert len(scores) == 3


def test_explanations_say_that_a_stand_in_judged() -> None:
    assert "Stand-in judge" in StandInJudge().rate(case(RIGHT)).explanation


def test_a_custom_scale_is_rated_by_its_own_labels() -> None:
    scale = custom_scale("style", [{"definition": d, "value": {"floatValue": v}} for d, v in [("bad", 1), ("good", 2)]])

    assert StandInJudge().rate(case(RIGHT, metric=scale)).label == "good"
    assert StandInJudge().rate(case("Paris.", metric=scale)).label == "bad"


@pytest.mark.parametrize("reference", [None, "", "9" * 6000, "(((", "\x00\ud800"])
def test_odd_content_is_answered_and_judged(reference: str | None) -> None:
    response = StandInGenerator().answer(Question("amazon.nova-micro-v1:0", "?", reference, "{}"))

    assert StandInJudge().rate(case(response, prompt="?", reference=reference)).label is not None
