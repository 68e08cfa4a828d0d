"""S3 names the resource that somebody may not touch.

AWS: a denial within an account reads `User: ARN is not authorized to perform: s3:GetObject on resource:
"arn:aws:s3:::bucket/key" because no identity-based policy allows the s3:GetObject action` (Amazon S3 user guide,
"Troubleshoot access denied errors"). ministack leaves the resource out where an identity's policy decided. It matters:
the key of an object is a name that a user gave, and it must not travel on from such a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.core import iam_actions

from local.shims.expected import replace

if TYPE_CHECKING:
    from collections.abc import Callable


def apply() -> None:
    """Let S3's denials name the resource."""
    replace(iam_actions, "access_denied_response", _naming)


def _naming(original: Callable[..., tuple[Any, ...]]) -> Callable[..., tuple[Any, ...]]:
    def access_denied_response(  # noqa: PLR0913 - ministack's signature
        service: str,
        action: str,
        principal_arn: str,
        request_id: str,
        *,
        error_code: str = "",
        message: str = "",
        headers: dict[str, Any] | None = None,
        resource_arn: str = "*",
        explicit_deny: bool = False,
        resource_policy_arn: str = "",
    ) -> tuple[Any, ...]:
        by_identity = not message and not error_code and not (explicit_deny and resource_policy_arn)
        if service == "s3" and by_identity and resource_arn != "*":
            message = iam_actions.identity_denial_message(action, principal_arn, f'"{resource_arn}"', explicit_deny)
        return original(
            service,
            action,
            principal_arn,
            request_id,
            error_code=error_code,
            message=message,
            headers=headers,
            resource_arn=resource_arn,
            explicit_deny=explicit_deny,
            resource_policy_arn=resource_policy_arn,
        )

    return access_denied_response
