"""Reads the manifest of an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gavel.names.object_keys import EvaluationKeys
from gavel.planning.manifest import Manifest

if TYPE_CHECKING:
    from gavel.aws.storage import Bucket


def read_manifest(bucket: Bucket, evaluation: str) -> Manifest:
    """The manifest; raises LookupError when the evaluation was never planned."""
    key = EvaluationKeys(evaluation).manifest
    document = bucket.read_json(key)
    if document is None:
        raise LookupError(f"there is no {key}")
    return Manifest.from_json(document)
