"""What Bedrock's catalogue says of the emulator's models, so that what a job accepts is what the catalogue knows.

The embedded AWS answers first, and for every model that `evaluators.json` does not name. Every model here is ACTIVE and
open to the account, since the emulator's jobs ask for no agreement; which are called on demand is data in that file.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote

from local.bedrock.models import Model, catalogue, parse_model

if TYPE_CHECKING:
    from local.bedrock.host import Caller

_PATHS: Final = {
    "foundation-models": ("ListFoundationModels", "GetFoundationModel"),
    "foundation-model-availability": ("", "GetFoundationModelAvailability"),
    "inference-profiles": ("ListInferenceProfiles", "GetInferenceProfile"),
}
_PATH: Final = re.compile(rf"/({'|'.join(_PATHS)})(?:/([^/]+))?")
_LISTS: Final = {"ListFoundationModels": "modelSummaries", "ListInferenceProfiles": "inferenceProfileSummaries"}
_PAGING: Final = frozenset({"maxResults", "nextToken"})
_UNFILTERED: Final = frozenset({("type", "SYSTEM_DEFINED")})  # as all profiles here are
_IDS: Final = {"modelSummaries": "modelId", "inferenceProfileSummaries": "inferenceProfileId"}


@dataclass(frozen=True)
class Question:
    """A request for the catalogue: an operation, and the identifier that it names or ""; or a `filtered` list."""

    operation: str
    identifier: str
    filtered: bool = False

    @property
    def lists(self) -> bool:
        """Whether many things are asked for, and the embedded AWS's belong to the answer."""
        return self.operation in _LISTS

    def authorized_on(self, caller: Caller) -> str:
        """The resource on which IAM decides (service authorization reference)."""
        if self.operation in {"GetFoundationModel", "GetInferenceProfile"}:
            return parse_model(self.identifier).arn(caller.region, caller.account)
        return "*"

    def answer(self, caller: Caller, said: bytes) -> dict[str, Any] | None:
        """The emulator's answer, with what the embedded AWS `said` to a list; None where that one's stands."""
        if self.lists:
            return None if self.filtered else self._list(caller, said)
        model = parse_model(self.identifier)
        if model.base not in _bases():
            return None
        if self.operation == "GetInferenceProfile":
            return _profile(model, caller) if model.profile else None
        if model.profile:
            return None
        if self.operation == "GetFoundationModelAvailability":
            return {
                "modelId": model.base,
                "agreementAvailability": {"status": "AVAILABLE"},
                "authorizationStatus": "AUTHORIZED",
                "entitlementAvailability": "AVAILABLE",
                "regionAvailability": "AVAILABLE",
            }
        return {"modelDetails": _details(model.base, caller)}

    def _list(self, caller: Caller, said: bytes) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(said)
        name = _LISTS[self.operation]
        own = (
            [_details(base, caller) for base in _bases()]
            if self.operation == "ListFoundationModels"
            else [_profile(parse_model(f"{geography}.{base}"), caller) for base in _bases() for geography in _places()]
        )
        known = {item[_IDS[name]] for item in own}
        return answer | {name: own + [item for item in answer.get(name, []) if item[_IDS[name]] not in known]}


def question(method: str, path: str, query: str) -> Question | None:
    """What a raw path asks of the catalogue; None for any other request."""
    found = _PATH.fullmatch(path)
    if method != "GET" or found is None:
        return None
    operation = _PATHS[found[1]][found[2] is not None]
    filtered = any(item not in _UNFILTERED for item in parse_qsl(query) if item[0] not in _PAGING)
    return Question(operation, unquote(found[2] or ""), filtered) if operation else None


def _bases() -> list[str]:
    return [*catalogue()["builtin"], *catalogue()["custom_only"]]


def _places() -> list[str]:
    return list(catalogue()["profile_regions"])


def _details(base: str, caller: Caller) -> dict[str, Any]:
    provider = base.partition(".")[0]
    return {
        "modelArn": Model(base, base).arn(caller.region, caller.account),
        "modelId": base,
        "modelName": base.partition(".")[2],
        "providerName": provider.capitalize(),
        "inputModalities": ["TEXT"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": True,
        "customizationsSupported": [],
        "inferenceTypesSupported": ["INFERENCE_PROFILE" if base in catalogue()["profile_only"] else "ON_DEMAND"],
        "modelLifecycle": {"status": "ACTIVE"},
    }


def _profile(model: Model, caller: Caller) -> dict[str, Any]:
    own, *behind = model.invoked(caller.region, caller.account)
    return {
        "inferenceProfileName": model.profile.replace(".", " ").replace(":", " "),
        "inferenceProfileId": model.profile,
        "inferenceProfileArn": own,
        "models": [{"modelArn": arn} for arn in behind],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }
