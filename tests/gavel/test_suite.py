"""A suite is read whole, and everything wrong with it is told at once."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import hatchling.build
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gavel.datasets.limits import MAX_SUITE_BYTES
from gavel.metrics import BUILTIN_METRICS
from gavel.problems import InvalidInputError, Problem
from gavel.suites.models import ModelKind
from gavel.suites.sample import Allocation, Sample, SampleMethod
from gavel.suites.suite import (
    Latency,
    ResponseMode,
    Suite,
    default_suite,
    default_suite_bytes,
    load_suite,
)

EXAMPLES = Path(__file__).parents[2] / "examples" / "suites"

MINIMAL = """\
version: 1
judges:
  - model: amazon.nova-pro-v1:0
"""


def load(text: str | bytes, *, name: str = "mine") -> Suite:
    return load_suite(text if isinstance(text, bytes) else text.encode(), name=name, file="suite.yaml")


def problems_of(text: str | bytes, *, name: str = "mine") -> list[Problem]:
    with pytest.raises(InvalidInputError) as refused:
        load(text, name=name)
    return refused.value.problems.listed


def the_problem(text: str | bytes) -> Problem:
    (problem,) = problems_of(text)
    return problem


def with_generator(lines: str) -> str:
    """A suite whose only generator is made of these lines; the first of them is line 5 of the file."""
    body = "".join(f"    {line}\n" for line in lines.splitlines())
    return f"{MINIMAL}generators:\n  -\n{body}"


def with_parameters(text: str) -> str:
    return with_generator(f"model: amazon.nova-lite-v1:0\nparameters: {{{text}}}")


# --- What is read ---------------------------------------------------------------------------------------------------


def test_a_full_suite_is_read_as_written() -> None:
    suite = load(
        """\
version: 1
description: the whole of it
generators:
  - model: us.amazon.nova-lite-v1:0
    name: lite
    parameters: {max_tokens: 512, temperature: 0.2, top_p: 1, stop_sequences: [END], additional: {top_k: 50}}
    latency: optimized
  - source: my-app
judges:
  - model: amazon.nova-pro-v1:0
    name: pro
metrics: [Correctness, Builtin.Helpfulness]
dataset:
  max_prompt_bytes: 9000
"""
    )

    lite, app = suite.generators
    assert (suite.name, suite.version, suite.description) == ("mine", 1, "the whole of it")
    assert lite.model is not None
    assert lite.model.kind is ModelKind.INFERENCE_PROFILE
    assert (lite.name, lite.identifier, lite.is_source) == ("lite", "us.amazon.nova-lite-v1:0", False)
    assert lite.latency is Latency.OPTIMIZED
    assert (app.name, app.identifier, app.is_source) == ("my-app", "my-app", True)
    assert [(judge.name, judge.model.text) for judge in suite.judges] == [("pro", "amazon.nova-pro-v1:0")]
    assert suite.metrics == ("Builtin.Correctness", "Builtin.Helpfulness")
    assert suite.dataset.max_prompt_bytes == 9000
    assert (suite.models, suite.sources) == ((lite,), ("my-app",))


def test_a_suite_needs_only_a_version_and_a_judge() -> None:
    suite = load(MINIMAL)

    assert suite.generators == ()
    assert suite.metrics == tuple(metric.name for metric in BUILTIN_METRICS)
    assert (suite.dataset.responses, suite.dataset.max_prompt_bytes) == (ResponseMode.DECLARED, 4096)


def test_a_name_defaults_to_the_model_id() -> None:
    assert load(MINIMAL).judges[0].name == "amazon.nova-pro-v1:0"


def test_the_same_model_may_answer_twice_under_two_names() -> None:
    suite = load(
        MINIMAL
        + "generators:\n"
        + "  - {model: a.b, name: cold, parameters: {temperature: 0}}\n"
        + "  - {model: a.b, name: hot, parameters: {temperature: 1}}\n"
    )

    assert [generator.name for generator in suite.generators] == ["cold", "hot"]


@pytest.mark.parametrize("text", ["on", "2024-01-01", "1:30", "0x1f", "yes", "="])
def test_words_that_older_yaml_changes_stay_text(text: str) -> None:
    assert load(f"{MINIMAL}description: {text}\n").description == text


def test_a_byte_order_mark_and_windows_line_ends_are_accepted() -> None:
    assert load(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode()) == load(MINIMAL)


def test_inference_params_are_the_json_text_of_the_converse_api() -> None:
    suite = load(
        with_parameters("max_tokens: 5, temperature: 0, top_p: 0.5, stop_sequences: [é], additional: {k: [1]}")
    )

    assert suite.generators[0].parameters.inference_params() == (
        '{"inferenceConfig":{"maxTokens":5,"temperature":0.0,"topP":0.5,"stopSequences":["é"]},'
        '"additionalModelRequestFields":{"k":[1]}}'
    )


def test_without_parameters_no_inference_params_are_sent() -> None:
    suite = load(with_generator("model: amazon.nova-lite-v1:0"))

    assert suite.generators[0].parameters.inference_params() is None


# --- The manifest's form --------------------------------------------------------------------------------------------


def test_a_suite_comes_back_from_its_json_the_same() -> None:
    suite = load(with_parameters("max_tokens: 5, stop_sequences: [x], additional: {a: {b: 1}}"))

    assert Suite.from_json(json.loads(json.dumps(suite.to_json()))) == suite


def test_comments_order_and_spelt_out_defaults_do_not_change_the_json() -> None:
    other = (
        "# a comment\n"
        "dataset: {max_prompt_bytes: 4096, responses: declared}\n"
        'judges: [{"name": amazon.nova-pro-v1:0, "model": amazon.nova-pro-v1:0}]\n'
        "version: 1\n"
    )

    assert load(other).to_json() == load(MINIMAL).to_json()


# --- The default suite ----------------------------------------------------------------------------------------------


def test_the_default_suite_is_valid_and_takes_any_dataset() -> None:
    suite = default_suite()

    assert suite.name == "default"
    assert suite.is_auto
    assert [generator.name for generator in suite.generators] == ["nova-lite", "nova-micro"]
    assert len(suite.metrics) == len(BUILTIN_METRICS)


def test_the_default_suites_file_is_what_the_package_ships() -> None:
    assert load_suite(default_suite_bytes(), name="default", file="x") == default_suite()


@pytest.mark.slow
def test_the_built_wheel_holds_the_default_suite(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        wheel = tmp_path / hatchling.build.build_wheel(str(tmp_path))

    assert "gavel/suites/default_suite.yaml" in zipfile.ZipFile(wheel).namelist()


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.yaml")), ids=lambda file: file.name)
def test_every_example_is_a_valid_suite(file: Path) -> None:
    assert load_suite(file.read_bytes(), name=file.stem, file=file.name).judges


def test_there_are_examples() -> None:
    assert len(list(EXAMPLES.glob("*.yaml"))) >= 2


# --- What is refused ------------------------------------------------------------------------------------------------


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


# --- Hostile files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"", None, "is empty"),
        (b"# only a comment\n", None, "is empty"),
        (b"- a\n- b\n", 1, "not a mapping"),
        (b"just text", 1, "not a mapping"),
        (b"version: 1\njudges: [\n", 3, "not valid YAML"),
        (b"version: 1\n\tjudges: x\n", 2, "not valid YAML"),
        (b"version: 1\n---\nversion: 1\n", 2, "not valid YAML"),
        (b"version: 1\nname: \xff\n", 2, "not UTF-8"),
        ("version: 1".encode("utf-16"), 1, "not UTF-8"),
        (b"version: 1\nname: a\0b\n", 2, "control character"),
        (b"x" * (MAX_SUITE_BYTES + 1), None, "larger than 256 KiB"),
        (b"a: " + b"[" * 30 + b"]" * 30, 1, "20 levels"),
        (b"[" * 100_000, 1, "20 levels"),
        (b"{" * 100_000, 1, "20 levels"),
    ],
)
def test_a_file_that_is_no_suite_at_all_is_refused(data: bytes, line: int | None, reason: str) -> None:
    problem = the_problem(data)

    assert problem.line == line
    assert reason in problem.reason


def test_a_yaml_bomb_is_refused_before_it_grows() -> None:
    levels = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]

    found = problems_of("\n".join(levels))

    assert {"anchor" in problem.reason or "alias" in problem.reason for problem in found} == {True}


def test_an_alias_to_itself_is_refused() -> None:
    assert problems_of("a: &a [*a]\n")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system [true]", "!!str 5", "!local x", "!!binary aGk="])
def test_tags_are_refused_with_their_line(tag: str) -> None:
    assert (4, True) in [
        (problem.line, "tag" in problem.reason) for problem in problems_of(f"{MINIMAL}description: {tag}\n")
    ]


def test_a_merge_key_is_just_an_unknown_key() -> None:
    assert the_problem(f"{MINIMAL}<<: {{version: 1}}\n").field == "<<"


def test_a_key_that_is_no_text_is_refused() -> None:
    assert "key" in the_problem(f"{MINIMAL}? [a, b]\n: 1\n").reason


def test_an_escape_sequence_in_a_value_does_not_reach_the_problem() -> None:
    problem = the_problem(f'{MINIMAL}metrics: ["\\e[31mred"]\n')

    assert "\x1b" not in str(problem)


def assert_refused_or_loaded(data: bytes) -> None:
    try:
        suite = load(data)
    except InvalidInputError as error:
        problems = error.problems
    else:
        assert Suite.from_json(suite.to_json()) == suite
        return
    assert problems.count > 0


@given(st.binary(max_size=300))
def test_any_bytes_are_a_suite_or_problems(data: bytes) -> None:
    assert_refused_or_loaded(data)


SCALARS: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PARTS = st.sampled_from(["model", "source", "name", "parameters", "latency", "max_tokens", "additional", "top_p"])


@given(
    st.dictionaries(
        st.sampled_from(["version", "description", "generators", "judges", "metrics", "dataset", "other"]),
        VALUES
        | st.lists(st.dictionaries(PARTS, VALUES, max_size=4), max_size=3)
        | st.just([{"model": "a.b"}])
        | st.just(1),
    )
)
def test_any_values_in_any_place_are_a_suite_or_problems(data: dict[str, Any]) -> None:
    assert_refused_or_loaded(yaml.safe_dump(data).encode())


def with_sample(text: str) -> str:
    """The sample is line 4 of the file."""
    return f"{MINIMAL}sample: {{{text}}}\n"


def test_a_sample_is_random_unless_the_suite_says_more() -> None:
    assert load(with_sample("size: 100")).sample == Sample(size=100)
    assert load(MINIMAL).sample is None


def test_a_sample_is_read_whole_and_comes_back_from_json() -> None:
    suite = load(
        with_sample(
            "size: 100, method: stratified, allocation: equal, minimum_per_category: 5, seed: 9223372036854775807"
        )
    )

    assert suite.sample == Sample(100, SampleMethod.STRATIFIED, Allocation.EQUAL, 5, 2**63 - 1)
    assert Suite.from_json(json.loads(json.dumps(suite.to_json()))) == suite


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("seed: 1", "sample.size"),
        ("size: 0", "sample.size"),
        ("size: 10000001", "sample.size"),
        ("size: 1.5", "sample.size"),
        ("size: 10, method: first", "sample.method"),
        ("size: 10, method: stratified, allocation: fair", "sample.allocation"),
        ("size: 10, seed: -1", "sample.seed"),
        ("size: 10, sead: 1", "sample.sead"),
        ("size: 10, allocation: equal", "sample.allocation"),
        ("size: 10, method: random, minimum_per_category: 2", "sample.minimum_per_category"),
        ("size: 10, method: stratified, minimum_per_category: 11", "sample.minimum_per_category"),
    ],
)
def test_a_sample_that_cannot_be_drawn_is_refused_at_its_field(text: str, field: str) -> None:
    problem = the_problem(with_sample(text))

    assert (problem.line, problem.field) == (4, field)
    assert problem.remedy


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('description: "\\UFFFFFFFF"', "no character or number"),
        ('description: "\\U00110000"', "no character or number"),
        ('description: "\\ud800"', "half of a surrogate pair"),
        ('"\\udfff": 1', "half of a surrogate pair"),
        ('"\\U0000DC00": 1', "half of a surrogate pair"),
    ],
)
def test_an_escape_that_is_no_character_is_refused_with_its_line(text: str, reason: str) -> None:
    problem = the_problem(f"{MINIMAL}{text}\n")

    assert problem.line == 4
    assert reason in problem.reason


def test_a_version_of_yaml_with_thousands_of_digits_is_refused() -> None:
    problem = the_problem(f"%YAML 1.{'1' * 5000}\n---\n{MINIMAL}")

    assert problem.line == 1
    assert "no character or number" in problem.reason


@pytest.mark.parametrize("word", ["yes", "'true'", "1", "[]"])
def test_a_truth_value_is_true_or_false(word: str) -> None:
    problem = the_problem(f"{MINIMAL}reuse: {word}\n")

    assert (problem.line, problem.reason, problem.remedy) == (4, "is neither true nor false", "write true or false")
