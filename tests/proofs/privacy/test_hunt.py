"""What the hunt makes of finds: allowed ones, broken promises, allowances that nothing needs; and of settings."""

from __future__ import annotations

import json

import pytest

from proofs.privacy import places, settings
from proofs.privacy.allowed import ALLOWANCES, allowance
from proofs.privacy.canaries import Field, Flock
from proofs.privacy.hunt import Hunt
from proofs.privacy.places import PLACES, Document
from proofs.privacy.s3_patterns import OTHER, pattern_of

FLOCK = Flock()
# Places of which every document may hold something; in all others a find of any kind is a leak.
WITH_ALLOWANCES = {one.place for one in ALLOWANCES}


def hunt(*documents: Document) -> Hunt:
    return Hunt(FLOCK.all).through(documents)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("canary", [FLOCK.prompt, FLOCK.answer, FLOCK.reference])
def test_a_text_of_the_dataset_in_any_place_but_an_object_of_the_bucket_is_a_broken_promise(
    place: str, canary: object
) -> None:
    data = json.dumps({"message": str(getattr(canary, "text", ""))}).encode()

    (sentence,) = hunt(Document(place, "anywhere", data)).broken

    assert sentence.startswith(f"{place}, anywhere: a canary of the ")


@pytest.mark.parametrize("place", sorted(set(PLACES) - WITH_ALLOWANCES))
@pytest.mark.parametrize("canary", [FLOCK.file, FLOCK.source, FLOCK.live, FLOCK.category])
def test_a_name_in_a_place_without_an_allowance_is_a_broken_promise(place: str, canary: object) -> None:
    found = hunt(Document(place, "message", str(getattr(canary, "name", "")).encode()))

    assert len(found.broken) == 1
    assert "**leak**" in found.matrix()


def test_an_allowed_find_is_none_and_the_same_text_one_attribute_further_is() -> None:
    key = Document(places.TABLE, "EVALUATION/HEAD.dataset_key", FLOCK.file.name.encode())
    status = Document(places.TABLE, "EVALUATION/HEAD.status", FLOCK.file.name.encode())

    assert hunt(key).broken == ()
    assert len(hunt(key, status).broken) == 1


def test_an_allowance_that_nothing_needs_is_told() -> None:
    everything = hunt()

    assert len(everything.unused) == sum(1 for one in ALLOWANCES if one.seen_on_twin)
    assert len(hunt(Document(places.OBJECTS, "datasets/*", FLOCK.prompt.text.encode())).unused) == (
        len(everything.unused) - 1
    )


@pytest.mark.parametrize("field", [Field.PROMPT, Field.ANSWER, Field.REFERENCE])
def test_texts_are_allowed_in_objects_of_the_bucket_alone(field: Field) -> None:
    assert {one.place for one in ALLOWANCES if field in one.fields} == {places.OBJECTS}
    assert allowance(places.OBJECTS, "evaluations/*/summary.json", field) is None


def test_every_allowance_is_about_a_place_and_says_why() -> None:
    assert {one.place for one in ALLOWANCES} <= set(PLACES)
    assert [one for one in ALLOWANCES if len(one.reason) < 15] == []


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        ("datasets/a/b c.jsonl", "datasets/*"),
        ("evaluations/x/bedrock/job/id/models/m/a_output.jsonl", "evaluations/*/bedrock/*"),
        ("evaluations/x/report.html", "evaluations/*/report.html"),
        ("evaluations/x/plan/jobs.jsonl", "evaluations/*/plan/*.jsonl"),
        ("evaluations/x/elsewhere/a.txt", OTHER),
        ("prices.yaml", OTHER),
    ],
)
def test_a_key_is_told_by_its_pattern(key: str, pattern: str) -> None:
    assert pattern_of(key) == pattern


def test_settings_that_let_data_into_a_log_are_told() -> None:
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"LoggingConfiguration": {}}}
    log = {"Format": json.dumps({"path": "$context.path", "status": "$context.status"})}
    stage = {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"AccessLogSettings": log}}

    told = list(settings.of_template({"Resources": {"a": machine, "b": stage}}))

    assert [sentence.split(";")[0] for sentence in told] == [
        "the state machine's log includes execution data",
        "the API's access log has the field path ($context.path), which may hold data (infra/api.py)",
    ]
    assert len(list(settings.of_template({"Resources": {}}))) == 2
