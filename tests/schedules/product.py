"""The product inside the simulation: the real handlers, their clients, clock and settings replaced by a world's own."""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, Final, cast
from unittest import mock

from gavel.aws import clients
from gavel.names.deployed import Variable
from gavel.planning.sharding import shard_of_each
from infra.handler_table import HANDLERS
from tests.gavel.result_builders import score_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gavel.results.parquet import ScoreColumns
    from gavel.results.scores import ScoreRow
    from tests.schedules.world import World

BUCKET: Final = "gavel-bucket"
TABLE: Final = "gavel-table"
_ENVIRONMENT: Final[dict[str, str]] = {
    **{variable.value: "1000000" for variable in Variable},
    Variable.BUCKET: BUCKET,
    Variable.TABLE: TABLE,
    Variable.EVENT_BUS: "default",
    Variable.STATE_MACHINE_ARN: "arn:aws:states:us-east-1:123456789012:stateMachine:evaluation",
    Variable.BEDROCK_ROLE_ARN: "arn:aws:iam::123456789012:role/bedrock",
    Variable.KEY_ARN: "",
    Variable.SPENDING_LIMIT: "",
    Variable.KEEP_BEDROCK_JOBS_DAYS: "1",
    Variable.MODEL_KINDS: "foundation-model,inference-profile",
    Variable.REGION: "us-east-1",
    Variable.ACCOUNT: "123456789012",
    "POWERTOOLS_SERVICE_NAME": "gavel",
    "POWERTOOLS_METRICS_NAMESPACE": "Gavel",
    "POWERTOOLS_METRICS_DISABLED": "true",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "AWS_DEFAULT_REGION": "us-east-1",
}


class Context:
    """What a handler reads of Lambda's context."""

    aws_request_id = "request-1"
    function_name = "simulated"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:simulated"


def _handlers() -> dict[str, Any]:
    try:
        with mock.patch.dict(os.environ, _ENVIRONMENT):
            return {handler.title: importlib.import_module(f"handlers.{handler.name}") for handler in HANDLERS}
    finally:
        clients.forget()  # what the modules made at their doors is without credentials


# The modules of the handlers by the name of their state.
MODULES: Final = _handlers()


@contextlib.contextmanager
def installed(world: World, *, limits: dict[Variable, str], shard_records: int) -> Iterator[None]:
    """The product as deployed in this world, with as few records in a shard as it says."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, {**_ENVIRONMENT, **limits}))
        for name, client in {
            "s3": lambda: world.storage,
            "bedrock": lambda: world.bedrock,
            "table": lambda name: world.table,
            "events": lambda: world.events,
            "sns": lambda: world.topic,
            "step_functions": lambda: world.states,
            "glue": lambda: world.glue,
            "sqs": lambda: world.queue,
        }.items():
            stack.enter_context(mock.patch.object(clients, name, client))
        entrance = importlib.import_module("handlers.entrance")
        for module in MODULES.values():
            stack.enter_context(mock.patch.object(module, "door", entrance.Door()))
            if hasattr(module, "now"):
                stack.enter_context(mock.patch.object(module, "now", world.time))
        stack.enter_context(mock.patch.dict(_SHARD_DEFAULTS, max_records=shard_records))
        stack.enter_context(mock.patch.object(entrance.metrics, "add_metric"))
        stack.enter_context(mock.patch.object(entrance.metrics.provider, "flush_metrics"))
        for target, stand_in in _CHEAP.items():
            stack.enter_context(mock.patch(target, stand_in))
        yield


class _OneAfterTheOther(Executor):
    """A pool without threads: a process of the simulation is not to be held up in two places."""

    def __init__(self, *given: Any, **named: Any) -> None:
        pass

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Do it at once."""
        done: Future[Any] = Future()
        try:
            done.set_result(work(*given, **named))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            done.set_exception(error)
        return done


def _write_scores(path: Path, rows: Iterable[ScoreRow]) -> int:
    kept = list(rows)
    path.write_bytes(pickle.dumps(kept))
    return len(kept)


def _read_columns(path: Path) -> ScoreColumns:
    rows: list[ScoreRow] = pickle.loads(path.read_bytes())  # noqa: S301 - written above
    return score_columns(rows)


_SHARD_DEFAULTS: Final = cast("dict[str, Any]", shard_of_each.__kwdefaults__)

# Dear functions without any side effect, which have tests of their own: the simulation is about what happens when.
_CHEAP: Final[dict[str, Any]] = {
    "gavel.aws.uploads.ThreadPoolExecutor": _OneAfterTheOther,
    "gavel.aws.score_copies.ThreadPoolExecutor": _OneAfterTheOther,
    "gavel.aws.collect_scores.write_scores": _write_scores,
    "gavel.aws.score_files.read_columns": _read_columns,
    "gavel.aws.report_inputs.read_scores": lambda files, records: iter(()),
    "gavel.aws.score_files.read_answers": lambda files: iter(()),
    "gavel.aws.score_files.record_identities": lambda files: {},
    "gavel.aws.report_inputs.room": lambda files, records: (records, 1),
    "gavel.aws.report_inputs.answer_lengths": lambda files, records: {},
    "gavel.aws.report_inputs.trust_report": lambda scores, **rest: {"judges": [], "agreement": []},
    "gavel.aws.summarize_evaluation.compare": lambda scores, **rest: [],
    "gavel.aws.summarize_evaluation.render_report": lambda data: "<html></html>",
}
