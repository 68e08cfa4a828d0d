"""Prices: which row a model has, and what is wrong with a user's own table."""

from __future__ import annotations

import re

import pytest

from gavel.pricing.prices import TABLE_FILE, built_in_prices, load_prices, prices_with
from gavel.problems import InvalidInputError
from gavel.suites.models import parse_model
from gavel.suites.suite import Latency, default_suite

HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
ROUTER = "arn:aws:bedrock:us-east-1:123456789012:prompt-router/abcdefghij01"


def rate(model: str, latency: Latency = Latency.STANDARD) -> tuple[float, float] | None:
    price = built_in_prices().price(parse_model(model), latency)
    return (price.rate.input, price.rate.output) if price else None


def problems(text: str) -> list[tuple[int | None, str | None]]:
    with pytest.raises(InvalidInputError) as error:
        load_prices(text.encode(), file="prices.yaml")
    return [(problem.line, problem.field) for problem in error.value.problems.listed]


def test_every_row_says_where_and_when_its_price_was_read() -> None:
    for row in built_in_prices().rows.values():
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", row.as_of), row
        assert "/" in row.source, row
        assert row.source != TABLE_FILE
        assert 0 < row.rate.input <= row.rate.output, row


def test_the_models_of_the_default_suite_have_prices() -> None:
    suite = default_suite()
    for model in [suite.judges[0].model, *(generator.model for generator in suite.generators)]:
        assert model is not None
        assert built_in_prices().price(model), model


def test_a_geographic_profile_costs_more_where_the_table_says_so_and_a_global_one_does_not() -> None:
    assert rate(HAIKU) == rate(f"global.{HAIKU}") == (1.0, 5.0)
    assert rate(f"us.{HAIKU}") == rate(f"eu.{HAIKU}") == (1.1, 5.5)
    assert rate(f"arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.{HAIKU}") == (1.1, 5.5)
    assert rate("us.amazon.nova-pro-v1:0") == rate("amazon.nova-pro-v1:0") == (0.8, 3.2)


def test_a_latency_without_a_price_of_its_own_is_unknown() -> None:
    assert rate("amazon.nova-pro-v1:0", Latency.OPTIMIZED) == (1.0, 4.0)
    assert rate("amazon.nova-lite-v1:0", Latency.OPTIMIZED) is None


def test_a_model_that_hides_behind_a_name_of_the_account_is_unknown_until_a_row_names_it() -> None:
    assert rate(ROUTER) is None

    table = prices_with(
        f"version: 1\nmodels: [{{model: '{ROUTER}', input: 1, output: 2}}]".encode(), file="prices.yaml"
    )
    price = table.price(parse_model(ROUTER))

    assert price is not None
    assert price.usd(input_tokens=1_000_000, output_tokens=500_000) == 2.0
    assert price.source == "prices.yaml"


def test_a_users_row_replaces_the_built_in_one_and_leaves_the_others() -> None:
    own = b"version: 1\nmodels:\n  - {model: 'amazon.nova-pro-v1:0', input: 0.5, output: 1, as_of: 2026-11-01}\n"
    table = prices_with(own, file="prices.yaml")

    price = table.price(parse_model("us.amazon.nova-pro-v1:0"))
    assert price is not None
    assert (price.rate.input, price.as_of) == (0.5, "2026-11-01")
    assert table.price(parse_model("amazon.nova-lite-v1:0")) == built_in_prices().price(
        parse_model("amazon.nova-lite-v1:0")
    )


def test_everything_wrong_with_a_table_is_told_at_once_with_its_line() -> None:
    text = """\
version: 2
currency: EUR
models:
  - {model: nova, input: 1, output: 2}
  - {model: "amazon.nova-pro-v1:0", input: -1, output: two}
  - {model: "amazon.nova-pro-v1:0", input: 1, output: 2, optimized: 3, as_of: yesterday}
  - nothing
"""
    assert problems(text) == [
        (2, "currency"),
        (1, "version"),
        (4, "models[0].model"),
        (5, "models[1].input"),
        (5, "models[1].output"),
        (6, "models[2].optimized"),
        (6, "models[2].as_of"),
        (6, "models[2].model"),
        (7, "models[3]"),
    ]


@pytest.mark.parametrize("text", ["", "[]", "version: 1", "version: 1\nmodels: {a: b}", "version: 1\nmodels: &a [*a]"])
def test_a_file_that_is_no_table_is_refused(text: str) -> None:
    assert problems(text)


def test_a_price_that_is_no_finite_number_is_refused() -> None:
    for value in (".nan", ".inf", "true", "1000000", "''"):
        text = f"version: 1\nmodels: [{{model: 'amazon.nova-pro-v1:0', input: {value}, output: 1}}]"
        assert problems(text) == [(2, "models[0].input")], value
