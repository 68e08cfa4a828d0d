"""The published schemas, for tests that hold documents against them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

EVENT_VERSION: Final = "1"
_FOLDER: Final = Path(__file__).parents[1] / "docs" / "schemas"


def schema(name: str) -> dict[str, Any]:
    """The schema of that name, such as `summary-v1`."""
    found: dict[str, Any] = json.loads((_FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    return found


def event_schema(detail_type: str) -> str:
    """Name of the schema of an event's detail, by its detail type."""
    return f"events/{detail_type.lower().replace(' ', '-')}-v{EVENT_VERSION}"


def problems(name: str, document: object) -> list[str]:
    """What is wrong with a document, as a reader of its JSON sees it; each with its place."""
    every = [schema(path.name.removesuffix(".schema.json")) for path in sorted(_FOLDER.glob("*.schema.json"))]
    registry: Registry[Any] = Registry().with_resources((one["$id"], Resource.from_contents(one)) for one in every)
    validator = Draft202012Validator(
        schema(name), registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    plain = json.loads(json.dumps(document, allow_nan=False))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(plain)]
