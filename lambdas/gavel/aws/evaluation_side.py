"""The scores of a deployed evaluation as one side of a comparison."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gavel.aws.manifests import read_manifest
from gavel.aws.score_copies import copy_scores, listed_scores
from gavel.problems import Problem
from gavel.results.score_files import read_score_parquet

if TYPE_CHECKING:
    from gavel.aws.storage import Bucket
    from gavel.problems import Problems
    from gavel.results.sides import Side


def read_evaluation(side: Side, problems: Problems, *, bucket: Bucket, status: str) -> None:
    """Add the scores of the evaluation that the side is named after, and what its suite says of metrics and models.

    A problem when there is none; `status` is the evaluation's. Raises the errors of `gavel.aws.failures.translated`.
    """
    listed = listed_scores(side.name, bucket=bucket)
    if not listed:
        remedy = "compare evaluations that have ended with scores"
        problems.add(Problem(side.name, None, None, f"has no scores: it is {status}", remedy))
        return
    manifest = read_manifest(bucket, side.name)
    side.directions = manifest.suite.directions
    side.two_valued = {metric.name for metric in manifest.suite.custom_metrics if len(metric.scale) == 2}
    side.stratified = manifest.sampling.stratified
    side.models = {one.name: str(one.model) for one in manifest.suite.all_judges}
    side.models |= {one.name: one.identifier for one in manifest.suite.generators}
    with tempfile.TemporaryDirectory(prefix="gavel-") as folder:
        copies = copy_scores(listed, Path(folder), bucket=bucket)
        side.records += read_score_parquet(copies, file=side.name, problems=problems, texts=side.texts)
