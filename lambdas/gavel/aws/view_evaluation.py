"""What the API and the command line show of evaluations."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from gavel.names.object_keys import EvaluationKeys
from gavel.names.statuses import WITH_RESULTS
from gavel.names.table_keys import COMPARISON_SORT_PREFIX, GATE_SORT_PREFIX, SUMMARY_SORT_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gavel.aws.table import EvaluationTable


def view_evaluation(evaluation: str, *, bucket: str, table: EvaluationTable) -> dict[str, Any] | None:
    """One evaluation: its head, its jobs by status, why jobs failed, summaries over all categories, comparisons; or
    None.
    """
    head = table.head(evaluation)
    if head is None:
        return None
    jobs = list(table.jobs(evaluation))
    keys = EvaluationKeys(evaluation)
    view: dict[str, Any] = {
        **head,
        "bucket": bucket,
        "jobs": {
            "planned": head.get("jobs", {}).get("planned", 0),
            **Counter(job["status"].lower() for job in jobs),
        },
        "progress": _progress(head, jobs),
        "failed_jobs": [
            {
                "job_id": job["job_id"],
                "generator": job.get("generator"),
                "judge": job.get("judge"),
                "reason": job["reason"],
            }
            for job in jobs
            if job.get("reason") and not job.get("failed_with")
        ][:100],
        "keys": {
            "manifest": keys.manifest,
            "validation": keys.validation,
            "summary": keys.summary,
            "summary_csv": keys.summary_csv,
            "report": keys.report,
            "junit": keys.junit,
            "comment": keys.comment,
        },
        "summaries": [],
        "comparisons": [],
    }
    view.setdefault("verdict", None)
    if head["status"] in WITH_RESULTS and head.get("coverage"):
        view["summaries"] = [
            item for item in table.results(evaluation, SUMMARY_SORT_PREFIX) if item["category"] is None
        ]
        view["comparisons"] = list(table.results(evaluation, COMPARISON_SORT_PREFIX))
        if head.get("verdict"):
            view["verdict"] = {**head["verdict"], "gates": list(table.results(evaluation, GATE_SORT_PREFIX))}
    return view


def _progress(head: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Jobs of each generator by status, and USD counted so far (None while no price is known).

    Every generator has as many jobs as any other: one for each shard and judge.
    """
    generators = list(head.get("generators", ()))
    planned = int(head.get("jobs", {}).get("planned", 0))
    each = planned // len(generators) if generators else 0
    counted = [job["counted"]["usd"] for job in jobs if job.get("counted")]
    return {
        "generators": [
            {
                "generator": name,
                "planned": each,
                **Counter(str(job["status"]).lower() for job in jobs if job.get("generator") == name),
            }
            for name in generators
        ],
        "usd": None if any(usd is None for usd in counted) else round(float(sum(counted)), 6),
    }
