"""JSONata's own implementation asked again for every value that the Python port gave in the scenarios."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from typing import Any, Final

from tests.statemachine.definition import ROOT

NODE: Final = ROOT / ".venv" / "bin" / "node"
# Answers {"value": …}, without the value where JSONata finds nothing, or {"error": code}.
EVALUATE: Final = """
const jsonata = require('jsonata');
const cases = JSON.parse(require('fs').readFileSync(0, 'utf8'));
Promise.all(cases.map(async ([expression, bindings]) => {
  try { return { value: await jsonata(expression).evaluate({}, bindings) }; }
  catch (error) { return { error: error.code }; }
})).then((answers) => process.stdout.write(JSON.stringify(answers)));
"""


@dataclass
class Evaluations:
    """Expressions with their variables and values, each once, however often it was evaluated."""

    values: dict[str, Any] = field(default_factory=dict)

    def witness(self, text: str, bindings: dict[str, Any], value: Any) -> None:
        """Keep an evaluation."""
        self.values[json.dumps([text, bindings], sort_keys=True)] = json.loads(json.dumps(value))

    def disputed(self) -> list[str]:
        """Each evaluation of which JSONata's own implementation says otherwise."""
        cases = [json.loads(case) for case in self.values]
        finished = subprocess.run(
            [NODE, "-e", EVALUATE], input=json.dumps(cases), capture_output=True, text=True, check=True, cwd=ROOT
        )
        answers = json.loads(finished.stdout)
        return [
            f"`{text}` with {json.dumps(bindings)[:300]} is {json.dumps(value)[:100]}, and by JSONata's own "
            f"implementation {json.dumps(answer)[:100]}"
            for (text, bindings), value, answer in zip(cases, self.values.values(), answers, strict=True)
            if "error" in answer or answer.get("value") != value
        ]
