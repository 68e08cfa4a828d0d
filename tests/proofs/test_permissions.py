"""The proof of least privilege tells of what it is there to find, each defect put into a copy of the template."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from proofs.permissions import page
from proofs.permissions.account import Account
from proofs.permissions.calls import Call, Recorded, read_decisions
from proofs.permissions.engines import Question, Verdict, ask
from proofs.permissions.examination import Examination, examine, wildcards
from proofs.permissions.synthesis import Environment, environments

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Template = dict[str, Any]


@pytest.fixture(scope="module")
def default() -> Environment:
    return environments()[0]


@pytest.fixture(scope="module")
def broken(default: Environment) -> list[str]:
    """What is told of a template with every defect of DEFECTS in it."""
    template = copy.deepcopy(dict(default.account.template))
    for damage in DEFECTS.values():
        damage(template, default.account)
    account = Account(template, default.account.stack)
    _, wrong = wildcards(account, default.reasons)
    # The roles and doors that were damaged are enough: every question costs time.
    examination = examine(account, Recorded.read())
    concerned = {"check_job", "collect_scores", account.role_arn("bedrock")}
    few = Examination(
        account,
        [pair for pair in examination.asked if pair[0].who in concerned or pair[0].resource in concerned],
        {part: tried for part, tried in examination.without.items() if part.statement.owner in concerned},
    )
    return [*wrong, *few.broken(ask(few.questions))]


def policy_of(template: Template, account: Account, role: str) -> list[dict[str, Any]]:
    """The statements of a role's policy in the template."""
    (statements,) = (
        item["Properties"]["PolicyDocument"]["Statement"]
        for item in template["Resources"].values()
        if item["Type"] == "AWS::IAM::Policy" and {"Ref": account.roles[role]} in item["Properties"]["Roles"]
    )
    found: list[dict[str, Any]] = statements
    return found


def more_than_is_needed(template: Template, account: Account) -> None:
    statement = {"Sid": "Extra", "Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::any/one"}
    policy_of(template, account, "check_job").append(statement)


def less_than_is_needed(template: Template, account: Account) -> None:
    statements = policy_of(template, account, "collect_scores")
    statements[:] = [one for one in statements if one.get("Sid") != "Tag"]


def a_wildcard(template: Template, account: Account) -> None:
    wild = {"Sid": "Wild", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::any/*"}
    policy_of(template, account, "check_job").append(wild)


def no_condition_in_a_trust_policy(template: Template, account: Account) -> None:
    role = template["Resources"][account.roles["bedrock"]]
    del role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]


DEFECTS: Mapping[str, Callable[[Template, Account], None]] = {
    "check_job, Extra (statement): nothing changes without it": more_than_is_needed,
    "collect_scores: s3:PutObjectTagging on": less_than_is_needed,
    "check_job, Wild: allows s3:Get* by wildcard": a_wildcard,
    "arn:aws:s3:::any/* holds a wildcard without a reason": a_wildcard,
    "is allowed, and should be denied: in the name of another account": no_condition_in_a_trust_policy,
}


@pytest.mark.parametrize("sentence", DEFECTS)
def test_a_defect_is_told(broken: list[str], sentence: str) -> None:
    assert any(sentence in one for one in broken), broken


def test_nothing_else_is_told_of_the_damaged_template(broken: list[str]) -> None:
    known: tuple[str, ...] = (
        "Extra",
        "Wild",
        "s3:PutObjectTagging",
        "any/*",
        "in the name of another account",
        "in nobody's name",
    )
    known = (*known, "only evaluation jobs", "only jobs of this")
    assert [one for one in broken if not any(word in one for word in known)] == []


def test_engines_that_do_not_agree_are_told_of(default: Environment) -> None:
    question = Question(principal="arn:aws:sts::1:assumed-role/a/b", action="s3:GetObject", resource="arn:aws:s3:::a/b")
    examination = Examination(default.account, without={})
    examination.asked.append((examine(default.account, Recorded()).asked[0][0], question))

    told = list(examination.broken({question: Verdict("allowed", "", "denied")}))

    assert any("iam-simulate says allowed and ministack denied" in sentence for sentence in told)


def test_a_role_that_was_never_seen_is_told_of(default: Environment) -> None:
    found = [(default, Examination(default.account))]
    seen = Recorded(
        {Call("check_job", "dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:1:table/t"), Call("gone", "a", "b")}
    )

    told = page.result(found, {}, seen).broken

    assert "the role start_job was never seen doing anything; run `python -m proofs.permissions.record`" in told
    assert not any("role check_job" in sentence for sentence in told)
    assert any(sentence.startswith("there is no role gone") for sentence in told)


def test_a_recording_names_nothing_that_one_run_made_up(default: Environment) -> None:
    role, bucket = default.account.roles["collect_scores"], "gavel-twin-storagebucket-1f2e"
    logical = next(
        name for name, item in default.account.template["Resources"].items() if item["Type"] == "AWS::S3::Bucket"
    )
    stack = {"stack": "gavel-twin", "resources": {"role-7": role, bucket: logical}}
    decided = {
        "stack": "gavel-twin",
        "role": "role-7",
        "action": "s3:GetObject",
        "resource": f"arn:aws:s3:::{bucket}/evaluations/mine-0123456789abcdef/scores/x/y.parquet",
        "context": {},
    }
    lines = [stack, {**decided, "decision": "Allow"}, {**decided, "action": "s3:PutObject", "decision": "Deny"}]
    strange = {"stack": "another", "role": "r", "decision": "Allow"}

    found = read_decisions(map(json.dumps, [*lines, strange]), default.account, stack="gavel-twin")

    (call,) = found.allowed
    assert (call.role, call.action) == ("collect_scores", "s3:GetObject")
    assert call.resource.endswith("/evaluations/EVALUATION/scores/SCORES.parquet")
    assert "1f2e" not in call.resource
    assert {one.action for one in found.denied} == {"s3:PutObject"}


def test_a_queue_is_known_by_the_name_at_the_end_of_its_address(default: Environment) -> None:
    arn = default.account.beginning("AWS::SQS::Queue", "ArrivalsQueue")
    logical = next(
        name
        for name, item in default.account.template["Resources"].items()
        if item["Type"] == "AWS::SQS::Queue" and name.startswith("ArrivalsQueue")
    )
    (role, address) = (
        default.account.roles["collect_arrivals"],
        "https://localhost:1/111122223333/gavel-twin-Queue1f2e",
    )
    lines = [
        {"stack": "gavel-twin", "resources": {"role-7": role, address: logical}},
        {
            "stack": "gavel-twin",
            "role": "role-7",
            "action": "sqs:ChangeMessageVisibility",
            "resource": "arn:aws:sqs:us-east-1:111122223333:gavel-twin-Queue1f2e",
            "context": {},
            "decision": "Allow",
        },
    ]

    (call,) = read_decisions(map(json.dumps, lines), default.account, stack="gavel-twin").allowed

    assert call.resource == arn


def test_a_recording_of_other_code_is_refused(default: Environment) -> None:
    lines = [
        {"stack": "gavel-twin", "resources": {"role-7": "RoleThatWasRenamed"}},
        {"stack": "gavel-twin", "role": "role-7", "action": "a", "resource": "b", "context": {}, "decision": "Allow"},
    ]

    with pytest.raises(ValueError, match="record anew"):
        read_decisions(map(json.dumps, lines), default.account, stack="gavel-twin")
