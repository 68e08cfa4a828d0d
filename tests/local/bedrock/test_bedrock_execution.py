from __future__ import annotations

import json
from typing import Any

import pytest

from local.bedrock.durations import duration_seconds
from local.bedrock.faults import Faults
from local.bedrock.settings import Settings
from tests.local.bedrock.builders import (
    ACCOUNT,
    ALL_METRICS,
    LIVE,
    SOURCE,
    answered,
    automated,
    custom_metric,
    jsonl,
    row,
)
from tests.local.bedrock.driver import Emulator
from tests.local.bedrock.memory_host import SESSION, MemoryHost


def emulator(*rows: dict[str, Any], faults: dict[str, Any] | None = None) -> Emulator:
    host = MemoryHost()
    if rows:
        host.objects["data"]["sets/d.jsonl"] = jsonl(*rows)
    return Emulator(Settings(time_scale=0, faults=Faults.from_json(faults or {})), host)


def finished(it: Emulator, **changes: Any) -> dict[str, Any]:
    return it.run(lambda e: e.outcome(**changes))


def results(it: Emulator) -> list[bytes]:
    return [value for key, value in it.host.objects["results"].items() if key.endswith("_output.jsonl")]


def lines(it: Emulator) -> list[dict[str, Any]]:
    return [json.loads(line) for content in results(it) for line in content.split(b"\n")]


def failure(it: Emulator, **changes: Any) -> str:
    job = finished(it, **changes)
    assert job["status"] == "Failed"
    return "\n".join(job["failureMessages"])


def test_the_result_file_of_supplied_answers_has_the_exact_bytes_of_real_files() -> None:
    it = emulator(answered("Zwölf", category="Maths", id=7))
    finished(it, inferenceConfig=SOURCE)

    (content,) = results(it)
    explanation = json.loads(content)["automatedEvaluationResult"]["scores"][0]["evaluatorDetails"][0]["explanation"]
    assert content.decode() == (
        '{"automatedEvaluationResult":{"scores":[{"metricName":"Builtin.Correctness","evaluatorDetails":'
        f'[{{"modelIdentifier":"amazon.nova-pro-v1:0","explanation":{json.dumps(explanation)}}}],"result":0.0}}]}},'
        '"inputRecord":{"prompt":"What do 3 pens at 4 dollars cost?","referenceResponse":"They cost 12 dollars.",'
        '"category":"Maths","modelResponses":[{"modelIdentifier":"my-app","response":"Zwölf"}]},'
        '"modelResponses":[{"response":"Zwölf","modelIdentifier":"my-app"}]}'
    )


def test_the_key_names_job_model_and_dataset_and_the_sentinel_comes_first() -> None:
    it = emulator()
    job = finished(it)

    sentinel, output = it.host.order
    job_id = job["jobArn"][-12:]
    assert sentinel == "out/job-1/amazon-bedrock-evaluations-permission-check"
    assert it.host.objects["results"][sentinel] == b""
    folder = f"out/job-1/{job_id}/models/amazon.nova-lite-v1:0/taskTypes/General/datasets/Shopping/"
    assert output.startswith(folder)
    assert len(output.removeprefix(folder)) == len("79168c06-0000-0000-0000-000000000000_output.jsonl")


def test_a_live_job_scores_a_new_answer_and_not_the_supplied_one() -> None:
    it = emulator(answered("the supplied answer"))
    finished(it, inferenceConfig=LIVE)

    (line,) = lines(it)
    assert line["inputRecord"]["modelResponses"][0]["response"] == "the supplied answer"
    (response,) = line["modelResponses"]
    assert response["response"] != "the supplied answer"
    assert list(response) == ["response", "modelIdentifier", "stopReason"]
    assert response["stopReason"] == "END_TURN"


def test_rows_keep_the_order_of_the_dataset_and_metrics_the_order_of_the_request() -> None:
    it = emulator(*[row(prompt=f"Prompt {number}") for number in range(20)])
    finished(it, evaluationConfig=automated(metrics=ALL_METRICS[::-1]))

    assert [line["inputRecord"]["prompt"] for line in lines(it)] == [f"Prompt {number}" for number in range(20)]
    scores = lines(it)[0]["automatedEvaluationResult"]["scores"]
    assert [score["metricName"] for score in scores] == ALL_METRICS[::-1]


def test_two_jobs_over_the_same_data_give_the_same_results() -> None:
    it = emulator(*[row(prompt=f"Prompt {number}") for number in range(5)])

    async def twice(e: Emulator) -> None:
        await e.outcome(jobName="one")
        await e.outcome(jobName="two")

    it.run(twice)
    first, second = results(it)
    assert first == second


def test_custom_metrics_score_by_their_own_scale() -> None:
    definitions = [
        custom_metric("number", scale=[("rude", 1.0), ("so-so", 3.0), ("polite", 5.0)]),
        custom_metric("words", scale=[("polite", "Pass"), ("rude", "Fail")]),
        custom_metric("talk"),
        custom_metric("unlisted", scale=[("a", 1.0)]),
    ]
    it = emulator(answered("They cost 12 dollars."))
    names = ["number", "words", "talk"]
    finished(it, inferenceConfig=SOURCE, evaluationConfig=automated(judge=None, metrics=names, custom=definitions))

    number, words, talk = lines(it)[0]["automatedEvaluationResult"]["scores"]
    assert (number["result"], words["result"], "result" in talk) == (1.0, "Pass", False)
    assert talk["evaluatorDetails"][0]["explanation"]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetBucketLocation", "arn:aws:s3:::results"),
        ("s3:PutObject", "arn:aws:s3:::results/out/job-1/amazon-bedrock-evaluations-permission-check"),
        ("s3:ListBucket", "arn:aws:s3:::data"),
        ("s3:GetObject", "arn:aws:s3:::data/sets/d.jsonl"),
        ("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"),
        ("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"),
    ],
)
def test_a_missing_permission_fails_the_job_and_is_named(action: str, resource: str) -> None:
    it = emulator()
    it.host.denied = {(action, resource)}

    assert f"{SESSION} is not authorized to perform: {action} on resource: {resource}" in failure(it)


def test_a_profile_is_asked_for_with_the_key_that_ties_the_model_to_it() -> None:
    it = emulator()
    profile = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.amazon.nova-pro-v1:0"
    model = "arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-pro-v1:0"
    finished(it, evaluationConfig=automated(judge="us.amazon.nova-pro-v1:0"))

    assert ("bedrock:InvokeModel", profile, {}) in it.host.asked
    assert ("bedrock:InvokeModel", model, {"bedrock:InferenceProfileArn": profile}) in it.host.asked


def test_answers_of_the_dataset_need_no_permission_for_a_generator() -> None:
    it = emulator()
    finished(it, inferenceConfig=SOURCE)

    invoked = [resource for action, resource, _ in it.host.asked if action == "bedrock:InvokeModel"]
    assert invoked == ["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"]


def test_a_role_that_does_not_trust_bedrock_fails_the_job() -> None:
    it = emulator()
    it.host.roles.clear()

    assert "not authorized to assume the role" in failure(it)


@pytest.mark.parametrize("bucket", ["data", "results"])
def test_a_bucket_in_another_region_fails_the_job(bucket: str) -> None:
    it = emulator()
    it.host.regions[bucket] = "eu-west-1"

    assert f"The bucket {bucket} is in eu-west-1" in failure(it)


def test_a_dataset_that_does_not_exist_fails_the_job() -> None:
    config = automated(dataset="s3://data/sets/other.jsonl")

    assert "s3://data/sets/other.jsonl does not exist" in failure(emulator(), evaluationConfig=config)


def test_a_bad_record_fails_the_job_and_leaves_no_result() -> None:
    it = emulator(row(), {"prompt": ""})

    assert "Record 2" in failure(it)
    assert results(it) == []


def test_a_defect_of_the_emulator_ends_the_job_without_the_datasets_text(caplog: pytest.LogCaptureFixture) -> None:
    it = emulator(row(prompt="private"))
    it.host.objects["data"] = Broken()

    message = failure(it)
    assert "internal error" in message
    assert "private" not in message + caplog.text


class Broken(dict[str, bytes]):
    def __iter__(self) -> Any:
        raise ZeroDivisionError("private")


def test_thirty_prompts_with_eleven_metrics_take_ten_minutes_and_a_handful_with_one_seven() -> None:
    assert duration_seconds(30, 11) == pytest.approx(600, abs=1)
    assert duration_seconds(5, 1) == pytest.approx(429, abs=1)
    assert duration_seconds(1000, 11) > 5000


@pytest.mark.parametrize(
    ("fault", "status"),
    [("stopped", "Stopped"), ("deleting", "Deleting"), ("fail", "Failed"), ("complete", "Completed")],
)
def test_a_fault_gives_jobs_of_a_name_another_end(fault: str, status: str) -> None:
    it = emulator(faults={"jobs": [{"name": "^job-", "outcome": fault, "messages": ["because"]}]})

    async def both(e: Emulator) -> tuple[str, str]:
        hit = await e.until(await e.create(jobName="job-1"), status)
        other = await e.outcome(jobName="other")
        return hit["status"], other["status"]

    assert it.run(both) == (status, "Completed")


def test_a_stuck_job_stays_in_progress_until_it_is_stopped() -> None:
    it = emulator(faults={"jobs": [{"outcome": "stuck"}]})

    async def scenario(e: Emulator) -> str:
        arn = await e.create()
        await e.outcome_of_others()
        assert (await e.get(arn))["status"] == "InProgress"
        await e.stop(arn)
        return str((await e.until(arn))["status"])

    assert it.run(scenario) == "Stopped"


def test_score_faults_are_mixed_in_by_seed() -> None:
    shares = {"null": 0.2, "absent": 0.2, "nan": 0.2, "error": 0.2}
    it = emulator(*[row(prompt=f"{n}") for n in range(40)], faults={"seed": 1, "jobs": [{"scores": shares}]})
    finished(it)

    found = {str(line["automatedEvaluationResult"]["scores"][0].get("result", "absent")) for line in lines(it)}
    assert {"None", "absent", "nan", "Unable to parse score from the LLM judge response"} < found


def test_row_faults_drop_double_shuffle_and_split() -> None:
    rows = {"drop": 0.3, "duplicate": 0.3, "shuffle": True}
    prompts = [f"Prompt {number:02}" for number in range(30)]
    it = emulator(*[row(prompt=p) for p in prompts], faults={"seed": 3, "jobs": [{"rows": rows, "files": 3}]})
    finished(it)

    got = [line["inputRecord"]["prompt"] for line in lines(it)]
    assert len(results(it)) == 3
    assert set(got) < set(prompts)
    assert len(set(got)) < len(got)
    assert got != sorted(got)
