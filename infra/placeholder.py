"""Stands in for bundles where only the template is looked at: by tests, rule packs and linters. Never deployed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_lambda as lambda_

from infra.config import Architecture

if TYPE_CHECKING:
    from infra.handler_table import Bundle


@dataclass(frozen=True)
class PlaceholderCode:
    """One line of code for every Lambda, so that synthesis builds nothing."""

    chosen: Architecture = Architecture.ARM64

    @property
    def runtime(self) -> lambda_.Runtime:
        """Lambda's Python 3.13."""
        return lambda_.Runtime.PYTHON_3_13

    @property
    def architecture(self) -> lambda_.Architecture:
        """The processor of the environment; `host` counts as arm64."""
        return lambda_.Architecture.X86_64 if self.chosen is Architecture.X86_64 else lambda_.Architecture.ARM_64

    def code(self, bundle: Bundle) -> lambda_.Code:
        """Code that refuses to run."""
        return lambda_.Code.from_inline(f"raise RuntimeError('deployed without the bundle {bundle}')")
