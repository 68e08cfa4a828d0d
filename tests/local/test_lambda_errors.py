"""A failed Lambda says what it would say on AWS, to callers and to the state machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.account import ACTIONS, invoke

if TYPE_CHECKING:
    from tests.local.account import Account

pytestmark = pytest.mark.twin


def call(account: Account, function: str, **event: Any) -> dict[str, Any]:
    reply = account.aws("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    return {"error": reply.get("FunctionError"), "payload": json.loads(reply["Payload"].read())}


def test_a_raised_exception_reaches_the_caller_with_its_class_text_and_stack(account: Account, actions: str) -> None:
    reply = call(account, actions, do="raise")

    assert reply["error"] == "Unhandled"
    assert reply["payload"]["errorType"] == "QuotaFullError"
    assert reply["payload"]["errorMessage"] == "no room"
    assert reply["payload"]["requestId"]
    assert 'raise QuotaFullError("no room")' in "".join(reply["payload"]["stackTrace"])


def test_an_environment_lives_on_after_an_exception(account: Account) -> None:
    function = account.function()

    call(account, function, do="raise")

    assert call(account, function)["payload"]["calls"] == 2


def test_a_catch_by_class_name_catches_the_class(account: Account, actions: str) -> None:
    caught = [{"ErrorEquals": ["QuotaFullError"], "Output": "{% $states.errorOutput %}", "Next": "Caught"}]
    states = {"Call": invoke(actions, {"do": "raise"}, Catch=caught), "Caught": {"Type": "Succeed"}}

    error = account.output(states)

    assert error["Error"] == "QuotaFullError"
    assert json.loads(error["Cause"])["errorMessage"] == "no room"


def test_a_timeout_is_named_sandbox_timedout(account: Account) -> None:
    function = account.function(timeout=1)

    ended = account.run({"Call": invoke(function, {"do": "sleep", "seconds": 5})})

    assert ended["error"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in ended["cause"]


def test_a_process_that_ends_is_named_runtime_exiterror_and_the_next_call_works(account: Account, actions: str) -> None:
    assert call(account, actions, do="exit")["payload"]["errorType"] == "Runtime.ExitError"
    assert call(account, actions, do="echo")["error"] is None


def test_a_module_that_cannot_be_imported_is_named_runtime_importmoduleerror(account: Account) -> None:
    function = account.function("import no_such_module\n" + ACTIONS)

    assert call(account, function)["payload"]["errorType"] == "Runtime.ImportModuleError"


@pytest.mark.parametrize("module", ["boto3", "botocore.client", "dateutil.parser", "urllib3", "sqlite3"])
def test_a_lambda_can_import_what_the_runtime_brings(account: Account, actions: str, module: str) -> None:
    assert call(account, actions, do="import", module=module)["error"] is None


@pytest.mark.parametrize("module", ["httpx", "cryptography", "hypercorn", "ministack", "jsonata"])
def test_a_lambda_cannot_import_what_only_lies_beside_the_emulator(account: Account, actions: str, module: str) -> None:
    assert call(account, actions, do="import", module=module)["payload"]["errorType"] == "ModuleNotFoundError"


def test_a_lambda_sees_its_own_variables_and_none_of_the_servers(account: Account) -> None:
    function = account.function(Environment={"Variables": {"LOG_LEVEL": "DEBUG", "GAVEL_TABLE": "t"}})

    names = set(call(account, function, do="environment")["payload"]["names"])

    assert {"LOG_LEVEL", "GAVEL_TABLE", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_LAMBDA_FUNCTION_NAME"} <= names
    assert not {"AUTH", "SFN_WAIT_SCALE", "GAVEL_TWIN_STATE_DIR", "MINISTACK_SSL_KEY"} & names


def test_a_raised_exception_is_in_the_functions_log(account: Account) -> None:
    function = account.function()

    call(account, function, do="raise")

    group = f"/aws/lambda/{function.rsplit(':', 1)[-1]}"
    events = account.aws("logs").filter_log_events(logGroupName=group)["events"]
    assert any("[ERROR] QuotaFullError: no room" in event["message"] for event in events)
