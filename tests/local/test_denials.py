"""What S3 says to somebody who may not."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.local.account import Account, policy, unique

pytestmark = pytest.mark.twin


@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        ("Allow", "because no identity-based policy allows the s3:GetObject action"),
        ("Deny", "with an explicit deny in an identity-based policy"),
    ],
)
def test_a_denial_names_the_object_as_aws_names_it(account: Account, effect: str, reason: str) -> None:
    s3, iam, name = account.aws("s3"), account.aws("iam"), unique("denied")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="a folder/a file.txt", Body=b"x")
    iam.create_user(UserName=name)
    action = "s3:GetObject" if effect == "Deny" else "s3:PutObject"
    statement = {"Effect": effect, "Action": action, "Resource": f"arn:aws:s3:::{name}/*"}
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=policy(statement))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=s3.meta.region_name)
    own = session.client("s3", endpoint_url=s3.meta.endpoint_url, verify=account.state.ca_bundle)

    with pytest.raises(ClientError) as caught:
        own.get_object(Bucket=name, Key="a folder/a file.txt")

    text = caught.value.response["Error"]["Message"]
    assert f'not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::{name}/a folder/a file.txt"' in text
    assert text.endswith(reason)
