"""The environment variables under which ministack is imported, and which it hands on to every Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from local.settings import ACCOUNT, REGION, around_proxy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.certificates_paths import Certificates
    from local.settings import Settings

# ministack's own settings, which a Lambda must not see: on AWS it would not, and LOG_LEVEL would even be obeyed.
PRIVATE_NAMES: Final = (
    "AUTH",
    "USE_SSL",
    "MINISTACK_SSL_CERT",
    "MINISTACK_SSL_KEY",
    "MINISTACK_HOST",
    "MINISTACK_ACCOUNT_ID",
    "MINISTACK_REGION",
    "GATEWAY_PORT",
    "IOT_MTLS_ENABLED",
    "SFTP_ENABLED",
    "PERSIST_STATE",
    "S3_PERSIST",
    "LAMBDA_EXECUTOR",
    "LAMBDA_ASYNC_RETRY_BASE_SECONDS",
    "DOCKER_HOST",
    "SFN_WAIT_SCALE",
    "LOG_LEVEL",
)
FOREIGN_PREFIXES: Final = ("AWS_", "SFN_", "MINISTACK_", "LAMBDA_", "S3_")


def server_environment(
    inherited: Mapping[str, str],
    settings: Settings,
    *,
    port: int,
    certificates: Certificates,
    credentials: tuple[str, str],
) -> dict[str, str]:
    """The whole environment of the server: what it inherited without anybody's AWS settings, and ministack's."""
    own = {name: value for name, value in inherited.items() if not name.startswith(FOREIGN_PREFIXES)}
    return own | {
        **around_proxy(inherited),
        "TMPDIR": str(settings.temporary_dir),
        "AWS_CA_BUNDLE": str(certificates.authority),
        "NODE_EXTRA_CA_CERTS": str(certificates.authority),
        "AWS_ACCESS_KEY_ID": credentials[0],
        "AWS_SECRET_ACCESS_KEY": credentials[1],
        "AUTH": "true",
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(certificates.server),
        "MINISTACK_SSL_KEY": str(certificates.key),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "LAMBDA_EXECUTOR": "local",
        # AWS waits a minute before it invokes again what failed asynchronously.
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": str(60 * settings.time_scale),
        # No Docker, even where there is one: containers would outlive the twin.
        "DOCKER_HOST": f"unix://{settings.temporary_dir}/no-docker.sock",
        "SFN_WAIT_SCALE": str(settings.time_scale),
        "LOG_LEVEL": settings.log_level,
    }
