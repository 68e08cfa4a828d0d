"""What the acts of the scenario share: the system, the canaries, and suites that name models by them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from proofs.privacy import datasets
from proofs.privacy.canaries import Flock

if TYPE_CHECKING:
    from pathlib import Path

    from proofs.privacy.system import System


@dataclass
class Stage:
    """One run of the scenario; `folder` is for files of the command line."""

    system: System
    folder: Path
    flock: Flock = field(default_factory=Flock)

    def suite_text(self, *, models: bool = True, reuse: bool = False) -> str:
        """A suite whose models, judge and gates are named by canaries."""
        flock = self.flock
        gates = [
            {"metric": "Correctness", "generator": flock.shown.name, "category": flock.category.text, "min": 0.9999},
            {"metric": "Correctness", "generator": flock.shown.name, "judge": flock.judge.name, "min": 0.9999},
            {"metric": "Correctness", "generator": flock.shown.name, "versus": "other", "max_drop": 0.0001},
            {"min_coverage": 0.999},
        ]
        generators = [
            {"source": flock.source.name, "name": flock.shown.name},
            {"source": "other-app", "name": "other", "answers": self.answers_name},
            *([{"model": self.live_model}] if models else []),
        ]
        return json.dumps(
            {
                "version": 1,
                "generators": generators,
                "judges": [{"model": "amazon.nova-pro-v1:0", "name": flock.judge.name}],
                "metrics": ["Correctness", "Harmfulness"],
                "gates": gates,
                "reuse": reuse,
            }
        )

    @property
    def live_model(self) -> str:
        """A model that is called: its ARN ends in a canary."""
        state = self.system.twin
        return f"arn:aws:bedrock:{state.region}:{state.account}:prompt-router/{self.flock.live.name}"

    @property
    def answers_name(self) -> str:
        """The file in which the other source brings its answers."""
        return f"{self.flock.answers_file.name}.jsonl"

    def new_suite(self, text: str | None = None, *, models: bool = False) -> str:
        """Upload a suite under a name of its own, with its file of answers."""
        name = f"p-{uuid.uuid4().hex[:8]}"
        self.system.put(f"suites/{name}.yaml", (text or self.suite_text(models=models)).encode())
        self.system.put(f"answers/{name}/{self.answers_name}", datasets.answers(self.flock))
        return name

    def file_name(self, suffix: str = ".jsonl") -> str:
        """A name of a dataset's file: a canary with a card number and an address."""
        canary = self.flock.file
        return f"{canary.name} {canary.card} {canary.mail} {uuid.uuid4().hex[:6]}{suffix}"

    def upload(self, suite: str, data: bytes | None = None, *, suffix: str = ".jsonl") -> str:
        """Upload a dataset below a suite's folder; its key."""
        key = f"datasets/{suite}/{self.file_name(suffix)}"
        self.system.put(key, datasets.good(self.flock) if data is None else data)
        return key
