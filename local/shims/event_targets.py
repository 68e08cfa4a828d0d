"""A rule invokes a Lambda asynchronously.

AWS: EventBridge hands the event to Lambda's asynchronous invocation, which tries a failed function twice more and then
puts the event into the function's dead-letter queue or destination (EventBridge User Guide, "Targets"; Lambda Developer
Guide, "Error handling for asynchronous invocations"). ministack can do that, and does it for `Invoke`, but runs the
Lambda of a rule once and forgets how it ended.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack.services import eventbridge, lambda_svc

from local.shims.expected import replace

if TYPE_CHECKING:
    from collections.abc import Callable


def apply() -> None:
    """Send a rule's events the way that asynchronous invocations take."""
    replace(eventbridge, "_dispatch_to_lambda", _asynchronously)


def _asynchronously(_original: Callable[..., None]) -> Callable[..., None]:
    def dispatch_to_lambda(arn: str, payload: Any) -> None:
        function, config, name = lambda_svc._get_func_record_for_ref(arn)
        if not function or not config:
            eventbridge.logger.warning("EventBridge → Lambda: function %s not found", name)
            return
        try:
            event = json.loads(payload)
        except (json.JSONDecodeError, TypeError):
            event = {"body": payload}
        lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), event)

    return dispatch_to_lambda
