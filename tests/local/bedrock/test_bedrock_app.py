from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from local.bedrock.faults import Faults
from local.bedrock.settings import Settings
from tests.local.bedrock.builders import ACCOUNT, ROLE, SOURCE, automated, create_request
from tests.local.bedrock.driver import Answer, Aws, Emulator

if TYPE_CHECKING:
    from pathlib import Path

STUCK = {"jobs": [{"outcome": "stuck"}]}


def stuck() -> Emulator:
    """An emulator whose jobs stay InProgress."""
    return Emulator(Settings(time_scale=0, faults=Faults.from_json(STUCK)))


def refusal(it: Emulator, **changes: object) -> Answer:
    return it.run(lambda e: e.call("POST", "/evaluation-jobs", create_request(**changes)))


def test_what_is_not_signed_for_bedrock_goes_to_the_aws_behind() -> None:
    it = Emulator(aws=Aws(body={"from": "aws"}))

    answer = it.run(lambda e: e.call("GET", "/evaluation-jobs", signed=False))
    other = it.run(lambda e: e.call("GET", "/guardrails"))

    assert (answer.body, other.body) == ({"from": "aws"}, {"from": "aws"})


@pytest.mark.parametrize(
    ("status", "error"), [(403, "InvalidSignatureException"), (400, "IncompleteSignature"), (500, "InternalError")]
)
def test_a_signature_that_aws_refuses_never_reaches_the_emulator(status: int, error: str) -> None:
    it = Emulator(aws=Aws(status=status, error=error, body={"message": "no"}))

    answer = refusal(it)

    assert answer.error == (status, error)
    assert it.host.asked == []


def test_a_denial_on_a_star_is_decided_again_on_the_jobs_own_arn() -> None:
    it = Emulator()
    arn = it.run(lambda e: e.create())
    it.aws.status, it.aws.error = 403, "AccessDeniedException"
    it.aws.body = {"message": "User: x is not authorized to perform: bedrock:GetEvaluationJob"}

    assert it.run(lambda e: e.get(arn))["jobArn"] == arn


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("bedrock:CreateEvaluationJob", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"),
        ("iam:PassRole", ROLE),
        ("bedrock:TagResource", f"arn:aws:bedrock:us-east-1:{ACCOUNT}:evaluation-job/*"),
    ],
)
def test_a_caller_without_a_permission_reads_which_one_and_on_what(action: str, resource: str) -> None:
    it = Emulator()
    it.host.denied = {action}

    answer = refusal(it, jobTags=[{"key": "team", "value": "a"}])

    assert answer.error == (403, "AccessDeniedException")
    assert f"is not authorized to perform: {action} on resource: {resource}" in answer.body["message"]
    assert list(answer.body) == ["message"]


def test_pass_role_is_asked_for_with_the_service_that_gets_the_role() -> None:
    it = Emulator()
    it.run(lambda e: e.create())

    assert ("iam:PassRole", ROLE, {"iam:PassedToService": "bedrock.amazonaws.com"}) in it.host.asked


def test_a_role_of_another_account_cannot_be_passed() -> None:
    answer = refusal(Emulator(), roleArn="arn:aws:iam::999988887777:role/evaluator")

    assert answer.error == (403, "AccessDeniedException")
    assert answer.body["message"] == "Cross-account pass role is not allowed."


def test_an_arn_that_is_not_percent_encoded_matches_no_operation() -> None:
    it = Emulator()
    arn = it.run(lambda e: e.create())

    assert it.run(lambda e: e.call("GET", f"/evaluation-jobs/{arn}")).error == (404, "UnknownOperationException")
    assert it.run(lambda e: e.call("POST", f"/evaluation-jobs/{quote(arn, safe='')}/stop")).status == 404


def test_a_body_that_is_no_json_object_is_refused() -> None:
    assert Emulator().run(lambda e: e.call("POST", "/evaluation-jobs", b"[]")).error == (400, "SerializationException")


def test_arns_end_in_twelve_characters_and_times_have_microseconds() -> None:
    job = Emulator().run(lambda e: e.outcome())

    assert re.fullmatch(rf"arn:aws:bedrock:us-east-1:{ACCOUNT}:evaluation-job/[a-z0-9]{{12}}", job["jobArn"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", job["creationTime"])
    assert job["lastModifiedTime"] > job["creationTime"]


def test_a_completed_job_has_exactly_the_documented_members() -> None:
    assert set(Emulator().run(lambda e: e.outcome())) == {
        "jobName",
        "status",
        "jobArn",
        "roleArn",
        "jobType",
        "applicationType",
        "evaluationConfig",
        "inferenceConfig",
        "outputDataConfig",
        "creationTime",
        "lastModifiedTime",
    }


def test_the_same_token_gives_the_same_job() -> None:
    async def twice(e: Emulator) -> set[str]:
        return {await e.create(clientRequestToken="abc") for _ in range(2)}

    it = Emulator()
    assert len(it.run(twice)) == 1
    assert len(it.host.adopted) == 1


def test_a_name_in_use_is_a_conflict() -> None:
    async def twice(e: Emulator) -> Answer:
        await e.create()
        return await e.call("POST", "/evaluation-jobs", create_request())

    assert Emulator().run(twice).error == (400, "ConflictException")


def test_the_twenty_first_job_in_progress_exceeds_the_quota() -> None:
    async def many(e: Emulator) -> Answer:
        for number in range(20):
            await e.create(jobName=f"job-{number}")
        return await e.call("POST", "/evaluation-jobs", create_request(jobName="one-too-many"))

    assert stuck().run(many).error == (400, "ServiceQuotaExceededException")


def test_a_job_is_stopping_and_then_stopped() -> None:
    async def scenario(e: Emulator) -> tuple[list[str], Answer]:
        arn = await e.create()
        assert (await e.stop(arn)).status == 200
        statuses = [(await e.get(arn))["status"], (await e.until(arn))["status"]]
        return statuses, await e.stop(arn)

    statuses, again = stuck().run(scenario)
    assert statuses == ["Stopping", "Stopped"]
    assert again.error == (400, "ConflictException")


def test_deletion_answers_per_job_and_spares_what_runs() -> None:
    async def scenario(e: Emulator) -> tuple[dict[str, object], str, Answer]:
        done, running = await e.create(jobName="done"), await e.create(jobName="stuck")
        await e.until(done)
        unknown = done[:-12] + "0" * 12
        answer = await e.call("POST", "/evaluation-jobs/batch-delete", {"jobIdentifiers": [done, running, unknown]})
        assert answer.status == 202
        await e.outcome_of_others()
        gone = await e.call("GET", f"/evaluation-jobs/{quote(done, safe='')}")
        assert answer.body["evaluationJobs"] == [{"jobIdentifier": done[-12:], "jobStatus": "Deleting"}]
        return answer.body, (await e.get(running))["status"], gone

    faults = Faults.from_json({"jobs": [{"name": "stuck", "outcome": "stuck"}]})
    body, status, gone = Emulator(Settings(time_scale=0, faults=faults)).run(scenario)
    assert isinstance(body["errors"], list)
    assert [error["code"] for error in body["errors"]] == ["400", "404"]
    assert status == "InProgress"
    assert gone.error == (404, "ResourceNotFoundException")


def test_pages_hold_five_jobs_and_tokens_keep_their_filters() -> None:
    async def scenario(e: Emulator) -> tuple[list[str], list[int], Answer]:
        for number in range(12):
            await e.create(jobName=f"{'odd' if number % 2 else 'even'}-{number}")
        names, sizes, token = [], [], ""
        while True:
            query = {"nameContains": "e", "sortOrder": "Ascending", "maxResults": "100"}
            page = (await e.call("GET", "/evaluation-jobs", query=query | ({"nextToken": token} if token else {}))).body
            names += [job["jobName"] for job in page["jobSummaries"]]
            sizes.append(len(page["jobSummaries"]))
            if not (next_token := page.get("nextToken", "")):
                return names, sizes, await e.call("GET", "/evaluation-jobs", query={"nextToken": token})
            token = next_token

    names, sizes, other = stuck().run(scenario)
    assert names == [f"even-{number}" for number in range(0, 12, 2)]
    assert sizes == [5, 1]
    assert other.error == (400, "ValidationException")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"statusEquals": "InProgress"}, 1),
        ({"statusEquals": "Failed"}, 0),
        ({"applicationTypeEquals": "ModelEvaluation"}, 1),
        ({"applicationTypeEquals": "RagEvaluation"}, 0),
        ({"creationTimeAfter": "2100-01-01T00:00:00Z"}, 0),
        ({"creationTimeBefore": "2100-01-01T00:00:00Z"}, 1),
    ],
)
def test_a_filter_chooses_jobs(query: dict[str, str], count: int) -> None:
    async def scenario(e: Emulator) -> int:
        await e.create()
        return len((await e.call("GET", "/evaluation-jobs", query=query)).body["jobSummaries"])

    assert stuck().run(scenario) == count


def test_a_summary_names_judge_and_inference_source() -> None:
    async def scenario(e: Emulator) -> dict[str, object]:
        await e.create(inferenceConfig=SOURCE, evaluationConfig=automated(judge="us.amazon.nova-pro-v1:0"))
        return dict((await e.call("GET", "/evaluation-jobs")).body["jobSummaries"][0])

    summary = stuck().run(scenario)
    assert summary["evaluatorModelIdentifiers"] == ["us.amazon.nova-pro-v1:0"]
    assert summary["inferenceConfigSummary"] == {
        "modelConfigSummary": {"precomputedInferenceSourceIdentifiers": ["my-app"]}
    }


@pytest.mark.parametrize(("when", "jobs"), [("before", 0), ("after", 1)])
def test_an_injected_error_comes_before_or_after_the_effect_and_only_so_often(when: str, jobs: int) -> None:
    fault = {"operation": "CreateEvaluationJob", "error": "InternalServerException", "when": when, "times": 1}

    async def scenario(e: Emulator) -> tuple[Answer, int, str]:
        await e.call("PUT", "/_gavel/faults", {"calls": [fault]})
        request = create_request(clientRequestToken="t")
        first = await e.call("POST", "/evaluation-jobs", request)
        count = len((await e.call("GET", "/evaluation-jobs")).body["jobSummaries"])
        return first, count, await e.create(clientRequestToken="t")

    first, count, _ = Emulator().run(scenario)
    assert first.error == (500, "InternalServerException")
    assert count == jobs


@pytest.mark.parametrize(
    "faults",
    [[], {"call": []}, {"calls": [{"operation": "X"}]}, {"jobs": [{"name": "("}]}, {"jobs": [{"outcome": "x"}]}],
)
def test_a_fault_that_cannot_be_understood_is_refused(faults: object) -> None:
    answer = Emulator().run(lambda e: e.call("PUT", "/_gavel/faults", faults))

    assert answer.status == 400
    assert answer.body["message"]


def test_the_log_tells_how_many_jobs_ran_at_once(tmp_path: Path) -> None:
    log = tmp_path / "jobs.jsonl"

    async def scenario(e: Emulator) -> None:
        arns = [await e.create(jobName=f"job-{number}") for number in range(3)]
        for arn in arns:
            await e.until(arn)

    Emulator(Settings(time_scale=0.0001, state_log=log)).run(scenario)
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    assert [entry["event"] for entry in entries].count("end") == 3
    assert max(entry["running"] for entry in entries) == 3


@pytest.mark.parametrize(
    "variables", [{"GAVEL_TWIN_TIME_SCALE": "fast"}, {"GAVEL_TWIN_TIME_SCALE": "-1"}, {"GAVEL_TWIN_FAULTS": "{"}]
)
def test_a_setting_that_makes_no_sense_is_named(variables: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(variables))):
        Settings.from_environment(variables)


def test_settings_come_from_the_environment_and_hide_the_key() -> None:
    settings = Settings.from_environment({"GAVEL_TWIN_OPENAI_URL": "http://x", "GAVEL_TWIN_OPENAI_API_KEY": "k-1"})

    assert (settings.openai_url, settings.openai_api_key, settings.time_scale) == ("http://x", "k-1", 0.02)
    assert "k-1" not in repr(settings)
