"""The acts of the scenario: what people do with Gavel, and everything that goes wrong."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from proofs.privacy import datasets
from proofs.privacy.system import STACK, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from proofs.privacy.stage import Stage


class UnexpectedEndError(Exception):
    """An act did not end as it has to, so that it shows nothing."""


def complete_by_command(stage: Stage) -> None:
    """An evaluation with gates from the command line, and every command that shows something of it."""
    system, folder, local = stage.system, stage.folder, ("--stack", STACK)
    suite = folder / "canaries.yaml"
    suite.write_text(stage.suite_text())
    (folder / stage.answers_name).write_bytes(datasets.answers(stage.flock))
    dataset = folder / stage.file_name()
    dataset.write_bytes(datasets.good(stage.flock))
    ran = system.command("run", str(dataset), "--suite", str(suite), *local, "--json")
    _expect(ran.returncode, {3}, f"gavel run: {ran.stderr.decode()}")
    evaluation = json.loads(ran.stdout)["evaluation_id"]
    for arguments in (
        ("status", evaluation),
        ("results", evaluation, "--by-category"),
        ("records", evaluation, "--category", stage.flock.category.text),
        ("compare", evaluation, evaluation),
        ("report", evaluation, "--no-open", "-o", str(folder / "report.html")),
        ("judges", "check", evaluation),
        ("list",),
        ("suites", "canaries"),
    ):
        done = system.command(*arguments, *local)
        _expect(done.returncode, {0}, f"gavel {arguments[0]}: {done.stderr.decode()}")
    system.api("GET", f"/evaluations/{evaluation}/records?limit=5")
    system.api("POST", "/comparisons", {"a": {"evaluation": evaluation}, "b": {"evaluation": evaluation}})


def complete_by_upload(stage: Stage) -> None:
    """An evaluation that an upload starts, with a source, a file of answers and a model that is called."""
    head = stage.system.ended(stage.upload(stage.new_suite(models=True)))
    _expect(head["status"], {"COMPLETED"}, head.get("reason", ""))


def refuse_every_format(stage: Stage) -> None:
    """Datasets with errors in many rows, of each format; and one in a folder that names no suite."""
    suite = stage.new_suite()
    keys = [stage.upload(suite, datasets.broken(stage.flock, suffix), suffix=suffix) for suffix in datasets.SUFFIXES]
    keys.append(stage.upload("No Such Suite"))
    for key in keys:
        _expect(stage.system.ended(key)["status"], {"REFUSED"}, "a broken dataset")


def refuse_lines(stage: Stage) -> None:
    """A dataset of JSON lines with errors in many rows."""
    key = stage.upload(stage.new_suite(), datasets.broken(stage.flock, ".jsonl"))
    _expect(stage.system.ended(key)["status"], {"REFUSED"}, "a broken dataset")


def fail_jobs(stage: Stage) -> None:
    """Bedrock fails every job, and its message repeats a text of the dataset and a model's name."""
    suite = stage.new_suite()
    said = f"Record 1 ({stage.flock.quoted.text}) cannot be scored for {stage.flock.source.name}."
    stage.system.faults({"name": f"^{suite}-", "outcome": "fail", "messages": [said]})
    head = stage.system.ended(stage.upload(suite))
    stage.system.faults()
    _expect(head["status"], {"FAILED"}, "jobs that all fail")


def deny_grants(stage: Stage) -> None:
    """Lambdas and Bedrock's role lose a permission, each on objects or models that are named by canaries."""
    system = stage.system
    suites = {name: stage.new_suite(models=name == "model") for name in ("plan", "answers", "scores", "raw", "model")}
    role = system.role_of
    bedrock = system.outputs["BedrockRoleArn"].rpartition("/")[2]
    with ExitStack() as stack:
        for who, action, resource in (
            (role("plan-evaluation"), "s3:GetObject*", system.objects(f"datasets/{suites['plan']}/*")),
            (role("plan-evaluation"), "s3:GetObject*", system.objects(f"answers/{suites['answers']}/*")),
            *(
                (role(name), "s3:GetObject", system.objects(f"evaluations/{suites['scores']}-*/bedrock/*"))
                for name in ("collect-arrivals", "collect-scores")
            ),
            (bedrock, "s3:PutObject", system.objects(f"evaluations/{suites['raw']}-*/bedrock/*")),
            (role("start-job"), "bedrock:CreateEvaluationJob", stage.live_model),
        ):
            stack.enter_context(system.denied(who, action, resource))
        ends = {name: stage.upload(suite) for name, suite in suites.items()}
        for name, key in ends.items():
            head = system.ended(key)
            wanted = {"COMPLETED"} if name == "model" else {"FAILED"}
            _expect(head["status"], wanted, f"without a permission ({name}): {head.get('reason')}")


def lose_starts(stage: Stage) -> None:
    """Uploads and schedules whose Lambda fails on every try: they end among the dead letters."""
    system = stage.system
    suite = stage.new_suite()
    key = f"datasets/{suite}/{stage.file_name()}"
    with (
        system.denied(system.role_of("start-evaluation"), "s3:PutObject", system.objects(f"evaluations/{suite}-*")),
        system.denied(system.role_of("start-scheduled"), "s3:PutObject", system.objects(f"evaluations/{suite}-*")),
    ):
        system.put(key, datasets.good(stage.flock))
        _schedule(stage, suite, key)
        wait_for(lambda: True if _waiting(stage) >= 2 else None)


def run_scheduled(stage: Stage) -> None:
    """A schedule starts an evaluation; another one finds its dataset gone."""
    system = stage.system
    suite, gone = stage.new_suite(), stage.new_suite()
    key = stage.upload(suite)
    system.ended(key)
    missing = stage.upload(gone)
    system.ended(missing)
    _schedule(stage, suite, key)
    _schedule(stage, gone, missing, before=lambda: system.client("s3").delete_object(Bucket=system.bucket, Key=missing))
    for name, wanted in ((suite, "started"), (gone, "refused")):
        last = wait_for(lambda name=name: system.api("GET", f"/suites/{name}/schedule")["last_run"])  # type: ignore[misc]
        _expect(last["run"], {wanted}, f"a scheduled run: {last}")


def stop_one(stage: Stage) -> None:
    """An evaluation is stopped while its jobs run."""
    evaluation, _, key = _stuck(stage)
    stage.system.command("stop", evaluation, "--stack", STACK)
    _expect(stage.system.ended(key)["status"], {"STOPPED"}, "a stopped evaluation")


def abort_one(stage: Stage) -> None:
    """Somebody aborts an execution; the reconciler ends the evaluation."""
    evaluation, machine, key = _stuck(stage)
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{evaluation}"
    stage.system.client("stepfunctions").stop_execution(executionArn=arn, error="ByHand", cause="by hand")
    _expect(stage.system.ended(key)["status"], {"FAILED"}, "an aborted evaluation")


def corrupt_data(stage: Stage) -> None:
    """Raw results, plan, manifest and answers of Bedrock are junk; the Lambdas that read them are called again."""
    system = stage.system
    key = stage.upload(stage.new_suite())
    _expect(system.ended(key)["status"], {"COMPLETED"}, "the evaluation that is corrupted")
    evaluation = system.begun(key)
    lines = system.read(f"evaluations/{evaluation}/plan/jobs.jsonl").split(b"\n")
    job = json.loads(lines[0])
    event = {"evaluation_id": evaluation, "job": job}
    raw = system.jobs(evaluation)[job["job_id"]]["raw_output"]["S"]
    system.put(f"{raw}{stage.flock.source.name}/junk_output.jsonl", datasets.broken(stage.flock, ".jsonl"))
    system.invoke("collect-scores", event)
    junk = datasets.broken(stage.flock, ".jsonl")
    for name, function, argument in (
        (job["shard_key"], "collect-scores", event),
        (f"evaluations/{evaluation}/scores/{job['job_id']}.parquet", "summarize-evaluation", event),
        (f"evaluations/{evaluation}/manifest.json", "collect-scores", event),
        (f"evaluations/{evaluation}/manifest.json", "summarize-evaluation", event),
        (f"evaluations/{evaluation}/manifest.json", "plan-evaluation", {"evaluation_id": stage.flock.file.name}),
    ):
        version = system.put(name, junk)
        answer = system.invoke(function, argument)
        system.client("s3").delete_object(Bucket=system.bucket, Key=name, VersionId=version)
        if b"errorMessage" not in answer:
            raise UnexpectedEndError(f"{function} did not mind junk: {answer[:200]!r}")
        # As when Step Functions hands the error on: into the reason, the event and the message.
        error = {"Error": json.loads(answer)["errorType"], "Cause": answer.decode()}
        system.invoke("fail-job", {**event, "error": error})
    system.invoke("start-evaluation", {"detail": {"object": {stage.flock.file.name: key}}})
    system.invoke("start-scheduled", {"suite": stage.flock.prompt.text})
    system.invoke("reconcile", {"detail": {"name": "nobody-0123456789abcdef"}})


def ask_badly(stage: Stage) -> None:
    """Requests and commands with canaries in the places that are wrong."""
    system, flock, local = stage.system, stage.flock, ("--stack", STACK)
    suite = stage.new_suite()
    key = stage.upload(suite, datasets.broken(flock, ".jsonl"))
    system.ended(key)
    for method, path, body in (
        ("POST", "/evaluations", {"dataset": f"datasets/{suite}/{flock.prompt.name}.jsonl", "suite": suite}),
        ("POST", "/evaluations", {"dataset": key, "suite": flock.prompt.text}),
        ("POST", "/evaluations", {"dataset": {"prompt": flock.prompt.text}}),
        ("GET", f"/evaluations/{flock.prompt.lower}-0123456789abcdef", None),
        ("GET", f"/{quote(flock.prompt.text)}", None),
        ("GET", f"/evaluations?suite={quote(flock.prompt.text)}&limit=many", None),
        ("POST", "/datasets/validate", {"dataset": key, "suite": suite}),
        ("POST", "/estimates", {"dataset": key, "suite": suite}),
        ("POST", "/comparisons", {"a": {"evaluation": flock.prompt.name}, "b": flock.prompt.text}),
        ("PUT", f"/suites/{suite}/schedule", {"expression": flock.prompt.text, "dataset": key}),
        ("PUT", f"/suites/{suite}/baseline", {"evaluation_id": flock.prompt.text}),
        ("POST", "/datasets", {"suite": flock.prompt.text, "name": flock.prompt.text}),
    ):
        system.api(method, path, body)
    with system.denied(system.role_of("api"), "s3:GetObject*", system.objects("datasets/*")):
        system.api("POST", "/evaluations", {"dataset": key, "suite": suite})
    for suffix in datasets.SUFFIXES:
        file = stage.folder / f"broken{suffix}"
        file.write_bytes(datasets.broken(flock, suffix))
        yaml = stage.folder / "for-files.yaml"
        yaml.write_text(stage.suite_text(models=False))
        done = system.command("validate", str(file), "--suite", str(yaml))
        _expect(done.returncode, {2}, f"gavel validate *{suffix}: {done.stderr.decode()}")
    system.command("run", str(stage.folder / "broken.jsonl"), "--suite", suite, *local)
    system.command("estimate", str(stage.folder / "broken.jsonl"), "--suite", str(stage.folder / "for-files.yaml"))
    system.command("summarize", str(stage.folder / "broken.jsonl"))
    system.command("compare", str(stage.folder / "broken.jsonl"), str(stage.folder / "broken.csv"))
    system.command("judges", "agreement", str(stage.folder / "broken.csv"))


def _stuck(stage: Stage) -> tuple[str, str, str]:
    """An evaluation whose jobs never end by themselves: its id, the state machine, its dataset's key."""
    suite = stage.new_suite()
    stage.system.faults({"name": f"^{suite}-", "outcome": "stuck"})
    key = stage.upload(suite)
    evaluation = stage.system.begun(key)
    wait_for(lambda: stage.system.jobs(evaluation) or None)
    stage.system.faults()
    return evaluation, stage.system.outputs["StateMachineArn"], key


def _schedule(stage: Stage, suite: str, key: str, before: Callable[[], Any] = lambda: None) -> None:
    """Schedule a suite, and let it be time now."""
    system = stage.system
    body = {"expression": "rate(1 day)", "dataset": key, "timezone": "UTC"}
    answer = system.api("PUT", f"/suites/{suite}/schedule", body)
    if "expression" not in answer:
        raise UnexpectedEndError(f"the schedule was not taken: {answer}")
    before()
    scheduler = system.client("scheduler")
    known = scheduler.get_schedule(GroupName=STACK, Name=suite)
    kept = {name: known[name] for name in ("FlexibleTimeWindow", "Target", "GroupName", "Name")}
    soon = (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S")
    scheduler.update_schedule(**kept, ScheduleExpression=f"at({soon})")


def _waiting(stage: Stage) -> int:
    attributes = stage.system.client("sqs").get_queue_attributes(
        QueueUrl=stage.system.outputs["DeadLettersUrl"], AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])


def _expect(found: object, wanted: set[Any], about: str) -> None:
    if found not in wanted:
        raise UnexpectedEndError(f"{found} in place of {', '.join(map(str, wanted))}: {re.sub(r'\s+', ' ', about)}")


ALL: Final = (
    complete_by_upload, fail_jobs, deny_grants, stop_one, abort_one, refuse_every_format, lose_starts, run_scheduled,
    complete_by_command, corrupt_data, ask_badly,
)  # fmt: skip
# What the tests of the deployed system play on every run.
SHORT: Final = (fail_jobs, refuse_lines, lose_starts, corrupt_data)
