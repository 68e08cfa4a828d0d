"""Synthesises the template without bundles, for whoever only looks at it: tests, rule packs, linters, proofs."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from infra.placeholder import PlaceholderCode
from infra.stack import GavelStack

if TYPE_CHECKING:
    from infra.config import EnvironmentConfig


def template(config: EnvironmentConfig) -> dict[str, Any]:
    """The synthesised template of `config`, without bundles."""
    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=folder)
        stack = GavelStack(app, config=config, source=PlaceholderCode(config.architecture))
        content = app.synth().get_stack_by_name(stack.stack_name).template
    return dict(content)
