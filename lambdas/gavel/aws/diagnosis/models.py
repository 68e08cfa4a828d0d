"""The suite, and what Bedrock says of its models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from gavel.aws import clients
from gavel.aws.diagnosis.asking import answered, refused
from gavel.aws.failures import ClientError, code_of
from gavel.aws.start_evaluation import suite_content
from gavel.aws.storage import Bucket
from gavel.diagnosis import suite_models
from gavel.diagnosis.finding import Finding, ok, problem, skipped
from gavel.diagnosis.suite_models import PROFILES, Access, ModelFacts, SuiteChoice, Use
from gavel.names import identities, object_keys
from gavel.problems import InvalidInputError
from gavel.suites.suite import Suite, default_suite_bytes, load_suite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.suites.reach import Reach

SUITE: Final = "suite"
_LOOK: Final = "bedrock:GetFoundationModel, bedrock:GetInferenceProfile and bedrock:ListInferenceProfiles"
_UNKNOWN: Final = frozenset({"ResourceNotFoundException", "ValidationException"})


def find_suite(choice: SuiteChoice, bucket: str | None) -> tuple[list[Finding], Suite | None]:
    """The findings about the suite itself, and the suite where it can be read."""
    known: list[Suite] = []

    def check() -> Iterator[Finding]:
        content = choice.content
        if content is None and bucket is not None:
            content = suite_content(Bucket(bucket), choice.name)
            if content is None:
                yield problem(SUITE, f"there is no suite {choice.name} in the bucket", "give a YAML file with --suite")
                return
        elif content is None and choice.name == identities.DEFAULT_SUITE:
            content = default_suite_bytes()
        if content is None:
            yield skipped(SUITE, f"{choice.name} lies in the bucket of a stack that was not found")
            return
        file = choice.file or object_keys.suite_key(choice.name)
        try:
            suite = load_suite(content, name=choice.name, file=file)
        except InvalidInputError as error:
            yield problem(SUITE, str(error), f"mend {file}")
            return
        known.append(suite)
        yield ok(SUITE, f"{file}: {len(suite.models)} model(s) answer, {len(suite.all_judges)} judge(s)")

    found = list(answered(SUITE, "s3:GetObject and s3:ListBucket on the bucket", check))
    return found, known[0] if known else None


class Models:
    """Looks at models one by one; `facts` keeps what Bedrock said, by the identifier in the suite."""

    def __init__(self, region: str) -> None:
        self.facts: dict[str, ModelFacts] = {}
        self._region = region
        self._profiles: list[Any] | None = None

    def look_at(self, use: Use, reach: Reach | None) -> Iterator[Finding]:
        """The findings about one model."""
        if refusal := suite_models.refused(use, reach):
            yield refusal
        elif use.model.kind not in suite_models.LOOKED_AT:
            yield suite_models.not_looked_at(use)
        else:
            yield from answered(use.name, _LOOK, lambda: self._look(use))

    def _look(self, use: Use) -> Iterator[Finding]:
        facts = self._profile(use) if use.model.kind in PROFILES else self._foundation_model(use)
        base = next((arn.rpartition("/")[2] for arn in facts.arns), use.model.foundation_model)
        if facts.known and base is not None:
            try:
                facts = replace(facts, access=_access(base))
            except ClientError as error:
                # What the catalogue says of the model is worth telling without its access.
                yield refused(f"{use.name} access", "bedrock:GetFoundationModelAvailability", error)
        self.facts[use.model.text] = facts
        yield from suite_models.model_findings(use, facts, region=self._region)

    def _foundation_model(self, use: Use) -> ModelFacts:
        details = _details(use.model.text)
        if details is None:
            return ModelFacts(known=False, alternatives=self._containing(use.model.foundation_model))
        types = frozenset(details.get("inferenceTypesSupported", []))
        only_profiles = bool(types) and suite_models.ON_DEMAND not in types
        alternatives = self._containing(use.model.foundation_model) if only_profiles else ()
        return ModelFacts(known=True, **_lifecycle(details), inference_types=types, alternatives=alternatives)

    def _profile(self, use: Use) -> ModelFacts:
        try:
            profile = clients.bedrock().get_inference_profile(inferenceProfileIdentifier=use.model.text)
        except ClientError as error:
            if code_of(error) not in _UNKNOWN:
                raise
            return ModelFacts(known=False, alternatives=self._containing(use.model.foundation_model))
        arns = tuple(model["modelArn"] for model in profile["models"])
        # Not every Region that a profile may be called from offers the model itself.
        details = _details(arns[0].rpartition("/")[2]) if arns else None
        return ModelFacts(known=True, **_lifecycle(details or {}), arns=arns)

    def _containing(self, model: str | None) -> tuple[str, ...]:
        """Ids of Bedrock's own inference profiles that contain a foundation model."""
        if self._profiles is None:
            pages = clients.bedrock().get_paginator("list_inference_profiles").paginate(typeEquals="SYSTEM_DEFINED")
            self._profiles = [profile for page in pages for profile in page["inferenceProfileSummaries"]]
        return tuple(
            sorted(
                profile["inferenceProfileId"]
                for profile in self._profiles
                if any(item["modelArn"].rpartition("/")[2] == model for item in profile["models"])
            )
        )


def _details(identifier: str) -> Any | None:
    try:
        return clients.bedrock().get_foundation_model(modelIdentifier=identifier)["modelDetails"]
    except ClientError as error:
        # Bedrock calls an id that no model has invalid, or not found.
        if code_of(error) in _UNKNOWN:
            return None
        raise


def _lifecycle(details: Any) -> dict[str, Any]:
    lifecycle = details.get("modelLifecycle", {})
    ends = lifecycle.get("endOfLifeTime")
    return {"lifecycle": lifecycle.get("status"), "ends": None if ends is None else ends.date().isoformat()}


def _access(model: str) -> Access:
    answer = clients.bedrock().get_foundation_model_availability(modelId=model)
    agreement = answer["agreementAvailability"]
    return Access(
        model,
        agreement=agreement["status"],
        agreement_error=agreement.get("errorMessage", ""),
        authorization=answer["authorizationStatus"],
        entitlement=answer["entitlementAvailability"],
        region=answer["regionAvailability"],
    )
