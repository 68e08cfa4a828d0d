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
        # The CDK's own look at the template, which takes as long as all else, belongs to `make synth` and deployments.
        app = cdk.App(outdir=folder, builtin_cloud_formation_validation=False)
        stack = GavelStack(app, config=config, source=PlaceholderCode(config.architecture))
        content = app.synth().get_stack_by_name(stack.stack_name).template
    return dict(content)
