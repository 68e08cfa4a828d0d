"""Partitions of the Glue Data Catalog, as AWS lets somebody add them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.local.account import policy, unique

if TYPE_CHECKING:
    from tests.local.account import Account

pytestmark = pytest.mark.twin


def table(account: Account) -> str:
    """A database, named like its only table."""
    name = unique("catalog").replace("-", "_")
    glue = account.aws("glue")
    glue.create_database(DatabaseInput={"Name": name})
    glue.create_table(DatabaseName=name, TableInput={"Name": name, "PartitionKeys": [{"Name": "p", "Type": "string"}]})
    return name


def user(account: Account, *resources: str) -> Any:
    """A Glue client of somebody who may create partitions on those resources and nothing else."""
    name, iam = unique("user"), account.aws("iam")
    iam.create_user(UserName=name)
    allow = {"Effect": "Allow", "Action": "glue:CreatePartition", "Resource": list(resources)}
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=policy(allow))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    administrator = account.aws("glue")
    session: Any = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=administrator.meta.region_name)
    return session.client("glue", endpoint_url=administrator.meta.endpoint_url, verify=account.state.ca_bundle)


def create(glue: Any, name: str, value: str = "1") -> None:
    glue.create_partition(DatabaseName=name, TableName=name, PartitionInput={"Values": [value]})


def refused(glue: Any, name: str) -> str:
    with pytest.raises(ClientError) as caught:
        create(glue, name)
    return str(caught.value.response["Error"]["Code"])


def test_catalogue_database_and_table_are_all_asked(account: Account) -> None:
    name = table(account)
    region = account.aws("glue").meta.region_name
    own = f"arn:aws:glue:{region}:{account.aws('sts').get_caller_identity()['Account']}"
    needed = [f"{own}:catalog", f"{own}:database/{name}", f"{own}:table/{name}/{name}"]

    for left_out in needed:
        allowed = [arn for arn in needed if arn != left_out]
        assert refused(user(account, *allowed), name) == "AccessDeniedException"
    create(user(account, *needed), name)

    found = account.aws("glue").get_partitions(DatabaseName=name, TableName=name)["Partitions"]
    assert [one["Values"] for one in found] == [["1"]]


def test_a_partition_is_made_once_and_only_in_a_table_that_is_there(account: Account) -> None:
    name, glue = table(account), account.aws("glue")
    create(glue, name)

    assert refused(glue, name) == "AlreadyExistsException"
    assert refused(glue, unique("none")) == "EntityNotFoundException"
