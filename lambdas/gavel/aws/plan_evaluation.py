"""PlanEvaluation: reads the suite, validates the dataset as a stream, writes shards, jobs and manifest, or refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gavel.admission.rules import most_under_way
from gavel.admission.state import DEFAULT_LIMITS
from gavel.aws.plan_cost import with_cost
from gavel.aws.plan_dataset import PlannedDataset
from gavel.datasets.limits import DEFAULT_MAX_DATASET_BYTES
from gavel.names.identities import is_suite_name
from gavel.names.object_keys import CANDIDATE_METADATA, EvaluationKeys, suite_key
from gavel.names.statuses import EvaluationStatus
from gavel.planning.plan import Job, has_panel, panel_jobs, plan_jobs
from gavel.pricing.ceiling import NO_CEILING
from gavel.pricing.estimate import TOTALS
from gavel.problems import InvalidInputError, Problem, Problems
from gavel.reasons import of_end
from gavel.suites.suite import Suite, load_suite

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gavel.admission.state import Limits
    from gavel.aws.storage import Bucket
    from gavel.aws.table import EvaluationTable
    from gavel.planning.manifest import Manifest
    from gavel.pricing.ceiling import Ceiling
    from gavel.pricing.sizes import DatasetSizes
    from gavel.suites.reach import Reach

_JSONL = "application/x-ndjson"


def plan_evaluation(  # noqa: PLR0913 - the evaluation, where it lies, and what the deployment was told
    evaluation: str,
    *,
    bucket: Bucket,
    table: EvaluationTable,
    now: str,
    reach: Reach | None = None,
    limits: Limits = DEFAULT_LIMITS,
    max_dataset_bytes: int = DEFAULT_MAX_DATASET_BYTES,
    ceiling: Ceiling = NO_CEILING,
) -> dict[str, Any]:
    """Plan an evaluation; the answer's `outcome` is PLANNED, REFUSED, or STOPPED when its stop was asked for.

    `reach` says which models can be called, `limits` how long the jobs will take, `ceiling` what the deployment may
    spend.

    Everything it writes is a function of the head, the suite's copy and the dataset's version, so a second run after a
    crash writes the same bytes. A refusal lists every problem of suite and dataset in `validation.json`.
    """
    head = table.head(evaluation)
    if head is None:
        raise LookupError(f"evaluation {evaluation} has no head in the table")
    if "stop_requested_at" in head:
        return _stopped(evaluation, table)
    keys = EvaluationKeys(evaluation)
    problems = Problems()
    suite = _read_suite(bucket, keys, head, problems, reach)

    def price(planned: Manifest, sizes: DatasetSizes) -> Manifest:
        return with_cost(
            planned, sizes, head, bucket=bucket, table=table, limits=limits, ceiling=ceiling, problems=problems
        )

    dataset = PlannedDataset(bucket, head, problems, max_bytes=max_dataset_bytes)
    manifest = dataset.planned(suite, price) if suite else None
    if not suite:
        dataset.validate_alone()
    candidate_for = _candidate_for(bucket, head, problems)
    _write_validation(bucket, keys, manifest, problems)
    if problems or manifest is None:
        reason = f"{problems.count} problem(s) in the suite or the dataset; see {keys.validation}"
        first = "; ".join(str(problem) for problem in problems.listed[:3])
        table.note_before_end(evaluation, {**of_end(reason, f"First: {first}"), "problems": problems.count})
        return {"evaluation_id": evaluation, "outcome": "REFUSED"}
    bucket.put_json(keys.manifest, manifest.to_json())
    rounds = [
        _round(bucket, keys.jobs, plan_jobs(evaluation, manifest.suite, manifest.shard_sizes), manifest.suite, limits)
    ]
    if has_panel(manifest.suite):
        panel = panel_jobs(evaluation, manifest.suite, manifest.shard_sizes)
        rounds.append(_round(bucket, keys.panel_jobs, panel, manifest.suite, limits))
    plan = {
        "records": manifest.records,
        **({"sampled_from": manifest.sampled_from} if manifest.sampled_from else {}),
        "jobs": {"planned": manifest.jobs},
        "generators": [generator.name for generator in manifest.suite.generators],
        "judges": [judge.name for judge in manifest.suite.all_judges],
        "metrics": list(manifest.suite.metrics),
        "estimate": {name: manifest.estimate[name] for name in TOTALS},
        **({"candidate_for": candidate_for} if candidate_for else {}),
        **({"budget": manifest.suite.budget.to_json()} if manifest.suite.budget.limited else {}),
    }
    table.advance(evaluation, EvaluationStatus.RUNNING, now=now, facts=plan)
    if table.stop_requested(evaluation):
        return _stopped(evaluation, table)
    return {
        "evaluation_id": evaluation,
        "outcome": "PLANNED",
        "jobs": manifest.jobs,
        "rounds": rounds,
        "map_results": keys.map_results(),
    }


def _candidate_for(bucket: Bucket, head: Mapping[str, Any], problems: Problems) -> str | None:
    """The suite whose baseline the evaluation is compared with in place of its own's, as the dataset's object says."""
    key, version = head["dataset_key"], head["dataset_version"]
    suite = bucket.metadata(key, None if version == "null" else version).get(CANDIDATE_METADATA)
    if suite is not None and not is_suite_name(suite):
        field = f"metadata {CANDIDATE_METADATA}"
        problems.add(Problem(key, None, field, "is no suite's name", "upload the dataset again with the name of one"))
    return suite


def _stopped(evaluation: str, table: EvaluationTable) -> dict[str, Any]:
    table.note_before_end(evaluation, of_end("stopped before any job began"))
    return {"evaluation_id": evaluation, "outcome": "STOPPED"}


def _round(bucket: Bucket, key: str, jobs: Iterable[Job], suite: Suite, limits: Limits) -> dict[str, Any]:
    """Write the jobs of a round, and say how many of them may be under way at once."""
    lines, judges = [], set()
    for job in jobs:
        lines.append(json.dumps(job.to_json(), separators=(",", ":")) + "\n")
        judges.add(job.judge)
    bucket.put(key, "".join(lines).encode(), content_type=_JSONL)
    models = {suite.all_judges[place].model for judge in judges for place in suite.scored_in(judge).values()}
    return {"jobs_key": key, "jobs_at_once": most_under_way({model.judged_as for model in models}, limits)}


def _read_suite(
    bucket: Bucket, keys: EvaluationKeys, head: Mapping[str, Any], problems: Problems, reach: Reach | None
) -> Suite | None:
    suite_name, dataset_key = head["suite"], head["dataset_key"]
    if not is_suite_name(suite_name):
        problems.add(
            Problem(
                dataset_key,
                None,
                None,
                "stands in a folder that names no suite",
                "upload it as datasets/<suite>/<file>: lower-case letters, digits and single hyphens, 40 at most",
            )
        )
        return None
    file = suite_key(suite_name)
    content = bucket.read(keys.suite)
    if content is None:
        problems.add(
            Problem(
                file,
                None,
                None,
                "there is no such suite",
                f"upload it as {file}, or put the dataset under datasets/default/",
            )
        )
        return None
    try:
        return load_suite(content, name=suite_name, file=file, reach=reach)
    except InvalidInputError as error:
        problems.extend(error.problems)
        return None


def _write_validation(bucket: Bucket, keys: EvaluationKeys, manifest: Manifest | None, problems: Problems) -> None:
    bucket.put_json(
        keys.validation,
        {
            "valid": not problems,
            "records": manifest.dataset.records if manifest else None,
            "error_count": problems.count,
            "errors": [problem.to_json() for problem in problems.listed],
        },
    )
