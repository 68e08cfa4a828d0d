"""A deployment that has data is upgraded, read, and deleted: nothing of the data is lost on any of these ways."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from local import deployment
from local import twin as local_twin
from local.settings import Settings
from local.twin import process_environment
from tests.conftest import TIME_SCALE
from tests.twin.conftest import GAVEL, Gavel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.twin import State

pytestmark = [pytest.mark.twin, pytest.mark.slow, pytest.mark.timeout(900)]  # two syntheses and deployments

ROOT: Final = Path(__file__).parents[2]
# The last commit before errors, events and messages stopped naming files: what its deployment wrote has to be read.
PREVIOUS: Final = "5fc5b1c1e906ad7b58c6280a57968d48bc2ecb52"
SUITE: Final = """
version: 1
generators: [{model: 'amazon.nova-lite-v1:0', name: lite}, {model: 'amazon.nova-micro-v1:0', name: micro}]
judges: [{model: 'amazon.nova-pro-v1:0', name: pro}]
metrics: [Correctness]
gates: [{metric: Correctness, min: 0.01, on: mean}]
"""
RECORDS: Final = [{"prompt": f"What is {number} + 1?", "referenceResponse": str(number + 1)} for number in range(3)]


def kept() -> bool:
    """Whether the history here goes back to that commit; a shallow clone's does not."""
    found = subprocess.run(
        ["git", "cat-file", "-e", f"{PREVIOUS}^{{commit}}"], cwd=ROOT, capture_output=True, check=False
    )
    return found.returncode == 0


pytestmark.append(pytest.mark.skipif(not kept(), reason=f"a shallow clone without {PREVIOUS[:7]}; fetch its history"))


def app_folder(folder: Path, code: Path) -> Path:
    """A CDK app of that code, whose twin keeps its data as a production deployment does."""
    folder.mkdir(exist_ok=True)
    document = json.loads((code / "cdk.json").read_text())
    document["app"] = f"PYTHONPATH={code / 'lambdas'}:{code} {sys.executable} {code / 'app.py'}"
    document["context"]["environments"]["twin"]["removal"] = "retain"
    (folder / "cdk.json").write_text(json.dumps(document))
    return folder


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the commit before, without anything that git does not keep."""
    folder = tmp_path_factory.mktemp("previous")
    archive = subprocess.run(["git", "archive", PREVIOUS], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder


@pytest.fixture(scope="module")
def own_twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[State, Settings]]:
    settings = Settings(state_dir=tmp_path_factory.mktemp("upgrade"), time_scale=TIME_SCALE, idle_minutes=30)
    yield local_twin.up(settings), settings
    local_twin.down(settings)
    shutil.rmtree(settings.state_dir, ignore_errors=True)


def command(gavel: Gavel, settings: Settings, *arguments: str) -> str:
    done = subprocess.run(
        [*GAVEL, *arguments, "--stack", "gavel-twin"],
        env=process_environment(gavel.twin) | settings.to_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def left(gavel: Gavel) -> dict[str, list[str]]:
    """What there is of the stack in the account, by kind."""

    def names(service: str, operation: str, *path: str, **arguments: Any) -> list[str]:
        found: Any = getattr(gavel.client(service), operation)(**arguments)
        for name in path[:-1]:
            found = found[name]
        texts = [one if isinstance(one, str) else str(one[path[-1]]) for one in found]
        return sorted(text for text in texts if "gavel" in text)

    return {
        "buckets": names("s3", "list_buckets", "Buckets", "Name"),
        "tables": names("dynamodb", "list_tables", "TableNames", ""),
        "functions": names("lambda", "list_functions", "Functions", "FunctionName"),
        "log groups": names("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "state machines": names("stepfunctions", "list_state_machines", "stateMachines", "name"),
        "queues": names("sqs", "list_queues", "QueueUrls", "") if _queues(gavel) else [],
        "topics": names("sns", "list_topics", "Topics", "TopicArn"),
        "rules": names("events", "list_rules", "Rules", "Name"),
        "schedule groups": names("scheduler", "list_schedule_groups", "ScheduleGroups", "Name"),
        "APIs": names("apigatewayv2", "get_apis", "Items", "Name"),
        "roles": names("iam", "list_roles", "Roles", "RoleName"),
        "alarms": names("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        "dashboards": names("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        "databases": names("glue", "get_databases", "DatabaseList", "Name"),
    }


def _queues(gavel: Gavel) -> bool:
    return "QueueUrls" in gavel.client("sqs").list_queues()


def test_an_upgrade_keeps_every_evaluation_and_a_deletion_keeps_the_data_and_nothing_else(
    own_twin: tuple[State, Settings], previous: Path, tmp_path: Path
) -> None:
    state, settings = own_twin
    # Given evaluations that the version before has made: one with a verdict, one refused
    old = app_folder(tmp_path / "old", previous)
    gavel = Gavel(state, deployment.deploy(state, settings, deployment.progress, app=old))
    suite = gavel.put_suite(SUITE)
    scored = gavel.ended(gavel.upload(*RECORDS, suite=suite)[0])
    refused = gavel.ended(gavel.upload({"prompt": " "}, suite=suite)[0])
    evaluation = scored["evaluation_id"]
    report = gavel.client("s3").get_object(Bucket=gavel.bucket, Key=scored["keys"]["report"])["Body"].read()
    assert (scored["status"], scored["verdict"]["outcome"], refused["status"]) == ("COMPLETED", "PASS", "REFUSED")
    assert "told_reason" not in refused  # so it is the code of before that ran

    # When the version of today is deployed over it
    new = app_folder(tmp_path / "new", ROOT)
    after = Gavel(state, deployment.deploy(state, settings, deployment.progress, app=new))

    # Then bucket and table are the same, and everything can be read by today's API and command line
    assert (after.bucket, after.outputs["TableName"]) == (gavel.bucket, gavel.outputs["TableName"])
    assert after.get(f"/evaluations/{evaluation}") == scored
    assert after.get(f"/evaluations/{refused['evaluation_id']}") == refused
    listed = json.loads(command(after, settings, "list", "--json"))["evaluations"]
    assert {one["evaluation_id"] for one in listed} == {evaluation, refused["evaluation_id"]}
    assert json.loads(command(after, settings, "results", evaluation, "--json"))["summaries"] == scored["summaries"]
    assert len(json.loads(command(after, settings, "records", evaluation, "--json"))["records"]) == len(RECORDS)
    command(after, settings, "report", evaluation, "--no-open", "-o", str(tmp_path / "report.html"))
    assert (tmp_path / "report.html").read_bytes() == report
    assert evaluation in command(after, settings, "baseline", suite)
    assert evaluation[:12] in command(after, settings, "history", suite)

    # And the next evaluation is compared with the baseline of before, and reuses its jobs
    again = after.ended(after.upload(*RECORDS, suite=suite)[0])
    assert (again["status"], again["baseline"]) == ("COMPLETED", evaluation)
    assert again["summaries"] == scored["summaries"]
    assert after.jobs(again["evaluation_id"]) == []

    # When the deployment is deleted
    objects = len(after.client("s3").list_objects_v2(Bucket=after.bucket)["Contents"])
    items = after.client("dynamodb").scan(TableName=after.outputs["TableName"], Select="COUNT")["Count"]
    deployment.destroy(state, deployment.progress, app=new)

    # Then bucket and table are left with all that they hold, and nothing else is
    assert {kind: found for kind, found in left(after).items() if found} == {
        "buckets": [after.bucket],
        "tables": [after.outputs["TableName"]],
    }
    assert len(after.client("s3").list_objects_v2(Bucket=after.bucket)["Contents"]) == objects
    assert after.client("dynamodb").scan(TableName=after.outputs["TableName"], Select="COUNT")["Count"] == items
