"""Running one job in the background: role, permissions, dataset, answers, ratings, result file, status."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from local.bedrock import durations
from local.bedrock.dataset import read_dataset
from local.bedrock.errors import JobFailedError
from local.bedrock.host import RoleRefusedError, StorageError
from local.bedrock.models import Model, parse_model
from local.bedrock.output import compact, custom_metric_place, output_place, permission_check, render
from local.bedrock.scoring import score_dataset

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.bedrock.answers import Generator, Judge
    from local.bedrock.dataset import Record
    from local.bedrock.faults import JobFault
    from local.bedrock.host import Host, RoleSession
    from local.bedrock.job_log import JobLog
    from local.bedrock.job_request import Dataset, S3Place
    from local.bedrock.jobs import Job
    from local.bedrock.settings import Settings

_logger: Final = logging.getLogger("local.bedrock")

# Jobs block on S3, which this very process serves: threads of our own, so that none of the server's are held.
_THREADS: Final = 24


class Runner:
    """Runs jobs as tasks of the server's loop."""

    def __init__(self, *, host: Host, settings: Settings, generator: Generator, judge: Judge, log: JobLog) -> None:
        """Nothing runs yet."""
        self._host = host
        self._settings = settings
        self._generator = generator
        self._judge = judge
        self._log = log
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="evaluation-job")
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._later: set[asyncio.Task[None]] = set()

    def start(self, job: Job, fault: JobFault) -> None:
        """Begin a job, or go on with one that another process began; its time counts from its creation."""
        self._log.started(job)
        task = asyncio.get_running_loop().create_task(self._run(job, fault), name=job.arn)
        self._tasks[job.arn] = task
        task.add_done_callback(lambda _: self._tasks.pop(job.arn, None))

    def stop(self, job: Job) -> None:
        """Stop a job that is Stopping; it becomes Stopped a while later."""
        if task := self._tasks.get(job.arn):
            task.cancel()
        self.after(durations.STOP_SECONDS, lambda: self._end(job, "Stopped"))

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something after so many seconds of the real service's time."""

        async def wait() -> None:
            await self._sleep(seconds)
            action()

        task = asyncio.get_running_loop().create_task(wait())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def close(self) -> None:
        """Cancel everything that runs."""
        tasks = [*self._tasks.values(), *self._later]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, job: Job, fault: JobFault) -> None:
        try:
            await self._sleep(durations.START_SECONDS)
            if await self._diverted(job, fault):
                return
            await self._work(job, fault)
            self._end(job, "Completed")
        except JobFailedError as error:
            self._end(job, "Failed", *error.messages)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of the emulator must end the job, not hang it
            # The error's text may hold a dataset's text; its type and place do not.
            _logger.error("job %s: %s in the emulator", job.arn, type(error).__name__)  # noqa: TRY400
            self._end(job, "Failed", f"An internal error occurred in the emulator: {type(error).__name__}.")

    async def _diverted(self, job: Job, fault: JobFault) -> bool:
        """Whether a fault ends the job, or keeps it from ending."""
        if fault.outcome == "complete":
            return False
        if fault.outcome != "stuck":
            await self._sleep(durations.FAILURE_SECONDS)
        if fault.outcome == "fail":
            raise JobFailedError(*fault.messages)
        if fault.outcome == "stopped":
            self._end(job, "Stopped")
        if fault.outcome == "deleting":
            self._end(job, "Deleting")
        return True

    async def _work(self, job: Job, fault: JobFault) -> None:
        request = job.request
        session = await self._call(self._assume, job)
        await self._call(self._check_output, session, job)
        await self._call(self._check_models, session, job)
        datasets = []
        for dataset in request.datasets:
            content = await self._call(self._read, session, job, dataset.place)
            datasets.append((dataset, content))
        await self._sleep(durations.FAILURE_SECONDS)
        source = None if request.live else request.generator
        results: list[tuple[S3Place, bytes]] = []
        work = 0
        for dataset, content in datasets:
            records = read_dataset(content, source=source)
            work += len(records) * len(dataset.metrics)
            results += await self._call(self._results, job, dataset, records, fault)
        total = durations.duration_seconds(work, 1)
        await self._until(job, total * durations.OUTPUT_SHARE)
        for place, content in results:
            await self._call(self._write, session, place, content)
        await self._until(job, total)

    def _assume(self, job: Job) -> RoleSession:
        try:
            return self._host.assume(job.request.role_arn, caller=job.caller, job_arn=job.arn)
        except RoleRefusedError as error:
            raise JobFailedError(str(error)) from None

    def _check_output(self, session: RoleSession, job: Job) -> None:
        place = permission_check(job.request)
        self._in_region(session, job, place.bucket, "s3:GetBucketLocation")
        self._write(session, place, b"")

    def _check_models(self, session: RoleSession, job: Job) -> None:
        models = [*([job.request.generator] if job.request.live else []), *job.request.judges]
        for model in map(parse_model, dict.fromkeys(models)):
            for resource in model.invoked(job.caller.region, job.caller.account):
                self._check_invoke(session, job, model, resource)

    @staticmethod
    def _check_invoke(session: RoleSession, job: Job, model: Model, resource: str) -> None:
        action = "sagemaker:InvokeEndpoint" if ":sagemaker:" in resource else "bedrock:InvokeModel"
        context = {}
        if model.profile and ":foundation-model/" in resource:
            context["bedrock:InferenceProfileArn"] = model.arn(job.caller.region, job.caller.account)
        if denial := session.denial(action, resource, context):
            raise JobFailedError(
                f"The role {job.request.role_arn} does not have permission to call the model {model.identifier}. "
                f"{denial.message}"
            )

    def _read(self, session: RoleSession, job: Job, place: S3Place) -> bytes:
        self._in_region(session, job, place.bucket, "s3:ListBucket")
        try:
            if place.key not in session.keys(place.bucket, place.key):
                raise JobFailedError(f"The dataset s3://{place.bucket}/{place.key} does not exist.")
            return session.read(place.bucket, place.key)
        except StorageError as error:
            raise _storage_failure(error) from None

    @staticmethod
    def _in_region(session: RoleSession, job: Job, bucket: str, action: str) -> None:
        try:
            region = session.bucket_region(bucket, action)
        except StorageError as error:
            raise _storage_failure(error) from None
        if region != job.caller.region:
            raise JobFailedError(
                f"The bucket {bucket} is in {region}; it must be in the job's Region {job.caller.region}."
            )

    def _results(
        self, job: Job, dataset: Dataset, records: list[Record], fault: JobFault
    ) -> list[tuple[S3Place, bytes]]:
        request = job.request
        rows = score_dataset(
            records, request=request, dataset=dataset, generator=self._generator, judge=self._judge, fault=fault
        )
        size = -(-len(rows) // max(1, fault.files)) or 1
        parts = [rows[start : start + size] for start in range(0, len(rows), size)] or [[]]
        files = [
            (
                output_place(request, job.id, dataset, part),
                render(chunk, generator=request.generator, live=request.live),
            )
            for part, chunk in enumerate(parts)
        ]
        definitions = [
            (custom_metric_place(request, job.id, item["name"]), compact(item).encode())
            for item in request.custom_definitions
        ]
        return [*definitions, *files]

    @staticmethod
    def _write(session: RoleSession, place: S3Place, content: bytes) -> None:
        try:
            session.write(place.bucket, place.key, content)
        except StorageError as error:
            raise _storage_failure(error) from None

    def _end(self, job: Job, status: str, *messages: str) -> None:
        if job.move(status, datetime.now(UTC), messages):
            self._log.ended(job)

    async def _call[T, *Given](self, work: Callable[[*Given], T], *arguments: *Given) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self._settings.time_scale)

    async def _until(self, job: Job, seconds: float) -> None:
        """Sleep until so many (scaled) seconds after the job's creation; the work itself has taken some."""
        passed = (datetime.now(UTC) - job.created).total_seconds()
        await asyncio.sleep(max(0.0, seconds * self._settings.time_scale - passed))


def _storage_failure(error: StorageError) -> JobFailedError:
    if error.denied:
        return JobFailedError(
            f"Access to Amazon S3 was denied. User: {error.principal} is not authorized to perform: {error.action} "
            f"on resource: {error.resource}"
        )
    return JobFailedError(f"Amazon S3 answered {error.code} to {error.action} on {error.resource}.")
