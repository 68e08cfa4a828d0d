"""Rule packs and cfn-lint over the whole template, and how findings are held against notes and the checked-in list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.acknowledge import acknowledge
from infra.config import EnvironmentConfig, Removal
from proofs.compliance import acknowledged
from proofs.compliance.checkov import read_answer
from proofs.compliance.findings import Checked, Finding, Note, settle
from proofs.compliance.linter import cfn_lint
from proofs.compliance.seeded import SEEDED, spoil
from proofs.compliance.settings import DEFAULTS, EVERY_OPTION, SETTINGS
from proofs.compliance.stack import PACKS, Built, build, read_report
from proofs.compliance.trial import WITHOUT_CHECKOV, unused, without_checkov
from proofs.scanners import ScannerError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aws_cdk as cdk

NOTE = Note("AwsSolutions::AwsSolutions-S1", "Storage/Bucket", "because")


@pytest.fixture(scope="module")
def stacks() -> Mapping[str, Built]:
    return {name: build(config) for name, config in SETTINGS.items()}


@pytest.fixture(scope="module")
def checked(stacks: Mapping[str, Built]) -> Mapping[str, Checked]:
    return {name: without_checkov(built) for name, built in stacks.items()}


@pytest.mark.parametrize("settings", [DEFAULTS, EVERY_OPTION])
def test_nothing_is_open(checked: Mapping[str, Checked], settings: str) -> None:
    assert checked[settings].open == ()


def test_what_is_acknowledged_is_what_the_checked_in_list_says(checked: Mapping[str, Checked]) -> None:
    found = {name: one.used for name, one in checked.items()}
    assert acknowledged.differences(acknowledged.read(), found, packs=WITHOUT_CHECKOV) == []


@pytest.mark.parametrize("settings", [DEFAULTS, EVERY_OPTION])
def test_every_note_of_packs_and_cfn_lint_acknowledges_something(
    stacks: Mapping[str, Built], checked: Mapping[str, Checked], settings: str
) -> None:
    notes = frozenset(note for note in stacks[settings].all_notes if note.pack in WITHOUT_CHECKOV)
    assert unused(notes, checked[settings].used) == []


@pytest.mark.parametrize("settings", [DEFAULTS, EVERY_OPTION])
def test_every_note_for_checkov_is_in_the_list(stacks: Mapping[str, Built], settings: str) -> None:
    listed = {note for note in acknowledged.read()[settings] if note.pack == "Checkov"}
    assert {note for note in stacks[settings].all_notes if note.pack == "Checkov"} == listed


def test_every_reason_is_a_sentence(stacks: Mapping[str, Built]) -> None:
    reasons = {note.reason for built in stacks.values() for note in built.all_notes}
    assert reasons
    assert [reason for reason in reasons if len(reason) < 40 or not reason.endswith(".")] == []


def test_other_settings_open_nothing() -> None:
    config = EnvironmentConfig(name="production", customer_key="create", removal=Removal.DESTROY, cors_origins=())
    assert build(config).packs.open == ()


def test_a_finding_that_nobody_acknowledged_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.table.acknowledge", lambda *_: None)
    found = build(EnvironmentConfig(name="production")).packs.open
    assert [sentence.partition(": ")[0] for sentence in found] == [
        f"{pack}::{pack}-DynamoDBInBackupPlan at Evaluations/Table/Resource"
        for pack in ("NIST.800.53.R5", "HIPAA.Security")
    ]


def test_every_pack_finds_what_is_put_in_for_it() -> None:
    found = {
        sentence.partition(" at ")[0] for sentence in build(EnvironmentConfig(name="production"), spoil).packs.open
    }
    assert [one for one in SEEDED if one.partition("::")[0] in PACKS and one not in found] == []


def test_a_note_that_acknowledges_nothing_is_told() -> None:
    def spare(stack: cdk.Stack) -> None:
        acknowledge(stack, {"AwsSolutions::AwsSolutions-EC23": "No group is open."})

    built = build(EnvironmentConfig(name="production"), spare)
    (told,) = (one for one in unused(built.all_notes, without_checkov(built).used) if "Checkov" not in one)
    assert "AwsSolutions-EC23 at the stack" in told


def test_the_nearest_note_holds_for_a_resource(stacks: Mapping[str, Built]) -> None:
    (logical_id,) = (
        name
        for name, item in stacks[DEFAULTS].template["Resources"].items()
        if item["Type"] == "AWS::StepFunctions::StateMachine"
    )
    held = stacks[DEFAULTS].notes[logical_id]
    assert held["CfnLint::E3601"].at == "Workflow/Machine/StateMachine"
    assert held["CfnLint::I1022"].at == ""


def test_the_linter_finds_a_wrong_property(stacks: Mapping[str, Built]) -> None:
    template = stacks[DEFAULTS].template
    ((name, table),) = (item for item in template["Resources"].items() if item[1]["Type"] == "AWS::DynamoDB::Table")
    broken = {
        **template,
        "Resources": {
            **template["Resources"],
            name: {**table, "Properties": {**table["Properties"], "BillingMode": "PAY_NEVER"}},
        },
    }
    assert [one.logical_id for one in cfn_lint(broken) if "PAY_NEVER" in one.text] == [name]


def test_a_finding_is_settled_by_a_note_of_its_own_resource_only() -> None:
    finding = Finding("Checkov::CKV_AWS_18", "Bucket", "logging")
    note = Note("Checkov::CKV_AWS_18", "Storage/Bucket", "because")
    assert settle([finding, finding], {"Bucket": {note.id: note}}) == Checked((), {note: 2})
    assert settle([finding], {"Other": {note.id: note}}).open == ("Checkov::CKV_AWS_18 at Bucket: logging",)


def test_the_list_tells_what_is_new_gone_and_counted_otherwise() -> None:
    assert acknowledged.differences({"a": {NOTE: 1}}, {"a": {NOTE: 1}}) == []
    assert acknowledged.differences({"a": {NOTE: 1}}, {"a": {NOTE: 2}}) == [
        "a: AwsSolutions::AwsSolutions-S1 at Storage/Bucket (1) is listed and not found",
        "a: AwsSolutions::AwsSolutions-S1 at Storage/Bucket (2) is not listed",
    ]
    assert len(acknowledged.differences({}, {"a": {NOTE: 1}})) == 1
    assert acknowledged.differences({}, {"a": {NOTE: 1}}, packs=frozenset({"Checkov"})) == []


def test_the_list_is_read_as_it_was_written(tmp_path: Any) -> None:
    lists = {"a": {NOTE: 1, Note(NOTE.id, "Other", NOTE.reason): 3}, "b": {Note("Checkov::X", "", "why"): 1}}
    file = tmp_path / "list.json"
    file.write_text(acknowledged.as_text(lists), encoding="utf-8")
    assert acknowledged.read(file) == lists


def test_a_report_without_a_pack_is_no_answer() -> None:
    with pytest.raises(RuntimeError, match=r"PCI\.DSS\.321"):
        read_report({"pluginReports": [{"pluginName": name, "violations": []} for name in list(PACKS)[:-1]]})


def answer_of_checkov(**summary: int) -> dict[str, Any]:
    failed = {"check_id": "CKV_AWS_18", "resource": "AWS::S3::Bucket.Mine", "check_name": "logging"}
    return {
        "summary": {"passed": 7, "parsing_errors": 0, "resource_count": 2} | summary,
        "results": {"failed_checks": [failed]},
    }


def test_checkovs_answer_is_read_by_resource() -> None:
    answer = read_answer(answer_of_checkov(), resources=2)
    assert answer.findings == (Finding("Checkov::CKV_AWS_18", "Mine", "logging"),)
    assert answer.passed == 7


@pytest.mark.parametrize("summary", [{"parsing_errors": 1}, {"resource_count": 1}])
def test_an_answer_of_checkov_about_less_than_the_template_is_none(summary: dict[str, int]) -> None:
    with pytest.raises(ScannerError, match="of 2 resources"):
        read_answer(answer_of_checkov(**summary), resources=2)


def test_a_finding_without_its_pack_cannot_be_acknowledged() -> None:
    def silent(stack: cdk.Stack) -> None:
        acknowledge(stack, {"AwsSolutions-S1": "it would leave no trace in the report."})

    with pytest.raises(ValueError, match="with its pack in front"):
        build(EnvironmentConfig(name="production"), silent)
