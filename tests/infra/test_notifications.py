"""The topic: who may publish to it, how it is encrypted, and who is subscribed."""

from __future__ import annotations

from typing import Any

import infra.check
from infra.config import EnvironmentConfig
from infra.handler_table import HANDLERS
from proofs.compliance.stack import build
from tests.infra.template import Synthesised, text


def synthesised(**settings: Any) -> Synthesised:
    return Synthesised(infra.check.template(EnvironmentConfig(name="production", **settings)))


def topic(template: Synthesised) -> str:
    (name,) = template.of_type("AWS::SNS::Topic")
    return f"<{name}>"


def test_only_the_lambdas_that_announce_ends_publish_and_only_to_the_topic(production: Synthesised) -> None:
    publishers = {row.name for row in HANDLERS if "PublishMessages" in production.of_handler(row.name)}
    grants = [item for item in production.statements() if "sns:Publish" in item.actions]

    assert publishers == {row.name for row in HANDLERS if row.publishes_events}
    assert len(grants) == len(publishers)
    assert {item.resources for item in grants} == {(topic(production),)}


def test_the_topics_policy_refuses_requests_without_tls_and_lets_this_accounts_alarms_publish(
    production: Synthesised,
) -> None:
    statements = production.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    (denied,) = (item for item in statements if item["Effect"] == "Deny")
    (allowed,) = (item for item in statements if item["Effect"] == "Allow")

    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_without_a_customers_key_the_topic_has_none_that_alarms_could_not_use(production: Synthesised) -> None:
    assert "KmsMasterKeyId" not in production.only("AWS::SNS::Topic")
    assert [item for item in production.statements() if item.sid == "UseKeyThroughSNS"] == []


def test_with_a_customers_key_the_topic_is_under_it_and_publishers_and_alarms_may_use_it() -> None:
    template = synthesised(customer_key="create")
    (key,) = template.of_type("AWS::KMS::Key")
    statements = template.only("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    (alarms,) = (item for item in statements if item.get("Sid") == "AlarmsPublish")

    assert text(template.only("AWS::SNS::Topic")["KmsMasterKeyId"]) == f"<{key}.Arn>"
    grants = [item for item in template.statements() if item.sid == "UseKeyThroughSNS"]
    assert len(grants) == sum(row.publishes_events for row in HANDLERS)
    assert {item.resources for item in grants} == {(f"<{key}.Arn>",)}
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_nobody_is_subscribed_who_is_not_named(production: Synthesised) -> None:
    assert production.of_type("AWS::SNS::Subscription") == {}


def test_addresses_and_urls_are_subscribed_and_open_no_finding() -> None:
    config = EnvironmentConfig(name="production", notify=("quality@example.com", "https://hooks.example.com/gavel"))
    subscriptions = Synthesised(infra.check.template(config)).of_type("AWS::SNS::Subscription").values()

    assert {(item["Protocol"], item["Endpoint"]) for item in subscriptions} == {
        ("email", "quality@example.com"),
        ("https", "https://hooks.example.com/gavel"),
    }
    assert build(config).packs.open == ()


def test_single_scores_are_metrics_unless_the_environment_says_no() -> None:
    for wanted, told in ((True, "true"), (False, "false")):
        variables = synthesised(score_metrics=wanted).function("publish_verdict")["Environment"]["Variables"]
        assert variables["GAVEL_SCORE_METRICS"] == told
