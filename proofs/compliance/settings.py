"""The settings over which packs and linters are run: the defaults, and every option at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.config import EnvironmentConfig
from infra.options import Reader, VpcPlace

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULTS: Final = "the defaults"
EVERY_OPTION: Final = "every option"

SETTINGS: Final[Mapping[str, EnvironmentConfig]] = {
    DEFAULTS: EnvironmentConfig(name="production"),
    EVERY_OPTION: EnvironmentConfig(
        name="production",
        customer_key="create",
        vpc=VpcPlace(
            vpc_id="vpc-0123456789abcdef0",
            subnets=("subnet-0123456789abcdef0", "subnet-0123456789abcdef1"),
            security_groups=("sg-0123456789abcdef0",),
            endpoint_route_tables=("rtb-0123456789abcdef0",),
        ),
        permissions_boundary="arn:aws:iam::123456789012:policy/boundary",
        reader=Reader("arn:aws:iam::210987654321:role/dashboards", "an-id-that-both-know", records=True),
        log_retention_days=365,
        notify=("quality@example.com",),
        api_cors_origins=("https://dashboards.example.com",),
        tags={"Team": "quality"},
    ),
}
