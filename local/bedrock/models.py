"""Model identifiers: which model stands behind one, and which resources IAM must allow for calling it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

_PROFILE_ID: Final = re.compile(r"(us|eu|apac|global)\.([a-z0-9-]+\..+)")


@cache
def catalogue() -> dict[str, Any]:
    """The supported evaluators and the Regions of inference profiles: evaluators.json."""
    value: dict[str, Any] = json.loads((Path(__file__).parent / "evaluators.json").read_text(encoding="utf-8"))
    return value


@dataclass(frozen=True)
class Model:
    """A model identifier taken apart: `base` is the foundation model's id, `profile` the inference profile's or ""."""

    identifier: str
    base: str
    profile: str = ""

    def arn(self, region: str, account: str) -> str:
        """ARN of what the identifier names directly."""
        if self.identifier.startswith("arn:"):
            return self.identifier
        if self.profile:
            return f"arn:aws:bedrock:{region}:{account}:inference-profile/{self.profile}"
        return f"arn:aws:bedrock:{region}::foundation-model/{self.base}"

    def invoked(self, region: str, account: str) -> list[str]:
        """ARNs on which bedrock:InvokeModel is needed.

        For an inference profile these are the profile and its foundation model in each destination Region (user
        guide, "Prerequisites for inference profiles"; the global profile wants an ARN without a Region). Which Regions
        belong to a geography is data in evaluators.json, shortened.
        """
        own = self.arn(region, account)
        if not self.profile:
            return [own]
        regions = catalogue()["profile_regions"][self.profile.partition(".")[0]]
        return [own, *(f"arn:aws:bedrock:{r}::foundation-model/{self.base}" for r in dict.fromkeys([region, *regions]))]


def parse_model(identifier: str) -> Model:
    """Take an id or ARN apart; an identifier of any other kind (endpoint, custom model) is its own base."""
    name = identifier
    if identifier.startswith("arn:"):
        kind, _, rest = identifier.split(":", 5)[5].partition("/")
        if kind not in {"foundation-model", "inference-profile"}:
            return Model(identifier, identifier)
        name = rest
    profile = _PROFILE_ID.fullmatch(name)
    return Model(identifier, profile.group(2), name) if profile else Model(identifier, name)
