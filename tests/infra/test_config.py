"""The settings of an environment."""

from __future__ import annotations

from typing import Any

import pytest

from gavel.pricing.ceiling import Ceiling
from infra.config import Architecture, ConfigError, EnvironmentConfig
from infra.model_kinds import ModelKind


def read(settings: Any, *, name: str | None = "production") -> EnvironmentConfig:
    return EnvironmentConfig.from_context(name=name, environments={"production": settings})


def problems(settings: Any, *, name: str = "production") -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        read(settings, name=name)
    return caught.value.problems


def test_no_environment_named_means_production() -> None:
    assert read({"log_retention_days": 14}, name=None) == EnvironmentConfig(name="production", log_retention_days=14)


def test_every_wrong_key_is_told_at_once() -> None:
    wrong = {
        "architecture": "mips",
        "log_retention_days": 2,
        "cors_origins": "https://example.com",
        "customer_key": "arn:aws:kms:key",
        "removal": "burn",
        "max_concurrent_jobs": 21,
        "max_jobs_per_judge": 0,
        "max_dataset_bytes": 0,
        "spending_limit": {"per_week_usd": 5},
        "raw_output_retention_days": 0,
        "model_kinds": [],
        "catalog": "no",
        "notify": ["nobody"],
        "score_metrics": 1,
        "runbook_base": "my runbooks",
        "tags": {"aws:mine": "x"},
        "colour": "blue",
    }
    told = problems(wrong)
    assert [key for key in wrong if not any(f'"{key}"' in line for line in told)] == []
    assert len(told) == len(wrong)


def test_an_unknown_key_is_answered_with_the_known_ones() -> None:
    (told,) = problems({"retention": 5})
    assert "log_retention_days" in told


def test_an_unknown_environment_is_answered_with_the_known_ones() -> None:
    (told,) = problems({}, name="staging")
    assert "production" in told


def test_a_name_that_no_stack_could_have_is_refused() -> None:
    assert any("no name of an environment" in line for line in problems({}, name="Prod_1"))


@pytest.mark.parametrize("number", [True, 1.5, "18", 0, 21])
def test_a_number_of_jobs_that_bedrock_would_not_run_is_refused(number: object) -> None:
    (told,) = problems({"max_concurrent_jobs": number})
    assert "from 1 to 20" in told


@pytest.mark.parametrize("origin", ["example.com", "ftp://example.com", "https://example.com/path", 5])
def test_what_is_no_origin_is_refused(origin: object) -> None:
    (told,) = problems({"cors_origins": [origin]})
    assert "https://example.com" in told


@pytest.mark.parametrize(
    "more",
    [
        {"read_scopes": ["gavel/read"]},
        {"read_scopes": ["gavel/read"], "write_scopes": []},
        {"read_scopes": ["two words"], "write_scopes": ["gavel/write"]},
        {"read_scopes": "gavel/read", "write_scopes": "gavel/write"},
        {"scopes": ["gavel/all"]},
    ],
)
def test_scopes_of_tokens_are_two_lists_or_none(more: dict[str, object]) -> None:
    (told,) = problems({"jwt": {"issuer": "https://issuer.example.com", "audience": ["gavel"], **more}})
    assert '"write_scopes"' in told


@pytest.mark.parametrize("limit", [{}, {"per_month_usd": 0}, {"per_month_usd": True}, {"per_month_usd": "5"}, 5, []])
def test_what_is_no_limit_of_spending_is_refused(limit: object) -> None:
    (told,) = problems({"spending_limit": limit})
    assert "per_evaluation_usd" in told


def test_a_deployment_may_have_one_limit_of_spending_or_both_or_none() -> None:
    for limit in ({"per_evaluation_usd": 25, "per_month_usd": 500.5}, {"per_month_usd": 500}):
        assert read({"spending_limit": limit}, name="production").spending_limit == Ceiling(**limit)
    assert read({"spending_limit": None}, name="production").spending_limit == Ceiling()


def test_the_bucket_takes_one_wildcard_in_an_origin_and_the_api_one_for_all_of_a_host() -> None:
    read({"cors_origins": ["*", "https://*.example.com", "http://localhost:3000"]}, name="production")
    read({"api_cors_origins": ["*", "https://*", "https://example.com:8443"]}, name="production")
    (told,) = problems({"cors_origins": ["https://*.*.example.com"]})
    assert "S3 takes one *" in told
    (told,) = problems({"api_cors_origins": ["https://*.example.com"]})
    assert "API Gateway takes a *" in told


@pytest.mark.parametrize(
    "subscriber", ["quality", "a@b", "http://example.com", "https://", "a@example.com\n", "a b@example.com", 5]
)
def test_what_is_no_address_and_no_https_url_is_no_subscriber(subscriber: object) -> None:
    (told,) = problems({"notify": [subscriber]})
    assert "https URLs" in told


def test_subscribers_are_named_once() -> None:
    (told,) = problems({"notify": ["a@example.com", "a@example.com"]})
    assert "once" in told
    assert read({"notify": ["a@example.com", "https://example.com/x?y=1"]}).notify == (
        "a@example.com",
        "https://example.com/x?y=1",
    )


@pytest.mark.parametrize("environments", [None, [], "production"])
def test_a_context_without_environments_is_refused(environments: object) -> None:
    with pytest.raises(ConfigError, match="must be an object of environments"):
        EnvironmentConfig.from_context(name=None, environments=environments)


def test_kinds_of_models_keep_one_order_whatever_the_settings_say() -> None:
    config = read({"model_kinds": ["prompt-router", "foundation-model"], "architecture": "x86_64"})
    assert config.model_kinds == (ModelKind.FOUNDATION_MODEL, ModelKind.PROMPT_ROUTER)
    assert config.architecture is Architecture.X86_64
