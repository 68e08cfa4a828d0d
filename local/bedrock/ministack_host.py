"""The Host on ministack: its IAM evaluator decides, its STS knows the job's credentials, its S3 is asked over HTTPS.

The only module that imports ministack. Private names of it are used where it offers nothing else; the lock file pins
its version, and the conformance tests fail when one of them changes.
"""

from __future__ import annotations

import contextvars
import hashlib
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from ministack import app as ministack_app
from ministack.core import iam_evaluator, responses, router
from ministack.services import bedrock, iam, sts

from local.bedrock.host import Caller, Denial, RoleRefusedError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.bedrock.host import Context

_SERVICE: Final = "bedrock.amazonaws.com"
_SESSION_SECONDS: Final = 12 * 3600

# One session for all jobs, because it keeps the service models that every client needs; it makes one client at a time.
_session: Final = boto3.session.Session()
_making: Final = threading.Lock()


class MinistackHost:
    """`endpoint_url` is where this very ministack listens, `ca_bundle` the certificate that it shows (or None)."""

    def __init__(self, *, endpoint_url: str, ca_bundle: str | None = None) -> None:
        """Nothing is contacted before the first job runs."""
        self._endpoint_url = endpoint_url
        self._ca_bundle = ca_bundle

    def caller(self, headers: Mapping[str, str]) -> Caller:
        """Resolve the signer's access key; ministack has checked the signature already."""
        key = router.extract_access_key_id(dict(headers))
        region = router.extract_region(dict(headers))
        account = _in_scope(key, region, responses.get_account_id)
        identity = _in_scope(key, region, lambda: iam_evaluator.resolve_caller_identity(key))
        arn = identity["userArn"] if identity else f"arn:aws:iam::{account}:root"
        return Caller(account=account, region=region, arn=arn, access_key=key)

    def denial(self, caller: Caller, action: str, resource: str, context: Context) -> Denial | None:
        """Evaluate the caller's policies, boundary and session policies."""
        return _decide(caller, action, resource, context)

    def assume(self, role_arn: str, *, caller: Caller, job_arn: str) -> MinistackRoleSession:
        """Check the trust policy and register temporary credentials, as ministack does for a Lambda's role."""
        name = role_arn.rsplit("/", 1)[-1]
        role = iam._roles.get_scoped(caller.account, None, name)  # noqa: SLF001 - no public accessor
        if role is None or role.get("Arn") != role_arn:
            raise RoleRefusedError(f"The role {role_arn} does not exist.")
        if not _trusted(role, caller=caller, job_arn=job_arn):
            raise RoleRefusedError(
                f"Amazon Bedrock is not authorized to assume the role {role_arn}. Its trust policy must allow "
                f"sts:AssumeRole to {_SERVICE}, with aws:SourceAccount {caller.account} and aws:SourceArn {job_arn} "
                "if it has these conditions."
            )
        session_name = f"BedrockEvaluation-{job_arn.rpartition('/')[2]}"
        arn = f"arn:aws:sts::{caller.account}:assumed-role/{name}/{session_name}"
        digest = hashlib.sha256(f"{job_arn} {role_arn}".encode()).hexdigest()
        key = f"ASIA{digest[:16].upper()}"
        secret = hashlib.sha256(f"secret {digest}".encode()).hexdigest()
        token = hashlib.sha256(f"token {digest}".encode()).hexdigest()
        sts.register_session(
            key,
            {
                "Arn": arn,
                "UserId": f"{role.get('RoleId', name)}:{session_name}",
                "AccountId": caller.account,
                "SecretAccessKey": secret,
                "SessionToken": token,
                "Expiration": time.time() + _SESSION_SECONDS,
            },
        )
        session = Caller(caller.account, caller.region, arn, key)
        with _making:
            client = _session.client(
                "s3",
                region_name=caller.region,
                endpoint_url=self._endpoint_url,
                verify=self._ca_bundle,
                config=Config(s3={"addressing_style": "path"}, proxies={}, retries={"total_max_attempts": 3}),
                aws_access_key_id=key,
                aws_secret_access_key=secret,
                aws_session_token=token,
            )
        return MinistackRoleSession(session, client)

    def adopt(self, caller: Caller, job_arn: str, tags: Mapping[str, str]) -> None:
        """Put a record where ministack's TagResource and ListTagsForResource look."""
        record = {"JobArn": job_arn, "JobName": job_arn, "Status": "InProgress"}
        bedrock._evaluation_jobs.set_scoped(caller.account, caller.region, job_arn, record)  # noqa: SLF001
        if tags:
            bedrock._tags.set_scoped(caller.account, caller.region, job_arn, dict(tags))  # noqa: SLF001

    def forget(self, caller: Caller, job_arn: str) -> None:
        """Remove the record and its tags."""
        bedrock._evaluation_jobs.pop_scoped(caller.account, caller.region, job_arn, None)  # noqa: SLF001
        bedrock._tags.pop_scoped(caller.account, caller.region, job_arn, None)  # noqa: SLF001


class MinistackRoleSession:
    """The job's role at work."""

    def __init__(self, session: Caller, client: Any) -> None:
        """`client` is a boto3 S3 client with the role's credentials."""
        self._session = session
        self._client = client

    @property
    def principal(self) -> str:
        """ARN of the assumed-role session."""
        return self._session.arn

    def denial(self, action: str, resource: str, context: Context) -> Denial | None:
        """Evaluate the role's policies and boundary."""
        return _decide(self._session, action, resource, context)

    def bucket_region(self, bucket: str, action: str) -> str:
        """HeadBucket (s3:ListBucket) or GetBucketLocation, which answers nothing for us-east-1."""
        arn = f"arn:aws:s3:::{bucket}"
        if action == "s3:GetBucketLocation":
            answer = self._try(action, arn, lambda: self._client.get_bucket_location(Bucket=bucket))
            return answer.get("LocationConstraint") or "us-east-1"
        answer = self._try(action, arn, lambda: self._client.head_bucket(Bucket=bucket))
        return str(answer["BucketRegion"])

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """ListObjectsV2."""
        arn = f"arn:aws:s3:::{bucket}"
        page = self._try("s3:ListBucket", arn, lambda: self._client.list_objects_v2(Bucket=bucket, Prefix=prefix))
        return [item["Key"] for item in page.get("Contents", [])]

    def read(self, bucket: str, key: str) -> bytes:
        """GetObject."""
        arn = f"arn:aws:s3:::{bucket}/{key}"
        content: bytes = self._try(
            "s3:GetObject", arn, lambda: _content(self._client.get_object(Bucket=bucket, Key=key))
        )
        return content

    def write(self, bucket: str, key: str, content: bytes) -> None:
        """PutObject."""
        arn = f"arn:aws:s3:::{bucket}/{key}"
        self._try("s3:PutObject", arn, lambda: self._client.put_object(Bucket=bucket, Key=key, Body=content))

    def _try(self, action: str, resource: str, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "Unknown"))
            raise StorageError(code=code, action=action, resource=resource, principal=self.principal) from None


def _content(answer: Mapping[str, Any]) -> bytes:
    content: bytes = answer["Body"].read()
    return content


def _in_scope[T](access_key: str, region: str, work: Callable[[], T]) -> T:
    """Run something with ministack's request variables set, and leave the caller's own as they were."""

    def scoped() -> T:
        owner = iam_evaluator.find_iam_access_key_account(access_key) or access_key
        responses.set_request_account_id(owner)
        responses.set_request_region(region)
        return work()

    return contextvars.copy_context().run(scoped)


def _decide(who: Caller, action: str, resource: str, context: Context) -> Denial | None:
    if not ministack_app.AUTH:
        return None
    principal = _in_scope(
        who.access_key, who.region, lambda: iam_evaluator.resolve_principal(who.access_key, who.account)
    )
    if isinstance(principal, iam_evaluator.AuthError):
        return Denial(who.arn, action, resource)
    if principal.policies is None:  # the account's root user
        return None
    request = iam_evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource,
        region=who.region,
        secure_transport=True,
        # A request that names no tags has no aws:TagKeys.
        service_context={"aws:tagkeys": None, **{key.lower(): value for key, value in context.items()}},
        principal_keys=principal.keys,
    )
    result = iam_evaluator.evaluate(request, principal.policies, *principal.limits)
    if result.decision == "Allow":
        return None
    return Denial(principal.arn, action, resource, explicit=result.decision == "Deny")


def _trusted(role: Mapping[str, Any], *, caller: Caller, job_arn: str) -> bool:
    """Whether the trust policy lets the Bedrock service assume the role on behalf of this job."""
    request = iam_evaluator.EvalContext(
        principal_arn=_SERVICE,
        principal_type="Service",
        principal_account=caller.account,
        action="sts:AssumeRole",
        resource_arn="*",
        region=caller.region,
        secure_transport=True,
        service_context={"aws:sourceaccount": caller.account, "aws:sourcearn": job_arn, "aws:tagkeys": None},
    )
    trust = role.get("AssumeRolePolicyDocument")
    decision = iam_evaluator.evaluate_resource_policy(trust, request, service=_SERVICE).decision
    return bool(decision == "Allow")
