"""Synthesises once per session; the tests look at the template. Importing `infra` first lets jsii find Node."""

from __future__ import annotations

import pytest

import infra.check
from infra.config import EnvironmentConfig
from tests.infra.template import Synthesised


@pytest.fixture(scope="session")
def production() -> Synthesised:
    """The template of the default settings."""
    return Synthesised(infra.check.template(EnvironmentConfig(name="production")))
