"""How this emulator runs: one record, read from the environment in one place."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from local.bedrock.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_TIME_SCALE = 0.02


@dataclass(frozen=True)
class Settings:
    """How long jobs take, who answers and judges, which faults are injected, where starts and ends are logged.

    `time_scale` multiplies every duration of the real service (0 = at once). Without `openai_url` the deterministic
    stand-ins answer and judge. `openai_model` replaces every Bedrock model id in calls to that endpoint.
    """

    time_scale: float = DEFAULT_TIME_SCALE
    openai_url: str = ""
    openai_api_key: str = field(default="", repr=False)
    openai_model: str = ""
    faults: Faults = field(default_factory=Faults)
    state_log: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the GAVEL_TWIN_* variables; ValueError names the variable that is wrong.

        GAVEL_TWIN_TIME_SCALE (float >= 0, default 0.02), GAVEL_TWIN_OPENAI_URL, GAVEL_TWIN_OPENAI_API_KEY,
        GAVEL_TWIN_OPENAI_MODEL, GAVEL_TWIN_FAULTS (JSON, see faults.py), GAVEL_TWIN_STATE (path of the job log).
        """
        env = os.environ if environment is None else environment
        text = env.get("GAVEL_TWIN_TIME_SCALE") or str(DEFAULT_TIME_SCALE)
        try:
            scale = float(text)
        except ValueError:
            scale = -1.0
        if not 0 <= scale < float("inf"):
            raise ValueError(f"GAVEL_TWIN_TIME_SCALE is {text!r}; give a number from 0 upwards, such as 0.02.")
        try:
            faults = Faults.from_json(json.loads(env.get("GAVEL_TWIN_FAULTS") or "{}"))
        except ValueError as error:
            raise ValueError(f"GAVEL_TWIN_FAULTS is not usable: {error}") from None
        log = env.get("GAVEL_TWIN_STATE")
        return cls(
            time_scale=scale,
            openai_url=env.get("GAVEL_TWIN_OPENAI_URL", ""),
            openai_api_key=env.get("GAVEL_TWIN_OPENAI_API_KEY", ""),
            openai_model=env.get("GAVEL_TWIN_OPENAI_MODEL", ""),
            faults=faults,
            state_log=Path(log) if log else None,
        )
