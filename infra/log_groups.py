"""Log groups: explicit, so that each has a retention, the customer's key if there is one, and goes with its stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_logs as logs

from infra.acknowledge import acknowledge, in_packs

if TYPE_CHECKING:
    from constructs import Construct

    from infra.config import EnvironmentConfig
    from infra.keys import CustomerKey

_RETENTION: Final = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    5: logs.RetentionDays.FIVE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    60: logs.RetentionDays.TWO_MONTHS,
    90: logs.RetentionDays.THREE_MONTHS,
    120: logs.RetentionDays.FOUR_MONTHS,
    150: logs.RetentionDays.FIVE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    400: logs.RetentionDays.THIRTEEN_MONTHS,
    545: logs.RetentionDays.EIGHTEEN_MONTHS,
    731: logs.RetentionDays.TWO_YEARS,
    1096: logs.RetentionDays.THREE_YEARS,
    1827: logs.RetentionDays.FIVE_YEARS,
    2192: logs.RetentionDays.SIX_YEARS,
    2557: logs.RetentionDays.SEVEN_YEARS,
    2922: logs.RetentionDays.EIGHT_YEARS,
    3288: logs.RetentionDays.NINE_YEARS,
    3653: logs.RetentionDays.TEN_YEARS,
}
_NO_KEY: Final = (
    "The setting `customer_key` puts log groups under a key of the customer's; without it CloudWatch Logs encrypts "
    "them with a key of its own. Logs name lines, ids and keys of objects, never a prompt or an answer."
)


def log_group(scope: Construct, *, name: str, config: EnvironmentConfig, customer_key: CustomerKey) -> logs.LogGroup:
    """A log group of that name, under the customer's key where there is one.

    It goes with the stack: left behind, it would block the next deployment of its name.
    """
    group = logs.LogGroup(
        scope,
        "Logs",
        log_group_name=name,
        retention=_RETENTION[config.log_retention_days],
        encryption_key=customer_key.key,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    if customer_key.key is None:
        acknowledge(group, {**in_packs("CloudWatchLogGroupEncrypted", _NO_KEY), "Checkov::CKV_AWS_158": _NO_KEY})
    return group
