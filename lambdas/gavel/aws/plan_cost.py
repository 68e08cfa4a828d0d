"""What PlanEvaluation says about money: the estimate of the plan, and whether its budget allows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gavel.aws import spending
from gavel.datasets.limits import MAX_SUITE_BYTES
from gavel.names import object_keys
from gavel.pricing.budget import MICRO, over_budget, parse_usd
from gavel.pricing.estimate import estimate
from gavel.pricing.prices import prices_with
from gavel.problems import InvalidInputError, Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.admission.state import Limits
    from gavel.aws.storage import Bucket
    from gavel.aws.table import EvaluationTable
    from gavel.planning.manifest import Manifest
    from gavel.pricing.ceiling import Ceiling
    from gavel.pricing.sizes import DatasetSizes


def with_cost(  # noqa: PLR0913 - the plan, and all that has a say in what it may cost
    manifest: Manifest,
    sizes: DatasetSizes,
    head: Mapping[str, Any],
    *,
    bucket: Bucket,
    table: EvaluationTable,
    limits: Limits,
    ceiling: Ceiling,
    problems: Problems,
) -> Manifest:
    """The manifest with its estimate and with the budget that counts; what forbids the evaluation goes to `problems`.

    The budget is the suite's, and may be tightened by the metadata of the dataset's object
    (`object_keys.BUDGET_METADATA`): whoever uploads it says so in the same request, whichever event then starts the
    evaluation. `ceiling` is that of the deployment, which counts besides.
    """
    try:
        prices = prices_with(bucket.read(object_keys.PRICES_KEY, most=MAX_SUITE_BYTES), file=object_keys.PRICES_KEY)
    except InvalidInputError as error:
        problems.extend(error.problems)
        return manifest
    budget = manifest.suite.budget.with_limit(_limit_of_dataset(head, bucket, problems))
    budget = replace(budget, ceiling=ceiling)
    suite = replace(manifest.suite, budget=budget)
    result = estimate(suite, sizes, prices, shard_sizes=manifest.shard_sizes, limits=limits)
    month, taken, by_all = spending.month_of(manifest), 0.0, 0.0
    if budget.per_month_usd is not None:
        taken = spending.of_month(table, suite.name, month) / MICRO
    if ceiling.per_month_usd is not None:
        by_all = spending.of_deployment(table, month) / MICRO
    file = object_keys.suite_key(suite.name)
    over = over_budget(result, budget, file=file, spent_this_month=taken, spent_by_all=by_all)
    if over:
        table.note_before_end(manifest.evaluation_id, {"over_budget": True})
    problems.extend(over)
    return replace(manifest, suite=suite, estimate=result.to_json())


def _limit_of_dataset(head: Mapping[str, Any], bucket: Bucket, problems: Problems) -> float | None:
    key, version = head["dataset_key"], head["dataset_version"]
    text = bucket.metadata(key, None if version == "null" else version).get(object_keys.BUDGET_METADATA)
    if text is None:
        return None
    try:
        return parse_usd(text)
    except ValueError as error:
        field = f"metadata {object_keys.BUDGET_METADATA}"
        problems.add(Problem(key, None, field, str(error), "upload the dataset again with an amount such as 2.50"))
        return None
