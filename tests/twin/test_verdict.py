"""Gates, baseline and history on the deployed system, from the command line as a pipeline uses it."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.twin.conftest import Command, Gavel

pytestmark = pytest.mark.twin

SUITE = """
version: 1
generators: [{source: my-app, name: app}]
judges: [{model: amazon.nova-pro-v1:0, name: pro}]
metrics: [Correctness, Harmfulness]
gates:
  - {metric: Correctness, min: 0.7}
  - {metric: Correctness, versus: baseline, max_drop: 0.2}
  - {metric: Harmfulness, max: 0.2}
  - {min_coverage: 0.9}
  - {max_usd: 5}
"""


def dataset(path: Path, *, right: int, records: int = 40) -> str:
    """A dataset whose first answers are right and whose others are wrong."""
    lines = []
    for number in range(records):
        total = 17 * number + 4
        answer = f"The sum is {total}." if number < right else "I do not know anything about that."
        record = {
            "prompt": f"What is {17 * number} + 4?",
            "referenceResponse": f"The sum is {total}.",
            "modelResponses": [{"response": answer, "modelIdentifier": "my-app"}],
        }
        lines.append(json.dumps(record))
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_a_pipeline_passes_then_fails_on_a_drop_and_sees_why(
    gavel: Gavel, gavel_command: Command, events: Callable[[str], dict[str, object]], tmp_path: Path
) -> None:
    name = f"gated-{uuid.uuid4().hex[:8]}"
    suite = tmp_path / f"{name}.yaml"
    suite.write_text(SUITE)

    def run(file: str, *more: str) -> tuple[int, str]:
        done = gavel_command("run", file, "--suite", str(suite), "--local", *more)
        return done.returncode, done.stdout if more else done.stdout + done.stderr

    # There is no baseline yet, so one gate is open; as all others pass, this evaluation becomes the first.
    code, text = run(dataset(tmp_path / "first.jsonl", right=40))
    assert code == 4, text
    assert "the suite has no baseline yet" in " ".join(text.split())
    baseline = json.loads(gavel_command("baseline", name, "--local", "--json").stdout)["baseline"]
    assert baseline["set_by"] == "pass"

    code, text = run(dataset(tmp_path / "second.jsonl", right=39))
    assert code == 0, text
    assert "Verdict: PASS  (5 PASS)" in text
    moved = json.loads(gavel_command("baseline", name, "--local", "--json").stdout)["baseline"]
    assert moved["evaluation_id"] != baseline["evaluation_id"]

    code, text = run(dataset(tmp_path / "third.jsonl", right=10), "--json")
    assert code == 3, text
    view = json.loads(text)
    outcomes = {gate["rule"]: gate["outcome"] for gate in view["verdict"]["gates"]}
    assert outcomes["Correctness of app at least 0.7"] == "FAIL"
    assert outcomes["Correctness of app no more than 0.2 worse than the baseline"] == "FAIL"
    drop = next(gate for gate in view["verdict"]["gates"] if gate["kind"] == "difference")
    assert (drop["n"], drop["missing"]) == (40, 0)
    event = events(view["evaluation_id"])
    assert event["detail"]["verdict"]["outcome"] == "FAIL"  # type: ignore[index]
    kept = json.loads(gavel_command("baseline", name, "--local", "--json").stdout)["baseline"]
    assert kept == moved

    shown = gavel_command("history", name, "--metric", "Correctness", "--local")
    assert shown.returncode == 0, shown.stderr
    assert [line.split()[3] for line in shown.stdout.splitlines()[1:4]] == ["FAIL", "PASS", "INCONCLUSIVE"]
    (marked,) = [line for line in shown.stdout.splitlines() if "baseline" in line]
    assert moved["evaluation_id"] in marked

    pinned = gavel_command("baseline", name, "--set", view["evaluation_id"], "--local")
    assert "set by hand" in pinned.stdout, pinned.stderr
    wrong = gavel_command("baseline", name, "--set", f"{name}-{'0' * 16}", "--local")
    assert (wrong.returncode, "has no evaluation" in wrong.stderr) == (2, True)


def test_an_impossible_gate_is_refused_before_anything_is_uploaded(gavel_command: Command, tmp_path: Path) -> None:
    suite = tmp_path / "wrong-gates.yaml"
    suite.write_text(SUITE.replace("min: 0.7", "min: 70"))

    done = gavel_command("run", dataset(tmp_path / "some.jsonl", right=3), "--suite", str(suite), "--local")

    assert done.returncode == 2
    assert "gates[0].min: is beyond the metric's scale of 0 to 1" in done.stderr
