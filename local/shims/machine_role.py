"""A state machine acts as its role.

AWS: Step Functions assumes the machine's role for every call that a state makes; what the role's policies do not allow
is denied (Developer Guide, "How Step Functions works with IAM"). ministack calls Lambda and S3 from inside, with every
right. Here the machine's calls come in through the front door instead, signed with a session of its role, so that
identity policies, resource policies and keys are judged as for anybody else.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from ministack.core import iam_evaluator
from ministack.services import stepfunctions as sfn
from ministack.services import sts

from local.shims import current
from local.shims.expected import replace

if TYPE_CHECKING:
    from collections.abc import Callable

_clients: dict[tuple[str, str], Any] = {}
_lock = threading.Lock()


def apply() -> None:
    """Invoke Lambdas as the machine's role."""
    replace(sfn, "_call_lambda", _as_role)


def client(service: str) -> Any:
    """A boto3 client of the role of the machine that this thread works for."""
    role_arn = current.role()
    if role_arn is None:
        raise RuntimeError("no execution runs in this thread")
    with _lock:
        if (role_arn, service) not in _clients:
            session: Any = _session(role_arn)
            _clients[role_arn, service] = session.client(
                service,
                endpoint_url=f"https://127.0.0.1:{os.environ['GATEWAY_PORT']}",
                # No retries: the state's own Retry decides. Longer than the longest Lambda.
                config=Config(retries={"total_max_attempts": 1}, read_timeout=960, max_pool_connections=128),
            )
        return _clients[role_arn, service]


def require(action: str, resource: str) -> None:
    """Raise States.Permissions unless the role's own policies allow `action` on `resource`."""
    role_arn = str(current.role())
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    context = iam_evaluator.EvalContext(
        principal_arn=_session_arn(role_arn),
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=os.environ["MINISTACK_REGION"],
    )
    if iam_evaluator.evaluate(context, iam_evaluator._gather_role_policies(name, account)).decision != "Allow":
        raise sfn._ExecutionError(
            "States.Permissions",
            f"User: {_session_arn(role_arn)} is not authorized to perform: {action} on: {resource}",
        )


def _session(role_arn: str) -> boto3.Session:
    digest = hashlib.sha256(os.urandom(32)).hexdigest()
    access_key, secret, token = f"ASIA{digest[:16].upper()}", digest[16:], hashlib.sha256(os.urandom(32)).hexdigest()
    sts.register_session(
        access_key,
        {"Arn": _session_arn(role_arn), "UserId": access_key, "SecretAccessKey": secret, "SessionToken": token},
    )
    return boto3.Session(
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        region_name=os.environ["MINISTACK_REGION"],
    )


def _session_arn(role_arn: str) -> str:
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    return f"arn:aws:sts::{account}:assumed-role/{name}/step-functions"


def _as_role(original: Callable[..., Any]) -> Callable[..., Any]:
    def call_lambda(func_ref: str, event: Any) -> Any:
        if current.role() is None:
            return original(func_ref, event)
        try:
            reply = client("lambda").invoke(FunctionName=func_ref, Payload=json.dumps(event).encode())
        except ClientError as error:
            raise sfn._ExecutionError(*service_error("Lambda", error)) from error
        except BotoCoreError as error:
            raise sfn._ExecutionError("Lambda.SdkClientException", str(error)) from error
        payload = json.loads(reply["Payload"].read() or b"null")
        if "FunctionError" in reply:
            name = payload.get("errorType") if isinstance(payload, dict) else None
            raise sfn._ExecutionError(name or "Lambda.Unknown", json.dumps(payload))
        return payload

    return call_lambda


def service_error(service: str, error: ClientError) -> tuple[str, str]:
    """Name and cause of the state's error for a service's refusal, in the form that Step Functions gives them."""
    metadata, reason = error.response.get("ResponseMetadata", {}), error.response["Error"]
    status, request = metadata.get("HTTPStatusCode"), metadata.get("RequestId")
    cause = f"{reason.get('Message', '')} (Service: {service}, Status Code: {status}, Request ID: {request})"
    return f"{service}.{reason.get('Code', 'Unknown')}", cause
