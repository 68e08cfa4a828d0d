"""Makes the CDK app: reads the settings of the environment that the context names, and builds its stack."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import aws_cdk as cdk

from infra.bundled_code import BundledCode
from infra.bundling import ROOT, BundlingError
from infra.config import ConfigError, EnvironmentConfig
from infra.stack import GavelStack

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.functions import CodeSource


def build(app: cdk.App, *, source: Callable[[EnvironmentConfig], CodeSource]) -> GavelStack:
    """Put the stack of the environment of `-c environment=NAME` into the app.

    Account and Region stay open, so that synthesis needs neither credentials nor network, unless the CDK command line
    gives both. Raises ConfigError for settings that cannot be used.
    """
    config = EnvironmentConfig.from_context(
        name=app.node.try_get_context("environment"), environments=app.node.try_get_context("environments")
    )
    account, region = os.environ.get("CDK_DEFAULT_ACCOUNT"), os.environ.get("CDK_DEFAULT_REGION")
    env = cdk.Environment(account=account, region=region) if account and region else None
    return GavelStack(app, config=config, source=source(config), env=env)


def main() -> None:
    """Synthesise the environment that the context names, with real bundles; wrong settings end with exit code 1."""
    # The CDK command line hands over cdk.json's context (which then wins); run by itself, the app reads it here.
    settings = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))
    app = cdk.App(context=settings["context"], outdir=os.environ.get("CDK_OUTDIR", str(ROOT / settings["output"])))
    try:
        build(app, source=lambda config: BundledCode.of(config.architecture))
    except (ConfigError, BundlingError) as error:
        sys.exit(f"gavel: {error}")
    app.synth()
