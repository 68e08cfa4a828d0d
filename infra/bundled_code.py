"""Bundles as the CDK's assets, with the runtime and the processor that they are built for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from aws_cdk import aws_lambda as lambda_

from infra.bundle_target import BundleTarget
from infra.bundling import ROOT, Bundler
from infra.config import Architecture

if TYPE_CHECKING:
    from pathlib import Path

    from infra.handler_table import Bundle


@dataclass(frozen=True)
class BundledCode:
    """The code of a real deployment: bundles for the environment's architecture."""

    target: BundleTarget
    root: Path = ROOT

    @classmethod
    def of(cls, architecture: Architecture) -> BundledCode:
        """Bundles for that architecture."""
        return cls(BundleTarget.of(architecture))

    @property
    def runtime(self) -> lambda_.Runtime:
        """The Python that the bundles are built for."""
        return lambda_.Runtime(f"python{self.target.version[0]}.{self.target.version[1]}", lambda_.RuntimeFamily.PYTHON)

    @property
    def architecture(self) -> lambda_.Architecture:
        """The processor that the bundles are built for."""
        return (
            lambda_.Architecture.ARM_64
            if self.target.architecture is Architecture.ARM64
            else lambda_.Architecture.X86_64
        )

    @cached_property
    def _bundler(self) -> Bundler:
        return Bundler(self.target, self.root)

    def code(self, bundle: Bundle) -> lambda_.Code:
        """The bundle as an asset whose hash is that of its inputs."""
        path = self._bundler.build(bundle)
        return lambda_.Code.from_asset(str(path), asset_hash=hashlib.sha256(path.name.encode()).hexdigest())
