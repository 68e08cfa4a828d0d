"""Metrics of a suite's own: read with all of Bedrock's limits, asked for where Bedrock needs them, scored by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
import yaml
from botocore.validate import ParamValidator

from gavel.datasets.reader import read_dataset, rules_for
from gavel.metrics import Direction
from gavel.planning.plan import plan_jobs
from gavel.planning.request import evaluation_job_request, judge_models
from gavel.planning.reuse import content_hash
from gavel.problems import InvalidInputError, Problem, Problems
from gavel.suites.custom_metrics import Rating
from gavel.suites.suite import Suite, load_suite
from tests.gavel.planning_builders import manifest_of

if TYPE_CHECKING:
    from pathlib import Path

TONE = {
    "name": "brand-voice",
    "instructions": "Rate the tone.\n{{prompt}}\n{{prediction}}",
    "scale": [{"definition": "off brand", "value": 1}, {"definition": "on brand", "value": 5}],
}
SAFE = {
    "name": "Policy.Check_1",
    "instructions": "Does it keep the policy? {{prediction}}",
    "scale": [{"definition": "keeps it", "value": "Pass"}, {"definition": "breaks it", "value": "Fail"}],
}


def document(*metrics: Any, **more: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "generators": [{"model": "amazon.nova-lite-v1:0"}],
        "judges": [{"model": "amazon.nova-pro-v1:0", "name": "pro"}],
        "metrics": list(metrics),
        **more,
    }


class Plain(yaml.SafeDumper):
    """YAML without anchors, which a suite may not have."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def load(*metrics: Any, **more: Any) -> Suite:
    return load_suite(yaml.dump(document(*metrics, **more), Dumper=Plain).encode(), name="mine", file="suite.yaml")


def problems_of(*metrics: Any, **more: Any) -> list[Problem]:
    with pytest.raises(InvalidInputError) as refused:
        load(*metrics, **more)
    return refused.value.problems.listed


def problem_of(*metrics: Any, **more: Any) -> Problem:
    (problem,) = problems_of(*metrics, **more)
    return problem


def request_of(suite: Suite, judge: int = 0) -> dict[str, Any]:
    manifest = manifest_of(suite)
    job = next(job for job in plan_jobs("mine-0123456789abcdef", suite, [3]) if job.judge == judge)
    return evaluation_job_request(manifest, job, bucket="a-bucket", role_arn="arn:aws:iam::123456789012:role/bedrock")


# --- What is read ---------------------------------------------------------------------------------------------------


def test_numbers_and_labels_are_read_beside_built_in_metrics() -> None:
    suite = load("Correctness", {**TONE, "better": "lower", "description": "Ours?"}, SAFE)

    assert suite.metrics == ("Builtin.Correctness", "brand-voice", "Policy.Check_1")
    tone, safe = suite.custom_metrics
    assert tone.scale == (Rating("off brand", 1.0), Rating("on brand", 5.0))
    assert (tone.direction, tone.description) == (Direction.LOWER, "Ours?")
    assert [rating.value for rating in safe.scale] == ["Pass", "Fail"]
    assert Suite.from_json(suite.to_json()) == suite


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"name": "two words"}, "name", "is not a metric's name that Bedrock takes"),
        ({"name": "a" * 64}, "name", "is not a metric's name that Bedrock takes"),
        ({"name": "correctness"}, "name", "`correctness` is the name of a built-in metric"),
        ({"name": "Builtin.Mine"}, "name", "`Builtin.Mine` is the name of a built-in metric"),
        ({"instructions": "{{prediction}}" + "x" * 4987}, "instructions", "has 5,001 characters, and Bedrock takes"),
        ({"instructions": "Rate {{prompt}}"}, "instructions", "does not use {{prediction}}"),
        ({"instructions": "{{prediction}} {{response}}"}, "instructions", "uses `{{response}}`, which the judge would"),
        ({"instructions": "{{ prediction }}"}, "instructions", "uses `{{ prediction }}`, which the judge would"),
        ({"scale": []}, "scale", "is empty"),
        ({"scale": TONE["scale"][:1]}, "scale", "has 1 of at least 2 entries"),
        ({"scale": [{"definition": f"d{n}", "value": n} for n in range(11)]}, "scale", "has 11 entries, and 10 are"),
        ({"better": "up"}, "better", "is none of 'higher' or 'lower'"),
    ],
)
def test_every_limit_of_bedrock_is_checked(change: dict[str, Any], field: str, reason: str) -> None:
    problem = problem_of({**TONE, **change})

    assert (problem.field, problem.line is None) == (f"metrics[0].{field}", False)
    assert problem.reason.startswith(reason)
    assert problem.remedy


@pytest.mark.parametrize(
    ("rating", "field", "reason"),
    [
        ({"definition": "x" * 101, "value": 2}, "definition", "has 101 characters, and Bedrock takes 100"),
        ({"definition": " ", "value": 2}, "definition", "is blank"),
        ({"definition": "x", "value": True}, "value", "is neither a number nor a label"),
        ({"definition": "x", "value": None}, "value", "is neither a number nor a label"),
        ({"definition": "x", "value": float("inf")}, "value", "is not a finite number"),
        ({"definition": "x", "value": "y" * 101}, "value", "is no label that results can hold"),
        ({"definition": "x", "value": " Pass"}, "value", "is no label that results can hold"),
        ({"definition": "x", "value": "3"}, "value", "`3` is a label that reads as a number"),
        ({"definition": "x", "value": "NaN"}, "value", "`NaN` is a label that reads as a number"),
    ],
)
def test_every_rating_is_checked(rating: dict[str, Any], field: str, reason: str) -> None:
    problem = problem_of({**TONE, "scale": [{"definition": "first", "value": 1}, rating]})

    assert problem.field == f"metrics[0].scale[1].{field}"
    assert problem.reason.startswith(reason)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"scale": [{"definition": "a", "value": 1}, {"definition": "b", "value": "two"}]}, "has a scale that mixes"),
        ({"scale": [{"definition": "a", "value": 1}, {"definition": "b", "value": 1.0}]}, "has the same value twice"),
        ({"scale": [{"definition": "a", "value": 1}, {"definition": "a", "value": 2}]}, "has the same definition"),
        ({**SAFE, "better": "higher"}, "has `better`, while labels have no order"),
    ],
)
def test_a_scale_has_one_kind_and_no_rating_twice(change: dict[str, Any], reason: str) -> None:
    problem = problem_of({**TONE, **change})

    assert problem.field == "metrics[0]"
    assert problem.reason.startswith(reason)


def test_an_unknown_key_of_a_metric_is_told_with_the_nearest_one() -> None:
    unknown = problem_of({**TONE, "instruction": "x"})
    assert (unknown.field, unknown.reason) == ("metrics[0].instruction", "is not a known key")
    assert unknown.remedy.startswith("did you mean `instructions`?")
    in_scale = problem_of({**TONE, "scale": [*TONE["scale"], {"definition": "x", "value": 9, "label": "y"}]})
    assert in_scale.field == "metrics[0].scale[2].label"


def test_everything_wrong_with_several_metrics_is_told_at_once() -> None:
    problems = problems_of({**TONE, "name": "a b"}, {**SAFE, "instructions": "no variable"}, "Corectness")

    assert sorted(problem.field or "" for problem in problems) == [
        "metrics[0].name",
        "metrics[1].instructions",
        "metrics[2]",
    ]


def test_a_name_stands_once_and_ten_metrics_are_the_most() -> None:
    assert problem_of(TONE, TONE).reason.startswith("brand-voice is listed twice")
    many = [{**TONE, "name": f"own-{number}"} for number in range(11)]
    assert problem_of(*many).reason == "defines 11 metrics of its own, and Bedrock takes 10 in a job"


def test_a_judge_for_custom_metrics_alone_needs_both_kinds_of_metrics_and_a_name_of_its_own() -> None:
    own = {"model": "amazon.nova-premier-v1:0", "name": "own"}

    assert load("Refusal", TONE, custom_judge=own).all_judges[-1].name == "own"
    assert "defines no metric of its own" in problem_of("Refusal", custom_judge=own).reason
    assert "nothing is left for `judges`" in problem_of(TONE, custom_judge=own).reason
    assert problem_of("Refusal", TONE, custom_judge={**own, "name": "pro"}).field == "custom_judge.name"
    wrong = {"model": "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghij01"}
    assert problem_of("Refusal", TONE, custom_judge=wrong).field == "custom_judge.model"


# --- What Bedrock is asked for --------------------------------------------------------------------------------------


def bedrock_model() -> Any:
    model = botocore.session.get_session().get_service_model("bedrock")
    return model.operation_model("CreateEvaluationJob").input_shape


def test_custom_metrics_are_defined_and_listed_with_their_scales() -> None:
    request = request_of(load("Correctness", TONE, SAFE))

    automated = request["evaluationConfig"]["automated"]
    assert automated["datasetMetricConfigs"][0]["metricNames"] == [
        "Builtin.Correctness",
        "brand-voice",
        "Policy.Check_1",
    ]
    pro = {"bedrockEvaluatorModels": [{"modelIdentifier": "amazon.nova-pro-v1:0"}]}
    assert automated["evaluatorModelConfig"] == pro
    assert automated["customMetricConfig"]["evaluatorModelConfig"] == pro
    tone, safe = [one["customMetricDefinition"] for one in automated["customMetricConfig"]["customMetrics"]]
    assert tone["ratingScale"][0] == {"definition": "off brand", "value": {"floatValue": 1.0}}
    assert safe["ratingScale"][1] == {"definition": "breaks it", "value": {"stringValue": "Fail"}}
    assert not ParamValidator().validate(request, bedrock_model()).has_errors()


def test_a_suite_of_custom_metrics_alone_has_no_judge_of_built_in_ones() -> None:
    automated = request_of(load(TONE))["evaluationConfig"]["automated"]

    assert "evaluatorModelConfig" not in automated
    assert "customMetricConfig" not in request_of(load("Correctness"))["evaluationConfig"]["automated"]


def test_a_judge_for_custom_metrics_alone_works_in_the_jobs_of_the_first_judge() -> None:
    suite = load(
        "Correctness",
        TONE,
        generators=[{"source": "app"}],
        judges=[{"model": "amazon.nova-pro-v1:0", "name": "pro"}, {"model": "amazon.nova-micro-v1:0", "name": "micro"}],
        custom_judge={"model": "us.amazon.nova-premier-v1:0", "name": "own"},
    )

    assert suite.judge_names(0) == {"Builtin.Correctness": "pro", "brand-voice": "own"}
    assert suite.judge_names(1) == {"Builtin.Correctness": "micro"}
    assert judge_models(request_of(suite)) == ("amazon.nova-premier-v1:0", "amazon.nova-pro-v1:0")
    assert judge_models(request_of(suite, judge=1)) == ("amazon.nova-micro-v1:0",)


def test_without_one_every_judge_scores_every_metric() -> None:
    suite = load("Refusal", TONE, judges=[{"model": "amazon.nova-pro-v1:0"}, {"model": "amazon.nova-micro-v1:0"}])

    assert suite.scored_in(1) == {"Builtin.Refusal": 1, "brand-voice": 1}


def test_another_text_or_scale_of_a_metric_is_other_work() -> None:
    def digest(*metrics: Any) -> str:
        return content_hash(request_of(load(*metrics)), shard_sha256="d", repeat=0)

    other_scale = {**TONE, "scale": [{"definition": "off brand", "value": 0}, {"definition": "on brand", "value": 5}]}
    hashes = {
        digest("Refusal", TONE),
        digest("Refusal", {**TONE, "instructions": "{{prediction}}"}),
        digest("Refusal", other_scale),
        digest("Refusal"),
    }
    assert len(hashes) == 4
    assert digest("Refusal", TONE) == digest("Refusal", {**TONE, "description": "shown to people alone"})


# --- What the dataset has to bring ----------------------------------------------------------------------------------


def test_a_metric_that_reads_the_reference_needs_one_in_every_record(tmp_path: Path) -> None:
    suite = load({**TONE, "instructions": "{{prediction}} {{ground_truth}}"})
    file = tmp_path / "data.jsonl"
    file.write_bytes(
        b'{"prompt": "a", "referenceResponse": "b"}\n{"prompt": "a"}\n{"prompt": "c", "referenceResponse": " "}\n'
    )
    problems = Problems()
    with file.open("rb") as stream:
        records = list(read_dataset(stream, file="data.jsonl", rules=rules_for(suite), problems=problems))

    assert len(records) == 1
    assert [(one.line, one.field, one.reason.split(",")[0]) for one in problems.listed] == [
        (2, "referenceResponse", "is missing"),
        (3, "referenceResponse", "is blank"),
    ]
    assert "`brand-voice`" in problems.listed[0].reason
