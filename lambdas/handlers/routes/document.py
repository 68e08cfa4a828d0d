"""Writes `handlers/openapi.json`, the OpenAPI 3.1 document of both Lambdas: `python -m handlers.routes.document`.

`--check` writes nothing and ends with 1 when the file is not what the routes say.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from gavel.version import VERSION
from handlers.routes import data, datasets, evaluations, schedules, suites
from handlers.routes.problems import DOCUMENT

_ABOUT: Final = (
    "LLM-as-a-judge evaluations on Amazon Bedrock. Every call is signed with SigV4 (service `execute-api`), or carries "
    "a token of the issuer that the deployment names. Errors are RFC 9457 problem documents."
)
_SUITE_BODY: Final = {
    "required": True,
    "content": {"application/yaml": {"schema": {"type": "string", "description": "YAML of at most 256 KiB."}}},
}


def document() -> dict[str, Any]:
    """The document; the same routes give the same bytes."""
    app = APIGatewayHttpResolver(enable_validation=True)
    for module in (evaluations, suites, datasets, schedules, data):
        app.include_router(module.router)
    text = app.get_openapi_json_schema(title="Gavel", version=VERSION, description=_ABOUT)
    found: dict[str, Any] = json.loads(text)
    for path in found["paths"].values():
        for operation in path.values():
            # Powertools says 422 of every route; ours refuse with 400 where they can be called wrongly.
            operation["responses"].pop("422", None)
            operation.pop("deprecated", None)
            for parameter in operation.get("parameters", ()):
                if parameter["schema"].get("anyOf"):
                    # A parameter is left out, and never null.
                    parameter["schema"] = _without_null(parameter["schema"])
    found["paths"]["/suites/{suite}"]["put"]["requestBody"] = _SUITE_BODY
    for name in ("HTTPValidationError", "ValidationError"):
        found["components"]["schemas"].pop(name, None)
    found["paths"]["/openapi.json"] = {"get": _own_operation(found)}
    found["components"]["securitySchemes"] = {
        "sigv4": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "AWS Signature Version 4, service `execute-api`",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
        "jwt": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "Instead of signatures, where the deployment names an issuer of tokens (setting `jwt`)",
        },
    }
    found["security"] = [{"sigv4": []}, {"jwt": []}]
    found["paths"] = dict(sorted(found["paths"].items()))
    return found


def _own_operation(found: dict[str, Any]) -> dict[str, Any]:
    refusals = found["paths"]["/suites"]["get"]["responses"]
    return {
        "summary": "Read this document",
        "operationId": "getDocument",
        "tags": ["document"],
        "responses": {
            "200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}},
            **{status: answer for status, answer in refusals.items() if status != "200"},
        },
    }


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    others = [one for one in schema["anyOf"] if one != {"type": "null"}]
    kept = {name: value for name, value in schema.items() if name not in {"anyOf", "default"}}
    return {**others[0], **kept} if len(others) == 1 else {**kept, "anyOf": others}


def main() -> None:
    """Write the file, or compare it with what the routes say."""
    text = json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv[1:]:
        DOCUMENT.write_text(text, encoding="utf-8")
    elif not DOCUMENT.is_file() or DOCUMENT.read_text(encoding="utf-8") != text:
        sys.exit(f"{DOCUMENT.name} is not what the routes say; run `make openapi` and commit it")


if __name__ == "__main__":
    main()
