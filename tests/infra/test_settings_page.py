"""docs/settings.md has every key of an environment, and no other."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from infra.config import EnvironmentConfig

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")


def test_every_key_of_an_environment_is_in_the_table() -> None:
    documented = re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE)
    assert documented == [item.name for item in fields(EnvironmentConfig) if item.name != "name"]


def test_plain_defaults_are_the_tables() -> None:
    told = dict(re.findall(r"^\| `([a-z_]+)` \| `?([^`|]+?)`? \|", PAGE, re.MULTILINE))
    config = EnvironmentConfig(name="production")
    for item in fields(config):
        value = getattr(config, item.name)
        if isinstance(value, bool):
            assert told[item.name] == str(value).lower()
        elif isinstance(value, int | str) and item.name != "name":
            assert told[item.name] == str(value)
        elif value is None:
            assert told[item.name] == "null"
