"""What an on-call engineer does, on the deployed system: docs/operations.md and the runbooks, as they stand there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local.twin import process_environment, signed_request
from tests.twin.conftest import wait_for

if TYPE_CHECKING:
    from local.settings import Settings
    from tests.twin.conftest import Command, Gavel

pytestmark = pytest.mark.twin

ROOT = Path(__file__).parents[2]
STACK = ("--stack", "gavel-twin")
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
RUNBOOKS = (ROOT / "docs" / "runbooks.md").read_text(encoding="utf-8")
QUESTION = {"prompt": "What is 2 + 2?", "referenceResponse": "4"}
SUITE = """
version: 1
generators: [{model: 'amazon.nova-lite-v1:0', name: lite}]
judges: [{model: 'amazon.nova-pro-v1:0', name: pro}]
metrics: [Correctness]
"""
needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="there is no jq")


def blocks(page: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", page, re.M | re.S)


def block(beginning: str) -> str:
    """The one block of the page that begins so, behind the lines that all begin with."""
    (found,) = [text for text in blocks(PAGE) if text.startswith(beginning)]
    return blocks(PAGE)[0] + found


def shell(gavel: Gavel, settings: Settings, text: str, **variables: str) -> str:
    environment = process_environment(gavel.twin) | settings.to_environment() | {"STACK": "gavel-twin"} | variables
    # The tests have version 1 of the AWS CLI, which takes a payload as it stands and knows no such option.
    text = text.replace(" --cli-binary-format raw-in-base64-out", "")
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
    return done.stdout


def listed(gavel_command: Command) -> list[dict[str, Any]]:
    done = gavel_command("dead-letters", "list", "--json", *STACK)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["dead_letters"]
    return found


def failed(gavel: Gavel) -> str:
    """An evaluation whose only job failed on Bedrock."""
    suite = gavel.put_suite(SUITE)
    url = f"{gavel.twin.endpoint}/_gavel/faults"
    signed_request(gavel.twin, "PUT", url, json_body={"jobs": [{"name": f"^{suite}-", "outcome": "fail"}]})
    own = {**QUESTION, "category": suite}  # no job of another test is reused
    view = gavel.ended(gavel.upload(own, suite=suite)[0])
    signed_request(gavel.twin, "DELETE", url)
    assert view["status"] == "FAILED"
    return str(view["evaluation_id"])


def test_a_dead_letter_is_shown_and_replayed_once_its_cause_is_mended(
    gavel: Gavel, gavel_command: Command, twin_settings: Settings
) -> None:
    suite = gavel.put_suite(SUITE)
    role = gavel.role_of("start-evaluation")
    with gavel.denied(role, "s3:PutObject", f"arn:aws:s3:::{gavel.bucket}/evaluations/{suite}-*"):
        key, version = gavel.upload(QUESTION, suite=suite, name="secret-file")

        def arrived() -> bool | None:
            wanted = {"QueueUrl": gavel.outputs["DeadLettersUrl"], "AttributeNames": ["ApproximateNumberOfMessages"]}
            count = gavel.client("sqs").get_queue_attributes(**wanted)["Attributes"]["ApproximateNumberOfMessages"]
            return True if int(count) else None

        wait_for(arrived)
        about = f"upload to {suite}, version {version}"
        (letter,) = [one for one in listed(gavel_command) if one["about"] == about]
        early = gavel_command("dead-letters", "replay", letter["id"], *STACK)

    assert (early.returncode, "not taken: " in early.stdout) == (1, True)
    assert (letter["target"], letter["tries"]) == ("start-evaluation", 3)
    assert "s3:PutObject" in letter["why"]
    assert "secret-file" not in json.dumps(letter) + early.stdout

    said = shell(gavel, twin_settings, block("gavel dead-letters list"))

    assert re.search(rf"upload to {suite}, version \S+: evaluation {suite}-[0-9a-f]{{16}} started", said)
    assert gavel.ended(key)["status"] == "COMPLETED"
    assert [one for one in listed(gavel_command) if one["id"] == letter["id"]] == []


def test_an_event_that_comes_again_starts_nothing_again_and_an_unknown_one_is_discarded(
    gavel: Gavel, gavel_command: Command
) -> None:
    suite = gavel.put_suite(SUITE)
    key, version = gavel.upload(QUESTION, suite=suite)
    evaluation = gavel.ended(key)["evaluation_id"]
    thing = {"key": key, "version-id": version}
    event = {"source": "aws.s3", "detail": {"bucket": {"name": gavel.bucket}, "object": thing}}
    sqs, url = gavel.client("sqs"), gavel.outputs["DeadLettersUrl"]
    sent = [sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))["MessageId"] for body in (event, {"odd": 1})]

    done = gavel_command("dead-letters", "replay", *sent, "--json", *STACK)

    replayed = {one["id"]: one for one in json.loads(done.stdout)["replayed"]}
    assert replayed[sent[0]]["result"] == f"evaluation {evaluation} was started before"
    assert (done.returncode, replayed[sent[1]]["done"]) == (1, False)
    assert gavel_command("dead-letters", "discard", sent[1], *STACK).returncode == 0
    assert gavel_command("dead-letters", "discard", sent[1], *STACK).returncode == 2
    assert {one["id"] for one in listed(gavel_command)} & set(sent) == set()


def test_a_failed_evaluation_is_run_again_once(gavel: Gavel, twin_settings: Settings) -> None:
    evaluation = failed(gavel)

    first = shell(gavel, twin_settings, block("gavel status $ID"), ID=evaluation)
    again = shell(gavel, twin_settings, block("gavel status $ID"), ID=evaluation)

    (started,) = re.findall(r"evaluation (\S+) started", first)
    assert f"{evaluation} was run again before, as {started}" in again

    def ended() -> dict[str, Any] | None:
        view = gavel.get(f"/evaluations/{started}")
        return view if "ended_at" in view else None

    assert wait_for(ended)["status"] == "COMPLETED"


@needs_jq
def test_the_doctor_says_how_the_stack_is(gavel: Gavel, gavel_command: Command, twin_settings: Settings) -> None:
    shell(gavel, twin_settings, block("aws lambda invoke"))
    cloudwatch, alarm = gavel.client("cloudwatch"), "gavel-twin-dead-letters"
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")
    try:
        burning = gavel_command("doctor", "--json", *STACK)
        shown = shell(gavel, twin_settings, block("gavel doctor"))
    finally:
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="a test")
    quiet = json.loads(gavel_command("doctor", "--json", *STACK).stdout)

    found = {one["name"]: one for one in json.loads(burning.stdout)["findings"]}
    assert burning.returncode == 1
    assert found[f"alarm {alarm}"]["remedy"] == "docs/runbooks.md#dead-letters"
    assert f"alarm {alarm}: is on" in shown
    levels = {one["name"]: one["level"] for one in quiet["findings"]}
    names = ("alarms", "unfinished evaluations", "job slots", "reconciler", "drift", "errors in logs")
    assert [name for name in names if levels.get(name) not in {"ok", "warning"}] == []
    assert levels["reconciler"] == "ok"


def test_an_evaluation_that_nobody_carries_on_is_a_problem(gavel: Gavel, gavel_command: Command) -> None:
    table, evaluation = gavel.client("dynamodb"), "lost-0123456789abcdef"
    key = {"pk": {"S": f"EVALUATION#{evaluation}"}, "sk": {"S": "HEAD"}}
    began = "2026-01-02T03:04:05.678Z"
    facts = {"evaluation_id": evaluation, "status": "RUNNING", "created_at": began, "suite": "lost"}
    item = {**key, **{name: {"S": value} for name, value in facts.items()}}
    item |= {"unfinished_pk": {"S": "OPEN"}, "unfinished_sk": {"S": f"{began}#{evaluation}"}}
    table.put_item(TableName=gavel.outputs["TableName"], Item=item)
    try:
        done = gavel_command("doctor", "--json", *STACK)
    finally:
        table.delete_item(TableName=gavel.outputs["TableName"], Key=key)

    texts = [one["text"] for one in json.loads(done.stdout)["findings"] if one["name"] == "unfinished evaluations"]
    assert [text for text in texts if evaluation in text and "was never started" in text] != []


def test_what_the_table_lost_comes_back_out_of_a_backup(gavel: Gavel, twin_settings: Settings) -> None:
    key, _ = gavel.upload(QUESTION, suite=gavel.put_suite(SUITE))
    before = gavel.ended(key)
    evaluation, table = before["evaluation_id"], gavel.client("dynamodb")
    shell(gavel, twin_settings, block("aws dynamodb create-backup"))
    name = gavel.outputs["TableName"]
    found = table.query(
        TableName=name,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"EVALUATION#{evaluation}"}},
    )["Items"]
    for item in found:
        table.delete_item(TableName=name, Key={"pk": item["pk"], "sk": item["sk"]})

    said = shell(gavel, twin_settings, block("BACKUP="))

    assert re.search(r"^(\d+) items written, \d+ were there already", said, re.M)
    assert gavel.get(f"/evaluations/{evaluation}") == before
    assert "restored" in shell(gavel, twin_settings, block("aws dynamodb restore-table-to-point-in-time"))


@needs_jq
@pytest.mark.parametrize("section", re.findall(r"^## (.+)$", RUNBOOKS, re.M))
def test_what_a_runbook_says_to_look_at_can_be_looked_at(
    gavel: Gavel, twin_settings: Settings, section: str, tmp_path: Path
) -> None:
    if section == "evaluations-failed":
        failed(gavel)
    head = gavel.get("/evaluations?limit=1")["evaluations"][0]
    arn = gavel.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:") + f":{head['evaluation_id']}"
    suite = tmp_path / "suite.yaml"
    suite.write_text(SUITE)
    chapter = RUNBOOKS.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    text = "\n".join(blocks(chapter))
    dataset = "examples/datasets/live.jsonl"
    for word, value in (("ARN", arn), ("ID", head["evaluation_id"]), ("SUITE.yaml", str(suite)), ("FILE", dataset)):
        text = re.sub(rf"(?<![\w$-]){re.escape(word)}\b", value, text)

    shell(gavel, twin_settings, blocks(RUNBOOKS)[0] + text)


def test_no_block_of_the_page_is_left_out() -> None:
    beginnings = (
        "gavel doctor", "gavel dead-letters list", "gavel status $ID", "aws lambda invoke",
        "aws dynamodb create-backup", "aws dynamodb restore-table-to-point-in-time", "BACKUP=",
    )  # fmt: skip
    assert [text.startswith(start) for text, start in zip(blocks(PAGE)[1:], beginnings, strict=True)] == [True] * 7
