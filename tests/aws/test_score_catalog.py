"""The catalogue in which Athena finds the scores of all evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from gavel.aws import clients
from gavel.aws.score_catalog import ScoreCatalog
from gavel.aws.summarize_evaluation import summarize_evaluation
from gavel.catalog import REGISTERED
from gavel.names.object_keys import EvaluationKeys
from tests.aws.conftest import NOW, Stage
from tests.aws.test_collect_and_summarize import figures, finished

if TYPE_CHECKING:
    from collections.abc import Callable

CATALOG = ScoreCatalog("gavel_test", "scores")


def partitions() -> list[dict[str, Any]]:
    glue: Any = clients.session().client("glue")
    found: list[dict[str, Any]] = glue.get_partitions(DatabaseName="gavel_test", TableName="scores")["Partitions"]
    return found


def summarize(stage: Stage, evaluation: str) -> dict[str, Any]:
    summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW, catalog=CATALOG)
    return stage.table.head(evaluation) or {}


def broken(error: Exception) -> Callable[[], Any]:
    class Glue:
        def create_partition(self, **_: object) -> None:
            raise error

    return Glue


def test_an_evaluation_is_a_partition_that_points_at_its_scores_however_often_it_is_summarised(stage: Stage) -> None:
    evaluation = finished(stage, [1, 0.5], [0, 1])

    heads = [summarize(stage, evaluation) for _ in range(2)]

    (partition,) = partitions()
    assert [head["catalog"] for head in heads] == [REGISTERED] * 2
    assert partition["Values"] == ["mine", evaluation]
    location = f"s3://gavel-bucket/{EvaluationKeys(evaluation).scores_folder}"
    assert partition["StorageDescriptor"]["Location"] == location
    keys = list(stage.bucket.keys(EvaluationKeys(evaluation).scores_folder))
    assert keys
    assert all(key.endswith(".parquet") for key in keys)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ClientError(
                {"Error": {"Code": "AccessDeniedException", "Message": "Insufficient Lake Formation permission(s)"}},
                "CreatePartition",
            ),
            "Lake Formation",
        ),
        (ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "CreatePartition"), "Throttling"),
        (ClientError({"Error": {"Code": "EntityNotFoundException", "Message": ""}}, "CreatePartition"), "NotFound"),
        (ReadTimeoutError(endpoint_url="glue"), "no answer"),
    ],
)
def test_a_catalogue_that_fails_is_noted_and_costs_no_figure(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    evaluation = finished(stage, [1, 0.5], [0, 1])
    monkeypatch.setattr(clients, "glue", broken(error))

    head = summarize(stage, evaluation)

    assert said in head["catalog"]
    assert "docs/athena.md" in head["catalog"]
    assert figures(stage, evaluation)["lite"] == (2, 0, 0.75)


def test_a_busy_catalogue_is_asked_six_times() -> None:
    config: Any = clients._PATIENT
    assert config.retries == {"mode": "standard", "total_max_attempts": 6}
