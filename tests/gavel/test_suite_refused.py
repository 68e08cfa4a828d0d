"""A suite that cannot be is refused, every problem of it with its line, its reason and its remedy."""

from __future__ import annotations

import pytest

from tests.gavel.suite_builders import MINIMAL, load, problems_of, the_problem, with_generator, with_parameters


def test_every_problem_is_told_at_once_in_the_order_of_the_lines() -> None:
    found = problems_of(
        """\
version: 2
generatorz: []
generators:
  - model: Amazon.Nova
    parameters: {temperature: 2}
  - {}
judges:
  - modell: amazon.nova-pro-v1:0
metrics: [Corectness]
dataset: {max_prompt_bytes: 0}
"""
    )

    assert [(problem.line, problem.field) for problem in found] == [
        (1, "version"),
        (2, "generatorz"),
        (4, "generators[0].model"),
        (5, "generators[0].parameters.temperature"),
        (6, "generators[1]"),
        (8, "judges[0].model"),
        (8, "judges[0].modell"),
        (9, "metrics[0]"),
        (10, "dataset.max_prompt_bytes"),
    ]
    assert all(problem.file == "suite.yaml" and problem.reason and problem.remedy for problem in found)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("judgess", "judges"), ("Metrics", "metrics"), ("generator", "generators"), ("data-set", "dataset")],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(wrong: str, right: str) -> None:
    problem = the_problem(f"{MINIMAL}{wrong}: x\n")

    assert (problem.line, problem.field) == (4, wrong)
    assert f"did you mean `{right}`?" in problem.remedy


def test_an_unknown_key_deep_inside_is_compared_with_the_keys_of_its_place() -> None:
    problem = the_problem(with_parameters("max_token: 5"))

    assert problem.field == "generators[0].parameters.max_token"
    assert "did you mean `max_tokens`?" in problem.remedy


def test_a_key_like_no_other_is_refused_with_the_list_of_known_ones() -> None:
    problem = the_problem(f"{MINIMAL}zzz: 1\n")

    assert "did you mean" not in problem.remedy
    assert "version, description, generators, judges, metrics, custom_judge, dataset" in problem.remedy


def test_a_key_that_stands_twice_is_refused_with_both_lines() -> None:
    problem = the_problem(f"{MINIMAL}version: 1\n")

    assert (problem.line, problem.field) == (4, "version")
    assert "line 1" in problem.reason


def test_an_unknown_metric_is_refused_with_the_nearest_one() -> None:
    problem = the_problem(f"{MINIMAL}metrics:\n  - Correctness\n  - Builtin.helpfulnes\n")

    assert (problem.line, problem.field) == (6, "metrics[1]")
    assert "did you mean Helpfulness?" in problem.remedy


def test_a_metric_listed_under_both_its_names_is_refused() -> None:
    problem = the_problem(f"{MINIMAL}metrics: [Refusal, Builtin.Refusal]\n")

    assert problem.field == "metrics[1]"
    assert "twice" in problem.reason


def test_two_generators_of_one_name_are_refused_with_the_line_of_the_first() -> None:
    problem = the_problem(f"{MINIMAL}generators:\n  - model: a.b\n  - model: a.c\n    name: a.b\n")

    assert (problem.line, problem.field) == (7, "generators[1].name")
    assert "line 5" in problem.reason


def test_two_unnamed_judges_of_one_model_are_told_to_take_names() -> None:
    problem = the_problem("version: 1\njudges:\n  - model: a.b\n  - model: a.b\n")

    assert (problem.line, problem.field) == (4, "judges[1].name")
    assert "`name`" in problem.remedy


def test_one_source_cannot_be_declared_twice_even_under_two_names() -> None:
    problem = the_problem(f"{MINIMAL}generators:\n  - {{source: app, name: a}}\n  - {{source: app, name: b}}\n")

    assert problem.field == "generators[1].source"


def test_a_generator_and_a_judge_may_share_a_name() -> None:
    assert load(f"{MINIMAL}generators: [{{model: amazon.nova-pro-v1:0}}]\n").generators


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ("max_tokens: 0", "max_tokens"),
        ("max_tokens: 1.5", "max_tokens"),
        ("max_tokens: true", "max_tokens"),
        ("max_tokens: '5'", "max_tokens"),
        ("max_tokens: 99999999999999999999999999999999999", "max_tokens"),
        ("temperature: -0.1", "temperature"),
        ("temperature: 1.01", "temperature"),
        ("temperature: .nan", "temperature"),
        ("temperature: 1e999", "temperature"),
        ("top_p: 2", "top_p"),
        ("top_p: high", "top_p"),
        ("stop_sequences: END", "stop_sequences"),
        ("stop_sequences: ['']", "stop_sequences[0]"),
        ("additional: [1]", "additional"),
    ],
)
def test_a_parameter_out_of_its_range_is_refused(parameters: str, field: str) -> None:
    problem = the_problem(with_parameters(parameters))

    assert (problem.line, problem.field) == (7, f"generators[0].parameters.{field}")


@pytest.mark.parametrize("parameters", ["max_tokens: 1", "temperature: 0", "temperature: 1", "top_p: 1.0"])
def test_the_ends_of_each_range_are_taken(parameters: str) -> None:
    assert load(with_parameters(parameters)).generators[0].parameters.inference_params()


def test_parameters_that_json_cannot_say_are_refused() -> None:
    problem = the_problem(with_parameters("additional: {k: .inf}"))

    assert problem.field == "generators[0].parameters"


@pytest.mark.parametrize(("length", "accepted"), [(982, True), (983, False)])
def test_inference_params_may_take_1023_characters(length: int, accepted: bool) -> None:
    text = with_parameters(f"additional: {{k: '{'x' * length}'}}")

    if accepted:
        assert len(load(text).generators[0].parameters.inference_params() or "") == 1023
    else:
        assert "1024 characters" in the_problem(text).reason


@pytest.mark.parametrize(
    ("generator", "reason"),
    [
        ("{}", "neither a model nor a source"),
        ("name: x", "neither a model nor a source"),
        ("model: a.b\nsource: app", "both a model and a source"),
        ("model: a.b\nlatency: fast", "none of"),
        ("model: knowledge", "names no provider"),
        ("source: has blank", "not a source id"),
        ("source: -dash", "not a source id"),
        ("source: 5", "not text"),
        ("source: app\nlatency: standard", "no meaning for a source"),
        ("source: app\nparameters: {max_tokens: 5}", "no meaning for a source"),
        ("model: a.b\nname: ''", "blank"),
        ("model: a.b\nname: ' x'", "blank"),
        ('model: a.b\nname: "a\\e[31m"', "cannot be seen"),
        ("model: a.b\nname: a#b", "holds `#`"),
        (f"model: a.b\nname: {'n' * 101}", "longer than 100"),
        ("model: arn:aws:bedrock:us-east-1:123456789012:custom-model/a.b/abcdefghij01", "custom model"),
    ],
)
def test_a_generator_that_cannot_be_is_refused(generator: str, reason: str) -> None:
    assert reason in the_problem(with_generator(generator)).reason


def test_an_application_inference_profile_cannot_judge() -> None:
    problem = the_problem(
        "version: 1\njudges:\n"
        "  - model: arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghij01\n"
    )

    assert (problem.line, problem.field) == (3, "judges[0].model")
    assert "may judge" in problem.reason


def test_a_judge_nobody_listed_is_not_refused() -> None:
    assert load("version: 1\njudges: [{model: newprovider.judge-v9:0}]\n").judges


@pytest.mark.parametrize(
    ("lines", "field", "reason"),
    [
        ("judges: []", "judges", "empty"),
        ("judges:", "judges", "not a list"),
        ("judges: {model: a.b}", "judges", "not a list"),
        ("judges: [a.b]", "judges[0]", "not a mapping"),
    ],
)
def test_judges_have_to_be_a_list_of_mappings(lines: str, field: str, reason: str) -> None:
    problem = the_problem(f"version: 1\n{lines}\n")

    assert problem.field == field
    assert reason in problem.reason


@pytest.mark.parametrize("lines", ["generators: []", "metrics: []"])
def test_an_empty_list_is_refused_rather_than_taken_as_absent(lines: str) -> None:
    assert the_problem(f"{MINIMAL}{lines}\n").reason == "is empty"


@pytest.mark.parametrize("version", ["2", "0", "'1'", "true", "1.0"])
def test_only_version_1_is_known(version: str) -> None:
    problem = the_problem(MINIMAL.replace("version: 1", f"version: {version}"))

    assert problem.field == "version"
    assert problem.remedy == "write `version: 1`"


def test_a_missing_version_is_asked_for() -> None:
    problem = the_problem("judges: [{model: a.b}]\n")

    assert (problem.line, problem.field, problem.reason) == (1, "version", "is missing")


def test_auto_without_a_generator_is_refused() -> None:
    problem = the_problem(f"{MINIMAL}dataset: {{responses: auto}}\n")

    assert problem.field == "dataset.responses"


def test_auto_with_a_declared_source_is_refused() -> None:
    text = f"{MINIMAL}generators: [{{model: a.b}}, {{source: app}}]\ndataset: {{responses: auto}}\n"

    assert the_problem(text).field == "generators[1].source"


@pytest.mark.parametrize("name", ["", "Upper", "a--b", "-a", "a_b", "x" * 41, "a/b", "a\n"])
def test_a_name_that_fits_no_s3_key_is_refused(name: str) -> None:
    (problem,) = problems_of(MINIMAL, name=name)

    assert "suite's name" in problem.reason


@pytest.mark.parametrize("word", ["yes", "'true'", "1", "[]"])
def test_a_truth_value_is_true_or_false(word: str) -> None:
    problem = the_problem(f"{MINIMAL}reuse: {word}\n")

    assert (problem.line, problem.reason, problem.remedy) == (4, "is neither true nor false", "write true or false")
