"""The scores of a deployed evaluation as one side of a comparison."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gavel import names
from gavel.aws.manifests import read_manifest
from gavel.problems import Problem
from gavel.results.score_files import read_score_parquet

if TYPE_CHECKING:
    from gavel.aws.storage import Bucket
    from gavel.problems import Problems
    from gavel.results.sides import Side

_PARQUET: Final = ".parquet"


def read_evaluation(side: Side, problems: Problems, *, bucket: Bucket, status: str) -> None:
    """Add the scores of the evaluation that the side is named after, and what its suite says of metrics and models.

    A problem when there is none; `status` is the evaluation's. Raises the errors of `gavel.aws.failures.translated`.
    """
    keys = names.EvaluationKeys(side.name)
    objects = [key for key in bucket.keys(keys.scores_folder) if key.endswith(_PARQUET)]
    if not objects:
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
        copies = []
        for number, key in enumerate(objects):
            copies.append(Path(folder) / f"{number}{_PARQUET}")
            bucket.get_file(key, copies[-1])
        side.records += read_score_parquet(copies, file=side.name, problems=problems, texts=side.texts)
