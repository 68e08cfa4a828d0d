"""One large evaluation on the deployed system: uploaded, followed to its end, and everything about it gathered."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import httpx

from benchmarks.job_log import JobLog, read_job_log
from benchmarks.million_records import write_dataset
from benchmarks.peak_memory import peak_memory
from benchmarks.raw_results import OUTPUT_SUFFIX, RawResults
from benchmarks.state_times import StateTimes, state_times
from infra.config import EnvironmentConfig
from local.twin import client, signed_request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local.twin import State

GENERATORS: Final = ("lite", "micro")
JUDGES: Final = ("pro", "haiku")
MOST_RECORDS: Final = 1_000  # that Bedrock takes in one job
_SUITE: Final = """
version: 1
generators:
  - {model: "amazon.nova-lite-v1:0", name: lite}
  - {model: "amazon.nova-micro-v1:0", name: micro}
judges:
  - {model: "amazon.nova-pro-v1:0", name: pro}
  - {model: "us.anthropic.claude-haiku-4-5-20251001-v1:0", name: haiku}
reuse: false
"""
_FINAL: Final = frozenset({"COMPLETED", "REFUSED", "FAILED", "STOPPED"})
_LOOK_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Place:
    """Where Gavel is deployed, and the log that the Bedrock emulator there writes."""

    twin: State
    outputs: dict[str, str]
    job_log: Path

    def client(self, service: str) -> Any:
        """A boto3 client of the twin."""
        return client(service, self.twin)

    @property
    def bucket(self) -> str:
        """Name of the deployment's bucket."""
        return self.outputs["BucketName"]

    def get(self, path: str) -> dict[str, Any]:
        """An answer of the HTTP API."""
        answer = signed_request(self.twin, "GET", self.outputs["ApiUrl"].rstrip("/") + path)
        answer.raise_for_status()
        return cast("dict[str, Any]", answer.json())

    def read_json(self, key: str) -> dict[str, Any]:
        """A JSON document in the bucket."""
        body = self.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return cast("dict[str, Any]", json.loads(body))


@dataclass(frozen=True)
class Measured:
    """What the run of one evaluation showed.

    `view` is what the API says of it; `summary` are the summaries of its summary.json, those of categories among them,
    and `categories` how many records each category has; `answers` counts its jobs on Bedrock by generator (position in
    the suite) and by who answered, `live` or `brought`; `cpu` and `memory` are those of the twin's server: seconds, and
    bytes at the highest.
    """

    records: int
    dataset_bytes: int
    view: dict[str, Any]
    summary: list[dict[str, Any]]
    categories: dict[str, int]
    limits: EnvironmentConfig
    log: JobLog
    raw: RawResults
    answers: Counter[tuple[int, str]]
    times: list[StateTimes]
    seconds: float
    cpu: float
    memory: int

    @property
    def shards(self) -> int:
        """How many shards the dataset needs."""
        return -(-self.records // MOST_RECORDS)

    @property
    def jobs(self) -> int:
        """How many jobs that makes on Bedrock."""
        return self.shards * len(GENERATORS) * len(JUDGES)


def run(
    place: Place, folder: Path, records: int, say: Callable[[str], None], *, metrics: Sequence[str] = ()
) -> Measured:
    """Evaluate so many generated records, on all metrics unless some are named, and gather what happened."""
    dataset = folder / "records.jsonl"
    size = write_dataset(dataset, records)
    name = f"large-{records}"
    chosen = f"metrics: [{', '.join(metrics)}]\n" if metrics else ""
    s3 = place.client("s3")
    s3.put_object(Bucket=place.bucket, Key=f"suites/{name}.yaml", Body=(_SUITE + chosen).encode())
    logged = place.job_log.stat().st_size if place.job_log.exists() else 0
    cpu = _cpu_seconds(place.twin.pid)
    started = time.monotonic()
    key = f"datasets/{name}/{dataset.name}"
    with dataset.open("rb") as stream:
        version = s3.put_object(Bucket=place.bucket, Key=key, Body=stream)["VersionId"]
    say(f"{records:,} records, {size / 1e6:,.0f} MB, uploaded")
    view = _followed(place, version, say)
    seconds = time.monotonic() - started
    cpu = _cpu_seconds(place.twin.pid) - cpu
    say("counting the raw result files, the jobs and the histories")
    evaluation = view["evaluation_id"]
    digest = evaluation.rpartition("-")[2]
    execution = place.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:") + f":{evaluation}"
    with place.job_log.open(encoding="utf-8") as log:
        log.seek(logged)
        job_log = read_job_log(log, digest=digest)
    return Measured(
        records=records,
        dataset_bytes=size,
        view=view,
        summary=place.read_json(view["keys"]["summary"])["summaries"] if view["summaries"] else [],
        categories=place.read_json(view["keys"]["manifest"])["dataset"]["categories"],
        limits=EnvironmentConfig(name="twin"),
        log=job_log,
        raw=_raw(place, evaluation),
        answers=_answers(place, digest),
        times=state_times(place.client("stepfunctions"), execution),
        seconds=seconds,
        cpu=cpu,
        memory=peak_memory(place.twin.pid),
    )


def _followed(place: Place, version: str, say: Callable[[str], None]) -> dict[str, Any]:
    """The evaluation of an uploaded version once it has ended; says how far it is whenever that has changed."""
    started, said = time.monotonic(), ""
    while True:
        time.sleep(_LOOK_SECONDS)
        try:
            view = _look(place, version)
        except httpx.HTTPError:  # the API's Lambda answers within 29 s, or not at all, on a machine that has much to do
            continue
        if view is None:
            continue
        jobs = view["jobs"]
        state = f"{view['status']:12} jobs: {jobs.get('collected', 0)} of {jobs['planned']} collected"
        state += f", {jobs['started']} started" if jobs.get("started") else ""
        if state != said:
            say(f"{time.monotonic() - started:5.0f} s  {state}")
            said = state
        if view["status"] in _FINAL:
            return view


def _look(place: Place, version: str) -> dict[str, Any] | None:
    heads = place.get("/evaluations?limit=100")["evaluations"]
    found = next((head["evaluation_id"] for head in heads if head["dataset_version"] == version), None)
    return place.get(f"/evaluations/{found}") if found else None


def _raw(place: Place, evaluation: str) -> RawResults:
    s3, raw = place.client("s3"), RawResults()
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=place.bucket, Prefix=f"evaluations/{evaluation}/bedrock/"
    )
    for page in pages:
        for item in page.get("Contents", []):
            if item["Key"].endswith(OUTPUT_SUFFIX):
                raw.add(item["Key"], s3.get_object(Bucket=place.bucket, Key=item["Key"])["Body"].read())
    return raw


def _answers(place: Place, digest: str) -> Counter[tuple[int, str]]:
    bedrock, counts = place.client("bedrock"), Counter[tuple[int, str]]()
    for page in bedrock.get_paginator("list_evaluation_jobs").paginate(nameContains=digest):
        for job in page["jobSummaries"]:
            config = bedrock.get_evaluation_job(jobIdentifier=job["jobArn"])["inferenceConfig"]["models"][0]
            generator = int(job["jobName"].rpartition("-j")[0].rpartition("-g")[2])
            counts[generator, "live" if "bedrockModel" in config else "brought"] += 1
    return counts


def _cpu_seconds(pid: int) -> float:
    """Seconds of CPU that a process has used, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
