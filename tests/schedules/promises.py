"""What must hold in every schedule, watched while it runs and looked at when nothing moves any more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gavel.names import identities, object_keys, table_keys
from gavel.names.statuses import EVENT_OF_STATUS, EvaluationStatus, JobStatus
from gavel.planning.request import judge_models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.schedules.bedrock import BedrockJob
    from tests.schedules.dynamodb import Key
    from tests.schedules.expressions import Item
    from tests.schedules.world import World

STATUSES: frozenset[str] = frozenset({*EvaluationStatus, *JobStatus})


@dataclass
class Promises:
    """The promises of one world; `broken` says which were not kept, each as a sentence."""

    world: World
    broken: list[str] = field(default_factory=list)
    _reserving: tuple[float, str] = (-1.0, "")

    def watch(self) -> None:
        """Look on from now."""
        self.world.table.watchers.append(self._written)
        self.world.table.watchers.append(self._reserved)
        self.world.bedrock.watchers.append(self._started)

    def judge(self) -> list[str]:
        """Every promise that was broken."""
        self.broken += self._sums()
        self.broken += self.world.faults
        self.broken += sorted(self.world.line.denied)
        self.broken += self._endings()
        self.broken += self._jobs()
        self.broken += self._left_over()
        return list(dict.fromkeys(self.broken))

    # --- while it runs

    def _written(self, key: Key, before: Item | None, after: Item | None) -> None:
        """No status goes back."""
        old, new = before or {}, after or {}
        if old.get("status") not in STATUSES or old.get("rank") is None:
            return
        if new.get("rank", -1) < old["rank"] or (old["rank"] == 9 and new["status"] != old["status"]):
            self.broken.append(f"{key} went back from {old['status']} to {new.get('status')}")

    def _reserved(self, key: Key, before: Item | None, after: Item | None) -> None:
        """A reservation takes no sum beyond its limit; the writes of one transaction come at one instant."""
        partition, sort = key
        if sort.startswith(table_keys.RESERVATION_SORT_PREFIX) and not before:
            self._reserving = (self.world.kernel.time, partition)
            return
        time, evaluation = self._reserving
        if after and "micro_usd" in after and time == self.world.kernel.time:
            manifest = self.world.manifest(evaluation.removeprefix(table_keys.evaluation_partition(""))) or {}
            budget = manifest["suite"]["budget"]
            of_all, of_one = self.world.ceiling.per_month_usd, self.world.ceiling.per_evaluation_usd
            if partition == evaluation:
                limits = [budget["per_evaluation_usd"], of_one]
            else:
                limits = [of_all if partition == table_keys.DEPLOYMENT_SPENDING else budget["per_month_usd"]]
            usd = min((limit for limit in limits if limit is not None), default=None)
            if usd is not None and after["micro_usd"] > round(usd * 1_000_000):
                self.broken.append(f"{key} has {after['micro_usd']} reserved or spent, more than {usd} USD")

    def _started(self, job: BedrockJob) -> None:
        """No job is started twice, no slot is exceeded, and what is to be paid for under a budget is reserved."""
        if sum(other.name == job.name for other in self.world.bedrock.created) > 1:
            self.broken.append(f"the job {job.name} was started twice")
        tags = {tag["key"]: tag["value"] for tag in job.request["jobTags"]}
        evaluation = tags["gavel:evaluation"]
        manifest = self.world.manifest(evaluation) or {}
        budget = manifest["suite"]["budget"]
        reservation = table_keys.RESERVATION_SORT_PREFIX + job.name.removeprefix(job.name.rpartition("-g")[0] + "-")
        limited = any(budget.get(name) is not None for name in ("per_evaluation_usd", "per_month_usd", "ceiling"))
        if limited and (table_keys.evaluation_partition(evaluation), reservation) not in self.world.table.items:
            self.broken.append(f"{job.name} was started under a budget and had nothing reserved")
        running = self.world.bedrock.running()
        if len(running) > self.world.limits.total:
            self.broken.append(f"{len(running)} jobs ran at once, more than {self.world.limits.total}")
            self.world.line.note(f"{self.broken[-1]}: {[other.name for other in running]}")
        judges = Counter(judge for other in running for judge in judge_models(other.request))
        for judge in judge_models(job.request):
            if judges[judge] > self.world.limits.per_judge:
                self.broken.append(f"{judges[judge]} jobs ran on {judge}, more than {self.world.limits.per_judge}")

    # --- in the end

    def _endings(self) -> Iterator[str]:
        """Every evaluation has one end, and the world was told of it, and of no other."""
        told: dict[str, set[str]] = {}
        for entry in self.world.events.entries:
            told.setdefault(entry["Detail"]["evaluation_id"], set()).add(entry["DetailType"])
        for evaluation, head in self.world.heads().items():
            status = EvaluationStatus(head["status"])
            if not status.final:
                yield f"{evaluation} is {status} for ever"
                continue
            events = told.pop(evaluation, set())
            if events != {EVENT_OF_STATUS[status]}:
                yield f"{evaluation} is {status}, but its events are {sorted(events)}"
            messages = {message["Message"] for message in self.world.topic.messages if evaluation in message["Message"]}
            if len(messages) != 1:
                yield f"{evaluation} is {status}, but its messages are {sorted(messages)}"
        for evaluation in told:
            yield f"there is an event of {evaluation}, which does not exist"

    def _jobs(self) -> Iterator[str]:
        """No job is lost: what Bedrock did is what the table says, unless somebody gave the job up."""
        for job, attempts in self.world.bedrock.tokens.items():
            if len(attempts) > 1:
                yield f"{job} was asked for with {len(attempts)} tokens"
        for evaluation, head in self.world.heads().items():
            status = EvaluationStatus(head["status"])
            known = self.world.jobs(evaluation)
            for line in self.world.planned(evaluation):
                item = known.get(line["job_id"], {})
                yield from self._job(evaluation, line, item, status)

    def _job(
        self, evaluation: str, line: dict[str, Any], item: dict[str, Any], ended: EvaluationStatus
    ) -> Iterator[str]:
        name, status = line["job_name"], item.get("status")
        on_bedrock = next((job for job in self.world.bedrock.created if job.name == name), None)
        where = f"{evaluation} ({ended}): the job {name} is {status}"
        if ended is EvaluationStatus.COMPLETED and status not in {
            JobStatus.COLLECTED,
            JobStatus.FAILED,
            JobStatus.STOPPED,
        }:
            yield f"{where}: lost"
        if on_bedrock is None:
            if status == JobStatus.COLLECTED and "reused_from" not in item:
                yield f"{where}, but Bedrock never had it"
            return
        yield from self._answers(line, on_bedrock)
        if status == JobStatus.COLLECTED and "reused_from" not in item:
            yield from self._collected(evaluation, line["job_id"], item, on_bedrock)
        completed = ended is EvaluationStatus.COMPLETED and on_bedrock.has_output
        if completed and status == JobStatus.FAILED and not self._given_up(evaluation, line["job_id"]):
            yield f"{where} ({item.get('reason')}), but Bedrock has completed it and nobody gave it up"
        if not self._stopped(evaluation) and status == JobStatus.STOPPED and on_bedrock.has_output:
            yield f"{where}, but Bedrock has completed it and nobody stopped it"
        reservation = self.world.reservation(evaluation, line["job_id"])
        counted = on_bedrock.has_output and not on_bedrock.scores  # results without a row cost nothing that counts
        if reservation.get("spent") == 0 and status != JobStatus.COLLECTED and not counted:
            yield f"{where}, and its money was given back, although Bedrock had it"

    def _collected(self, evaluation: str, job_id: str, item: dict[str, Any], on_bedrock: BedrockJob) -> Iterator[str]:
        """A job that was collected has all that Bedrock gave."""
        where = f"{on_bedrock.name} was collected"
        if on_bedrock.end != "Completed" or not on_bedrock.has_output:
            yield f"{where}, but on Bedrock it ended as {on_bedrock.status}"
        if item["scored"] != on_bedrock.scores:
            yield f"{where} with {item['scored']} scores, but Bedrock gave {on_bedrock.scores}"
        if object_keys.EvaluationKeys(evaluation).scores(job_id) not in self.world.storage.objects:
            yield f"{where}, but its scores are not there"

    def _answers(self, line: dict[str, Any], on_bedrock: BedrockJob) -> Iterator[str]:
        """A live generator answers once, to its lead judge's job; the panel scores those answers and no others."""
        lead = line["lead"]
        if lead is None:
            return
        if on_bedrock.generates:
            yield f"{on_bedrock.name} has its generator answer again"
        made_by = line["job_name"].removesuffix(line["job_id"]) + lead
        texts = {answer["response"] for record in on_bedrock.dataset for answer in record["modelResponses"]}
        reused = "reused_from" in self.world.jobs(line["job_name"].removesuffix(f"-{line['job_id']}")).get(lead, {})
        if texts != {f"of {made_by}"} and not reused:
            yield f"{on_bedrock.name} scores {sorted(texts)}, not the answers of {made_by}"

    def _stopped(self, evaluation: str) -> bool:
        """Whether somebody wanted the evaluation to end early, or it came to a bad end."""
        head = self.world.heads()[evaluation]
        return "stop_requested_at" in head or head["status"] == EvaluationStatus.FAILED

    def _given_up(self, evaluation: str, job_id: str) -> bool:
        """Whether the state machine came to FailJob with this job."""
        execution = self.world.execution(evaluation)
        records = execution.record.children.get("RunJobs", []) if execution else []
        return any("FailJob" in record.states for record in records if record.item.get("job_id") == job_id)

    def _sums(self) -> Iterator[str]:
        """A sum of money is the sum of what its jobs reserved, or spent where that is known."""
        expected: Counter[Key] = Counter()
        for (partition, sort), item in self.world.table.items.items():
            if sort.startswith(table_keys.RESERVATION_SORT_PREFIX):
                reservation = item["reservation"]
                amount = int(item.get("spent", reservation["amount"]))
                expected[partition, table_keys.SPENDING] += amount
                expected[table_keys.spending_partition(reservation["suite"]), reservation["month"]] += amount
                if reservation.get("of_deployment"):
                    expected[table_keys.DEPLOYMENT_SPENDING, reservation["month"]] += amount
        for key, item in self.world.table.items.items():
            if "micro_usd" in item and item["micro_usd"] != expected[key]:
                yield f"the sum {key} is {item['micro_usd']}, but its jobs make {expected[key]}"

    def _left_over(self) -> Iterator[str]:
        """Nothing runs on Bedrock that nobody waits for, and neither a slot nor money is held for nothing."""
        on_bedrock = {job.name for job in self.world.bedrock.created}
        for (partition, sort), item in self.world.table.items.items():
            if sort.startswith(table_keys.RESERVATION_SORT_PREFIX) and "spent" not in item:
                evaluation = partition.removeprefix(table_keys.evaluation_partition(""))
                job_id = sort.removeprefix(table_keys.RESERVATION_SORT_PREFIX)
                collected = self.world.jobs(evaluation).get(job_id, {}).get("status") == JobStatus.COLLECTED
                if collected or identities.job_name(evaluation, job_id) not in on_bedrock:
                    yield f"the money of {job_id} of {evaluation} is reserved for ever"
        for job in self.world.bedrock.running():
            yield f"the job {job.name} is {job.status} on Bedrock, and nobody looks at it"
        slots = self.world.table.items.get((table_keys.SLOTS_PARTITION, table_keys.SLOTS_SORT), {})
        for name in slots.get("leases", {}):
            yield f"the slot of {name} is held for ever"
