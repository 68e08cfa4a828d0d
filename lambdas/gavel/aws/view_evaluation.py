"""What the API and the command line show of evaluations."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from gavel.names import COMPARISON_SORT_PREFIX, GATE_SORT_PREFIX, SUMMARY_SORT_PREFIX, WITH_RESULTS, EvaluationKeys

if TYPE_CHECKING:
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
