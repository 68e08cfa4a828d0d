"""The HTTP API: evaluations, suites, baselines, datasets, schedules. Callers are authorised before they come here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from gavel.aws import clients
from gavel.names.deployed import Variable
from handlers.entrance import Door, Event
from handlers.routes import datasets, evaluations, problems, schedules, suites

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

door = Door(
    Variable.BUCKET,
    Variable.TABLE,
    Variable.STATE_MACHINE_ARN,
    Variable.MAX_DATASET_BYTES,
    Variable.MODEL_KINDS,
    Variable.REGION,
    Variable.ACCOUNT,
    Variable.SCHEDULE_GROUP,
    Variable.SCHEDULE_TARGET_ARN,
    Variable.SCHEDULE_ROLE_ARN,
    Variable.DEAD_LETTERS_ARN,
    first=(clients.s3,),
)
app = APIGatewayHttpResolver(enable_validation=True)
problems.install(app)
for module in (evaluations, suites, datasets, schedules):
    app.include_router(module.router)


@app.get("/openapi.json", include_in_schema=False)
def document() -> problems.Answer:
    """Give the OpenAPI document of the whole API."""
    return Response(
        status_code=200, content_type="application/json", body=problems.DOCUMENT.read_text(encoding="utf-8")
    )


def handler(event: Event, context: LambdaContext) -> dict[str, Any]:
    """Route one request of API Gateway."""
    return problems.resolve(app, event, context, door=door)
