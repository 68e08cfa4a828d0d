"""Requests made up from the OpenAPI document, valid and invalid ones: the deployed API answers as the document says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.twin.fuzzing import STRANGER, Signed, session_for

if TYPE_CHECKING:
    from tests.twin.conftest import Gavel

pytestmark = pytest.mark.twin

DOCUMENT = Path(__file__).parents[2] / "lambdas" / "handlers" / "openapi.json"
EXAMPLES = 12
# A suite's body is any text for the document, and a suite that can be used for the API.
NOT_FOR = {"PUT /suites/{suite}": [positive_data_acceptance]}


def _document() -> dict[str, Any]:
    """The committed document without its security: for the fuzzer a missing signature is a 401, and AWS says 403.

    Unsigned calls have a test of their own, for every operation.
    """
    document: dict[str, Any] = json.loads(DOCUMENT.read_text())
    del document["security"], document["components"]["securitySchemes"]
    return document


schema = schemathesis.openapi.from_dict(_document())
OPERATIONS = [(method, path) for path, known in sorted(_document()["paths"].items()) for method in known]


@pytest.fixture(scope="module")
def known(gavel: Gavel) -> dict[str, str]:
    """What is there: an evaluation, its dataset, a suite. Made-up names would all be unknown ones."""
    key, _ = gavel.upload({"prompt": "What is 2 + 2?", "referenceResponse": "4"}, {"prompt": "And 3 + 3?"})
    return {"evaluation_id": gavel.ended(key)["evaluation_id"], "dataset": key, "suite": "default"}


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_the_api_answers_every_request_as_its_document_says(case: Any, gavel: Gavel, known: dict[str, str]) -> None:
    session, address, host = session_for(gavel.twin, gavel.outputs["ApiUrl"])
    # API Gateway takes 10,240 bytes of request line and headers, and what is longer never comes to Gavel.
    assume(len(urlencode(case.query or {}, doseq=True)) < 4000)
    _name_what_is_there(case, known)
    case.call_and_validate(
        base_url=address,
        session=session,
        auth=Signed(gavel.twin, host),
        verify=gavel.twin.ca_bundle,
        excluded_checks=NOT_FOR.get(case.operation.label, []),
    )


def _name_what_is_there(case: Any, known: dict[str, str]) -> None:
    """Every other request names something that exists."""
    if case.id < "n":
        for name in set(case.path_parameters or {}) & set(known):
            case.path_parameters[name] = known[name]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_an_unsigned_and_a_foreign_call_are_refused_and_learn_nothing(method: str, path: str, gavel: Gavel) -> None:
    session, address, host = session_for(gavel.twin, gavel.outputs["ApiUrl"])
    for auth, headers in ((None, {"Host": host}), (Signed(gavel.twin, host, STRANGER), {})):
        answer = session.request(method, address + path, auth=auth, headers=headers)
        assert answer.status_code == 403
        assert set(answer.json()) <= {"message", "__type"}
