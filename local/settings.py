"""What can be set about a twin, and where its files lie; read by both sides, the commands and the server."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).resolve().parent.parent
REGION: Final = "us-east-1"
ACCOUNT: Final = "111122223333"

STATE_DIR: Final = "GAVEL_TWIN_STATE_DIR"
PORT: Final = "GAVEL_TWIN_PORT"
TIME_SCALE: Final = "GAVEL_TWIN_TIME_SCALE"
IDLE_MINUTES: Final = "GAVEL_TWIN_IDLE_MINUTES"
LOG_LEVEL: Final = "GAVEL_TWIN_LOG_LEVEL"
DURABLE: Final = "GAVEL_TWIN_DURABLE"
DECISIONS_DIR: Final = "GAVEL_TWIN_DECISIONS_DIR"


class SettingError(ValueError):
    """A variable of the twin has a value that cannot be used; the text names it and says what would do."""


@dataclass(frozen=True)
class Settings:
    """A twin's settings.

    `port` 0 means any free one. `time_scale` is the length of a second of AWS's waiting in real seconds: it shortens
    Wait states, retry intervals and the emulated Bedrock jobs, never a timeout. `idle_minutes` without a request end
    the server. A `durable` twin that was killed goes on with all that it had acknowledged when it is started again.
    Into `decisions_dir`, where there is one, the server writes what IAM decided about whom (`local.decisions`).
    """

    state_dir: Path
    port: int = 0
    time_scale: float = 0.02
    idle_minutes: float = 120.0
    log_level: str = "INFO"
    durable: bool = False
    decisions_dir: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings as the environment gives them; raises SettingError for a value that cannot be used."""
        return cls(
            state_dir=Path(environment.get(STATE_DIR) or ROOT / ".twin").resolve(),
            port=int(_number(environment, PORT, default=0, least=0, most=65535)),
            time_scale=_number(environment, TIME_SCALE, default=0.02, least=0, most=1),
            idle_minutes=_number(environment, IDLE_MINUTES, default=120, least=0.01, most=7 * 24 * 60),
            log_level=environment.get(LOG_LEVEL, "INFO").upper(),
            durable=bool(_number(environment, DURABLE, default=0, least=0, most=1)),
            decisions_dir=Path(folder).resolve() if (folder := environment.get(DECISIONS_DIR)) else None,
        )

    def to_environment(self) -> dict[str, str]:
        """The variables from which `from_environment` makes these settings again."""
        return {
            STATE_DIR: str(self.state_dir),
            PORT: str(self.port),
            TIME_SCALE: str(self.time_scale),
            IDLE_MINUTES: str(self.idle_minutes),
            LOG_LEVEL: self.log_level,
            DURABLE: str(int(self.durable)),
            DECISIONS_DIR: str(self.decisions_dir or ""),
        }

    @property
    def server_file(self) -> Path:
        """What a running server says about itself (JSON)."""
        return self.state_dir / "server.json"

    @property
    def lock_file(self) -> Path:
        """Held by the server as long as it lives, so that a recycled process id is never mistaken for it."""
        return self.state_dir / "server.lock"

    @property
    def log_file(self) -> Path:
        """The server's log."""
        return self.state_dir / "server.log"

    @property
    def tls_dir(self) -> Path:
        """Certificates of this twin."""
        return self.state_dir / "tls"

    @property
    def temporary_dir(self) -> Path:
        """Unpacked Lambda bundles and the like; emptied whenever a server starts."""
        return self.state_dir / "tmp"

    @property
    def images_dir(self) -> Path:
        """What a durable twin's keepers wrote when it was killed."""
        return self.state_dir / "images"

    @property
    def outputs_file(self) -> Path:
        """Outputs of the deployed stack, as the CDK writes them."""
        return self.state_dir / "outputs.json"


def around_proxy(base: Mapping[str, str]) -> dict[str, str]:
    """What keeps calls to this machine away from the user's proxy, which could not reach it."""
    listed = base.get("no_proxy") or base.get("NO_PROXY") or ""
    value = ",".join(dict.fromkeys([*filter(None, listed.split(",")), "localhost", ".localhost", "127.0.0.1"]))
    return {"no_proxy": value, "NO_PROXY": value}


def _number(environment: Mapping[str, str], name: str, *, default: float, least: float, most: float) -> float:
    text = environment.get(name) or str(default)
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise SettingError(f"{name}={text!r} cannot be used; give a number from {least:g} to {most:g}, or unset it")
    return value
