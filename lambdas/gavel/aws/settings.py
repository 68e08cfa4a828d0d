"""What a Lambda learns from its environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gavel.admission.state import Limits
from gavel.names.deployed import Variable
from gavel.pricing.ceiling import Ceiling
from gavel.problems import GavelError
from gavel.suites.reach import Reach

if TYPE_CHECKING:
    from collections.abc import Mapping


class MissingVariableError(GavelError):
    """The function was deployed without variables that it needs."""


@dataclass(frozen=True)
class Settings:
    """The environment of a Lambda; a variable that this function was not given is the empty string."""

    bucket: str = ""
    table: str = ""
    event_bus: str = ""
    state_machine_arn: str = ""
    bedrock_role_arn: str = ""
    key_arn: str = ""
    max_concurrent_jobs: str = ""
    max_jobs_per_judge: str = ""
    max_dataset_bytes: str = ""
    keep_bedrock_jobs_days: str = ""
    model_kinds: str = ""
    region: str = ""
    account: str = ""
    catalog_database: str = ""
    catalog_table: str = ""
    schedule_group: str = ""
    schedule_target_arn: str = ""
    schedule_role_arn: str = ""
    dead_letters_arn: str = ""
    topic_arn: str = ""
    arrivals_url: str = ""
    score_metrics: str = ""
    spending_limit: str = ""

    @property
    def slot_limits(self) -> Limits:
        """How many jobs may run at once; raises ValueError when the function was not told."""
        return Limits(total=int(self.max_concurrent_jobs), per_judge=int(self.max_jobs_per_judge))

    @property
    def dataset_limit(self) -> int:
        """Most bytes of uncompressed data that a dataset may hold; raises ValueError when the function was not told."""
        return int(self.max_dataset_bytes)

    @property
    def ceiling(self) -> Ceiling:
        """What the deployment may spend; without limits when the function was not told."""
        return Ceiling.from_text(self.spending_limit)

    @property
    def reach(self) -> Reach:
        """Which models the deployment can call."""
        return Reach(frozenset(self.model_kinds.split(",")), self.region, self.account)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, required: tuple[Variable, ...]) -> Settings:
        """Read the variables; raises MissingVariableError naming every required one that is absent or empty."""
        missing = [variable.value for variable in required if not environment.get(variable.value)]
        if missing:
            raise MissingVariableError(
                f"The function's environment lacks {', '.join(missing)}; deploy the stack again."
            )
        return cls(**{variable.name.lower(): environment.get(variable.value, "") for variable in Variable})
