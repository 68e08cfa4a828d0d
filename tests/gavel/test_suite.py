"""A suite is read whole, and everything wrong with it is told at once."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import hatchling.build
import pytest

from gavel.metrics import BUILTIN_METRICS
from gavel.suites.models import ModelKind
from gavel.suites.suite import Latency, ResponseMode, Suite, default_suite, default_suite_bytes, load_suite
from tests.gavel.suite_builders import MINIMAL, load, with_generator, with_parameters

EXAMPLES = Path(__file__).parents[2] / "examples" / "suites"


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
