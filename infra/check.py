"""Synthesises the template without bundles, for whoever only looks at it: tests, rule packs, linters, proofs."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk

from infra.placeholder import PlaceholderCode
from infra.stack import GavelStack

if TYPE_CHECKING:
    from infra.config import EnvironmentConfig


_TEMPLATES: Final[dict[str, str]] = {}


def template(config: EnvironmentConfig) -> dict[str, Any]:
    """The synthesised template of `config`, without bundles; the same settings are synthesised once a process."""
    settings = repr(config)
    if settings not in _TEMPLATES:
        _TEMPLATES[settings] = json.dumps(_synthesised(config))
    return dict(json.loads(_TEMPLATES[settings]))


def _synthesised(config: EnvironmentConfig) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        # The CDK's own look at the template, which takes as long as all else, belongs to `make synth` and deployments.
        app = cdk.App(outdir=folder, builtin_cloud_formation_validation=False)
        stack = GavelStack(app, config=config, source=PlaceholderCode(config.architecture))
        return dict(app.synth().get_stack_by_name(stack.stack_name).template)
