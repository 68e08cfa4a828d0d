"""Which models a deployment can call: its kinds, in its Region, of its account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gavel.suites.models import ModelIdentifier


@dataclass(frozen=True)
class Reach:
    """`kinds` are values of `ModelKind`, as the environment's `model_kinds` names them.

    An evaluation job's models have to be of the job's Region (Bedrock user guide, "Create a model evaluation job that
    uses a judge model"), and the role that calls them may call those of its own account alone.
    """

    kinds: frozenset[str]
    region: str
    account: str

    def refusal(self, model: ModelIdentifier) -> tuple[str, str] | None:
        """Reason and remedy when the deployment cannot call the model, else None."""
        if model.kind.value not in self.kinds:
            return (
                f"is of the kind {model.kind.value}, which this deployment does not call",
                "add the kind to the environment's `model_kinds` (cdk.json) and deploy, or use another model",
            )
        if model.region not in {None, self.region}:
            return (
                f"is in {model.region}, and this deployment runs in {self.region}",
                f"use the ARN of a model in {self.region}, or a model's id",
            )
        if model.account not in {None, self.account}:
            return (
                f"belongs to account {model.account}, and this deployment runs in {self.account}",
                "use a model of this account",
            )
        return None
