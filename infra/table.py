"""The table: heads, jobs, summaries and comparisons of all evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from gavel.names.table_keys import (
    LISTING_INDEX,
    LISTING_PARTITION_KEY,
    LISTING_SORT_KEY,
    PARTITION_KEY,
    SORT_KEY,
    UNFINISHED_INDEX,
    UNFINISHED_PARTITION_KEY,
    UNFINISHED_SORT_KEY,
)
from infra.acknowledge import HIPAA, NIST, acknowledge, in_packs
from infra.config import EnvironmentConfig, Removal
from infra.grants import Grant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.keys import CustomerKey

_BACKUP = (
    "The table can be restored to any second of the last 35 days, which no plan of daily backups can. What an account "
    "keeps for longer, and where, is said by its own backup plans, which find the table by its tags."
)
_NO_KEY = (
    "The setting `customer_key` puts the table under a key of the customer's; without it DynamoDB encrypts with the "
    "account's AWS managed key. Items hold ids, figures and settings, never a prompt or an answer."
)


class EvaluationTable(Construct):
    """One on-demand table, an index of evaluations by time, one of those not finished, and what may be done with it."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: EnvironmentConfig, customer_key: CustomerKey
    ) -> None:
        super().__init__(scope, construct_id)
        self._customer_key = customer_key
        key = customer_key.key
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=_text(PARTITION_KEY),
            sort_key=_text(SORT_KEY),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if key else dynamodb.TableEncryption.AWS_MANAGED,
            encryption_key=key,
            deletion_protection=config.removal is Removal.RETAIN,
            removal_policy=(
                cdk.RemovalPolicy.RETAIN if config.removal is Removal.RETAIN else cdk.RemovalPolicy.DESTROY
            ),
        )
        acknowledge(self.table, in_packs("DynamoDBInBackupPlan", _BACKUP, NIST, HIPAA))
        if key is None:
            acknowledge(self.table, {"Checkov::CKV_AWS_119": _NO_KEY})
        self.table.add_global_secondary_index(
            index_name=LISTING_INDEX,
            partition_key=_text(LISTING_PARTITION_KEY),
            sort_key=_text(LISTING_SORT_KEY),
            projection_type=dynamodb.ProjectionType.ALL,
        )

        self.table.add_global_secondary_index(
            index_name=UNFINISHED_INDEX,
            partition_key=_text(UNFINISHED_PARTITION_KEY),
            sort_key=_text(UNFINISHED_SORT_KEY),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )

    def allow(self, actions: Sequence[str], *, listing: bool = False, unfinished: bool = False) -> list[Grant]:
        """Those actions (`GetItem`, …) on the table; with `listing` and `unfinished` also Query on those indexes."""
        if not actions:
            return []
        on_table = tuple(f"dynamodb:{action}" for action in actions)
        grants = [Grant(sid="Table", actions=on_table, resources=(self.table.table_arn,))]
        indexes = [(listing, "Listing", LISTING_INDEX), (unfinished, "Unfinished", UNFINISHED_INDEX)]
        for wanted, sid, index in indexes:
            if wanted:
                resource = f"{self.table.table_arn}/index/{index}"
                grants.append(Grant(sid=sid, actions=("dynamodb:Query",), resources=(resource,)))
        return [*grants, *self._customer_key.use_through_dynamodb()]

    def read_listing(self) -> list[Grant]:
        """Query on the index of evaluations by time, and nothing of the table itself."""
        resource = f"{self.table.table_arn}/index/{LISTING_INDEX}"
        return [
            Grant(sid="ReadListing", actions=("dynamodb:Query",), resources=(resource,)),
            *self._customer_key.use_through_dynamodb(),
        ]


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
