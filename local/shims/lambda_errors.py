"""What a failed Lambda invocation says.

AWS: a raised exception comes back as {"errorMessage", "errorType", "requestId", "stackTrace"}, with the exception's
class as errorType, and the environment lives on; a timeout is Sandbox.Timedout; a process that ends is
Runtime.ExitError; a handler that cannot be imported is Runtime.ImportModuleError (Lambda Developer Guide, "Python
function errors" and "Troubleshoot invocation issues"). ministack names every one of them Runtime.HandlerError, without
the stack, and ends the process after each.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc

from local.shims.expected import edit_text, replace

if TYPE_CHECKING:
    from collections.abc import Callable

INIT_FAILED: Final = "Worker init failed: "
INIT_ERRORS: Final = {
    "ModuleNotFoundError": "Runtime.ImportModuleError",
    "ImportError": "Runtime.ImportModuleError",
    "AttributeError": "Runtime.HandlerNotFound",
    "SyntaxError": "Runtime.UserCodeSyntaxError",
}

_RAISED = (
    '_real_stdout.write(json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()}) + "\\n")'
)
# "ok", because ministack ends a worker that reports an error, and AWS keeps it.
_RAISED_AS_AWS = """_real_stdout.write(json.dumps({"status": "ok", "result": None, "raised": {
                "errorMessage": str(e), "errorType": type(e).__name__, "requestId": _ms_ctx.get("request_id", ""),
                "stackTrace": traceback.format_list(traceback.extract_tb(e.__traceback__)[1:])}}) + "\\n")
            print("[ERROR] " + type(e).__name__ + ": " + str(e) + "\\n" + traceback.format_exc())"""
_NOT_IMPORTED = '_real_stdout.write(json.dumps({"status": "error", "error": str(e)}) + "\\n")'
_NOT_IMPORTED_AS_AWS = """_real_stdout.write(json.dumps({"status": "error", "error": json.dumps(
            {"errorMessage": str(e), "errorType": type(e).__name__})}) + "\\n")"""


def apply() -> None:
    """Report errors as AWS does."""
    place = "ministack.core.lambda_runtime._PYTHON_WORKER_SCRIPT"
    script = edit_text(lambda_runtime._PYTHON_WORKER_SCRIPT, _RAISED, _RAISED_AS_AWS, place)
    lambda_runtime._PYTHON_WORKER_SCRIPT = edit_text(script, _NOT_IMPORTED, _NOT_IMPORTED_AS_AWS, place)
    replace(lambda_svc, "_execute_function_warm", _reporting)


def _reporting(original: Callable[..., Any]) -> Callable[..., Any]:
    def execute_function_warm(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        config = func.get("config") or func
        if not func.get("code_zip") or not str(config.get("Runtime", "")).startswith("python"):
            return dict(original(func, event, request_id))
        return _execute(config, func["code_zip"], event, request_id)

    return execute_function_warm


def _execute(config: dict[str, Any], code: bytes, event: Any, request_id: str) -> dict[str, Any]:
    name, version = config["FunctionName"], config.get("Version", "$LATEST")
    lambda_svc._ensure_reaper_thread()
    worker, reason = lambda_svc.acquire_worker(name, config, code, qualifier=version)
    if worker is None:
        return dict(
            lambda_svc._throttle_response(
                reason_code="ReservedFunctionConcurrentInvocationLimitExceeded", msg=f"Rate Exceeded: {name}: {reason}"
            )
        )
    try:
        reply = worker.invoke(
            event,
            request_id,
            trace_id=lambda_svc._xray_trace_id_for_invocation(config),
            invoked_function_arn=config.get("FunctionArn", ""),
            depth=lambda_svc._invoke_depth.get(),
            durable=lambda_svc._durable_env_overlay(),
        )
    except RuntimeError as error:
        lambda_svc.invalidate_worker(name, qualifier=version, account=get_account_id(), region=get_region())
        worker = None
        return _failed(_init_error(str(error)), str(error))
    finally:
        lambda_svc.release_worker(worker)
    return outcome(reply, request_id)


def outcome(reply: dict[str, Any], request_id: str) -> dict[str, Any]:
    """The invocation's result in ministack's form, from what the worker said."""
    log = reply.get("log", "")
    if reply.get("raised"):
        return _failed(reply["raised"], log)
    if reply.get("status") == "ok":
        return {"body": reply.get("result"), "log": log}
    message = str(reply.get("error", ""))
    if message.startswith("Task timed out after"):
        return _failed(_runtime_error("Sandbox.Timedout", message, request_id), log)
    ended = "Runtime exited without providing a reason"
    return _failed(_runtime_error("Runtime.ExitError", ended, request_id), f"{log}\n{message}")


def _runtime_error(name: str, message: str, request_id: str) -> dict[str, Any]:
    return {"errorType": name, "errorMessage": f"RequestId: {request_id} Error: {message}"}


def _init_error(text: str) -> dict[str, Any]:
    if not text.startswith(INIT_FAILED):
        return {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited during initialisation"}
    error = json.loads(text.removeprefix(INIT_FAILED))
    return {**error, "errorType": INIT_ERRORS.get(error["errorType"], error["errorType"]), "stackTrace": []}


def _failed(body: dict[str, Any], log: str) -> dict[str, Any]:
    return {"body": body, "error": True, "log": log}
