"""Whether Bedrock would call the models of a suite: known, alive, callable as written, and opened to the account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gavel.diagnosis.finding import Finding, ok, problem, skipped, warning
from gavel.suites.models import DOCUMENTED_JUDGES, ModelIdentifier, ModelKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.suites.reach import Reach
    from gavel.suites.suite import Suite

ON_DEMAND: Final = "ON_DEMAND"
PROFILES: Final = frozenset({ModelKind.INFERENCE_PROFILE, ModelKind.APPLICATION_INFERENCE_PROFILE})
LOOKED_AT: Final = PROFILES | {ModelKind.FOUNDATION_MODEL}

# These judge custom metrics and no built-in ones (Bedrock user guide, "Evaluate model performance using another LLM as
# a judge").
_CUSTOM_METRICS_ONLY: Final = ("mistral.mistral-large-2407-v1:0", "meta.llama3-3-70b-instruct-v1:0")


@dataclass(frozen=True)
class SuiteChoice:
    """The suite to look at: the one of that name in the bucket, or a file's content."""

    name: str
    content: bytes | None = None
    file: str | None = None


@dataclass(frozen=True)
class Use:
    """A model of a suite, and what the suite wants of it: answers, judgements, or custom judgements only."""

    model: ModelIdentifier
    answers: bool = False
    judges: bool = False
    judges_custom: bool = False

    @property
    def name(self) -> str:
        """What a finding about it is called."""
        return f"model {self.model}"


@dataclass(frozen=True)
class Access:
    """The answer of GetFoundationModelAvailability (Bedrock API reference) about the foundation model `model`."""

    model: str
    agreement: str = "AVAILABLE"
    agreement_error: str = ""
    authorization: str = "AUTHORIZED"
    entitlement: str = "AVAILABLE"
    region: str = "AVAILABLE"


@dataclass(frozen=True)
class ModelFacts:
    """What Bedrock says of a model. None and empty stand for what it did not say.

    `arns` are the foundation models behind an inference profile, one for each Region; `alternatives` the ids of the
    inference profiles that contain the model.
    """

    known: bool
    lifecycle: str | None = None
    ends: str | None = None
    inference_types: frozenset[str] = frozenset()
    arns: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    access: Access | None = None


def uses(suite: Suite) -> list[Use]:
    """Every model of a suite once, with all that the suite wants of it, in the suite's order."""
    answers = {one.model.text: one.model for one in suite.models if one.model is not None}
    judges = {judge.model.text: judge.model for judge in suite.judges}
    custom = {judge.model.text: judge.model for judge in [suite.custom_judge] if judge is not None}
    return [
        Use(model, answers=text in answers, judges=text in judges, judges_custom=text in custom)
        for text, model in (answers | judges | custom).items()
    ]


def refused(use: Use, reach: Reach | None) -> Finding | None:
    """The finding about a model that the deployment cannot call, whatever Bedrock says of it."""
    refusal = reach.refusal(use.model) if reach else None
    return problem(use.name, *refusal) if refusal else None


def not_looked_at(use: Use) -> Finding:
    """What is said of models that are neither foundation models nor inference profiles."""
    kind = use.model.kind.value
    return skipped(use.name, f"is of the kind {kind}; only foundation models and inference profiles are looked at")


def model_findings(use: Use, facts: ModelFacts, *, region: str) -> list[Finding]:
    """All that is wrong with a model in that Region, or that nothing is."""
    found = list(_wrong(use, facts, region))
    return found or [ok(use.name, _praise(use, facts))]


def _wrong(use: Use, facts: ModelFacts, region: str) -> Iterator[Finding]:
    if not facts.known:
        yield _unknown(use, facts, region)
        return
    if facts.lifecycle == "LEGACY":
        text = (
            f"is LEGACY: Bedrock stops it{f' on {facts.ends}' if facts.ends else ''}, and new accounts may be refused"
        )
        yield warning(use.name, text, "use its successor in the suite (Bedrock user guide, Model lifecycle)")
    elif facts.lifecycle not in {None, "ACTIVE"}:
        yield problem(use.name, f"is {facts.lifecycle}", "use another model in the suite")
    if (
        use.model.kind is ModelKind.FOUNDATION_MODEL
        and facts.inference_types
        and ON_DEMAND not in facts.inference_types
    ):
        yield _not_on_demand(use, facts)
    if facts.access:
        yield from _closed(use, facts.access, region)
    base = use.model.foundation_model
    custom_only = base in _CUSTOM_METRICS_ONLY and not use.judges
    if (use.judges or use.judges_custom) and base and base not in DOCUMENTED_JUDGES and not custom_only:
        text = "is on no list of Bedrock's evaluator models that this version of Gavel knows; the job may be refused"
        yield warning(use.name, text, f"compare with Bedrock's user guide, or judge with {DOCUMENTED_JUDGES[0]}")


def _unknown(use: Use, facts: ModelFacts, region: str) -> Finding:
    what = "inference profile" if use.model.kind in PROFILES else "model"
    if facts.alternatives:
        remedy = f"write {_either(facts.alternatives)} in the suite"
    elif use.model.kind in PROFILES:
        remedy = f"see `aws bedrock list-inference-profiles --region {region}` for those that there are"
    else:
        remedy = f"see `aws bedrock list-foundation-models --region {region}` for those that there are"
    return problem(use.name, f"Bedrock knows no such {what} in {region}", remedy)


def _not_on_demand(use: Use, facts: ModelFacts) -> Finding:
    types = ", ".join(sorted(facts.inference_types))
    text = f"cannot be called on demand by this id (only {types})"
    if facts.alternatives:
        return problem(use.name, text, f"write {_either(facts.alternatives)} in the suite: an inference profile of it")
    return problem(use.name, text, "use the ARN of your provisioned throughput, or another model")


def _closed(use: Use, access: Access, region: str) -> Iterator[Finding]:
    # A profile calls the model where it is offered; the Region that it is called from need not offer it.
    if access.region == "NOT_AVAILABLE" and use.model.kind is ModelKind.FOUNDATION_MODEL:
        yield problem(use.name, f"is not offered in {region}", "use an inference profile, or deploy in another Region")
    if access.authorization == "NOT_AUTHORIZED":
        remedy = "allow the account to call the model: look for a service control policy that denies it"
        yield problem(use.name, "the account is not authorized to call it", remedy)
    if access.entitlement == "NOT_AVAILABLE":
        remedy = "ask for access to it under Model access (or in the model catalog) of the Bedrock console"
        yield problem(use.name, "the account is not entitled to it: access was never granted", remedy)
    offers = f"aws bedrock list-foundation-model-agreement-offers --model-id {access.model}"
    accept = f"aws bedrock create-foundation-model-agreement --model-id {access.model} --offer-token TOKEN"
    if access.agreement == "NOT_AVAILABLE":
        yield problem(use.name, "the account has no agreement with its provider", f"`{offers}`, then `{accept}`")
    elif access.agreement == "PENDING":
        yield warning(use.name, "the agreement with its provider is pending", "wait a few minutes")
    elif access.agreement == "ERROR":
        text = f"the agreement with its provider failed: {access.agreement_error or 'no reason given'}"
        yield problem(use.name, text, f"`{offers}`, then `{accept}`")


def _praise(use: Use, facts: ModelFacts) -> str:
    words = [" and ".join(word for word, wanted in _wishes_of(use) if wanted)]
    words += [facts.lifecycle] if facts.lifecycle else []
    if use.model.kind in PROFILES:
        words.append(f"{len(facts.arns)} Region(s) behind the profile")
    elif ON_DEMAND in facts.inference_types:
        words.append("on demand")
    words.append("access granted" if facts.access else "access not looked at")
    return ", ".join(words)


def _wishes_of(use: Use) -> tuple[tuple[str, bool], ...]:
    return ("answers", use.answers), ("judges", use.judges), ("judges custom metrics", use.judges_custom)


def _either(profiles: tuple[str, ...]) -> str:
    return " or ".join(profiles)
