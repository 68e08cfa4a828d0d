"""The part of the HTTP API that reads data: records, comparisons, estimates, checks of datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from gavel.aws import clients
from gavel.names.deployed import Variable
from handlers.entrance import Door, Event
from handlers.routes import data, problems

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

door = Door(
    Variable.BUCKET,
    Variable.TABLE,
    Variable.MAX_DATASET_BYTES,
    Variable.MAX_CONCURRENT_JOBS,
    Variable.MAX_JOBS_PER_JUDGE,
    Variable.MODEL_KINDS,
    Variable.REGION,
    Variable.ACCOUNT,
    first=(clients.s3,),
)
app = APIGatewayHttpResolver(enable_validation=True)
problems.install(app)
app.include_router(data.router)


def handler(event: Event, context: LambdaContext) -> dict[str, Any]:
    """Route one request of API Gateway."""
    return problems.resolve(app, event, context, door=door)
