"""The table of the simulation answers as moto's does: the same writes, the same refusals, the same items."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from moto import mock_aws

from gavel.aws import clients
from gavel.names import table_keys
from tests.schedules.adversary import Adversary
from tests.schedules.dynamodb import Table
from tests.schedules.kernel import Kernel
from tests.schedules.line import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = [{"pk": pk, "sk": sk} for pk in ("E#1", "E#2") for sk in ("HEAD", "JOB#1", "JOB#2")]
# Without NULL: moto takes it for equal to an attribute that is not there, which DynamoDB does not. Without 0 and 1,
# which moto takes for equal to false and true.
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.integers(-3, 9).filter(lambda number: number not in {0, 1}), st.sampled_from(["STARTED", "a", ""]), st.booleans()
)
OPERANDS = ("a", "#b", "#c.d", ":x", ":y")


@pytest.fixture(scope="module")
def moto_table() -> Iterator[Any]:
    """One table for all examples; each begins by emptying it."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        resource: Any = clients.session().resource("dynamodb", region_name="us-east-1")
        yield resource.create_table(
            TableName="contract",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )


def atoms() -> st.SearchStrategy[str]:
    operand = st.sampled_from(OPERANDS)
    path = st.sampled_from(OPERANDS[:3])
    return st.one_of(
        st.builds("attribute_exists({})".format, path),
        st.builds("attribute_not_exists({})".format, path),
        st.builds("begins_with({}, :s)".format, path),
        st.builds("{} {} {}".format, path, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), operand),
        st.builds("{} IN (:s, :two)".format, path),
    ).filter(lambda text: len(set(text.replace("(", " ").replace(")", " ").split())) > 2 or "(" in text)


CONDITIONS = st.recursive(
    atoms(),
    lambda inner: st.one_of(
        st.builds("({}) AND {}".format, inner, inner),
        st.builds("{} OR ({})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
    ),
    max_leaves=4,
)
UPDATES = st.sampled_from(
    [
        "SET a = :x",
        "SET #b = :x, #c = :m",
        "SET a = if_not_exists(a, :x), #b = :y",
        "SET #c.d = :x",
        "SET a = :x REMOVE #b",
        "ADD n :two",
        "SET a = :y ADD n :two",
        "REMOVE #c",
    ]
)


def names_used(*texts: str) -> dict[str, str]:
    return {alias: alias[1:] for alias in ("#b", "#c") if any(alias in text for text in texts)}


def values_used(values: dict[str, Any], *texts: str) -> dict[str, Any]:
    words = " ".join(texts).replace("(", " ").replace(")", " ").replace(",", " ").split()
    return {name: value for name, value in values.items() if name in words}


def request(update: str, condition: str, values: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"UpdateExpression": update, "ConditionExpression": condition}
    if used := names_used(update, condition):
        made["ExpressionAttributeNames"] = used
    if kept := values_used(values, update, condition):
        made["ExpressionAttributeValues"] = kept
    return made


def answer(table: Any, key: dict[str, str], made: dict[str, Any]) -> str:
    try:
        table.update_item(Key=key, **made)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except TypeError:
        reject()  # moto breaks where a number is held against a text, which to DynamoDB is neither less nor more
    return "done"


def fake() -> Table:
    return Table(Line(Kernel(), Adversary(0), calm=True), page=2)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(KEYS), UPDATES, CONDITIONS, st.tuples(VALUES, VALUES)), min_size=1, max_size=6)
)
def test_conditions_and_updates_decide_and_write_as_moto_does(
    moto_table: Any, steps: list[tuple[dict[str, str], str, str, tuple[Any, Any]]]
) -> None:
    for key in KEYS:
        moto_table.delete_item(Key=key)
    table = fake()

    for key, update, condition, (x, y) in steps:
        # It is 2, not 1: moto's IN takes that for equal to true, which DynamoDB does not.
        values = {":x": x, ":y": y, ":s": "STA", ":two": 2, ":m": {"d": 1, "e": ["f"]}}
        made = request(update, condition, values)
        expected = answer(moto_table, key, made)
        assert answer(table, key, made) == expected, made
        assert table.get_item(Key=key, ConsistentRead=True).get("Item") == moto_table.get_item(Key=key).get("Item")


def test_a_query_gives_the_same_items_in_the_same_order_page_by_page(moto_table: Any) -> None:
    table = fake()
    for key in KEYS:
        moto_table.put_item(Item={**key, "n": 1})
        table.put_item(Item={**key, "n": 1})

    condition = Key("pk").eq("E#1") & Key("sk").begins_with("JOB#")

    def pages(asked: Any) -> list[Any]:
        found: list[Any] = []
        start: dict[str, Any] = {}
        while True:
            page = asked.query(KeyConditionExpression=condition, ConsistentRead=True, Limit=1, **start)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    assert pages(table) == pages(moto_table) == [{"pk": "E#1", "sk": f"JOB#{n}", "n": Decimal(1)} for n in (1, 2)]


def test_a_transaction_writes_all_or_nothing_and_says_whose_condition_failed(moto_table: Any) -> None:
    def change(key: dict[str, str], condition: str) -> dict[str, Any]:
        update = {"Key": key, "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": 1}}
        return {"Update": {"TableName": "contract", **update, "ConditionExpression": condition}}

    outcomes = []
    for table in (fake(), moto_table):
        for key in KEYS:
            table.delete_item(Key=key)
        items = [change(KEYS[0], "attribute_not_exists(n)"), change(KEYS[1], "attribute_exists(n)")]
        with pytest.raises(ClientError) as caught:
            table.meta.client.transact_write_items(TransactItems=items)
        reasons: Any = caught.value.response["CancellationReasons"]
        nothing = [table.get_item(Key=key, ConsistentRead=True).get("Item") for key in KEYS[:2]]
        table.meta.client.transact_write_items(TransactItems=items[:1])
        written = table.get_item(Key=KEYS[0], ConsistentRead=True)["Item"]
        outcomes.append((caught.value.response["Error"]["Code"], [one["Code"] for one in reasons], nothing, written))

    assert outcomes[0] == outcomes[1]
    assert outcomes[0][:3] == ("TransactionCanceledException", ["None", "ConditionalCheckFailed"], [None, None])


def test_a_float_is_refused_as_boto3_refuses_it(moto_table: Any) -> None:
    for table in (fake(), moto_table):
        with pytest.raises(TypeError):
            table.put_item(Item={table_keys.PARTITION_KEY: "E#1", table_keys.SORT_KEY: "HEAD", "cost": 0.5})
