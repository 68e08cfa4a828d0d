"""Least privilege, both ways: what the roles were seen doing is allowed, and nothing else is.

`record` learns from the tests on the twin what every role does and writes `recorded.json`; the proof holds that, and
tables of requests that no recorder sees, against the policies of the synthesised template, with two engines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofs.permissions import page
from proofs.permissions.calls import Recorded
from proofs.permissions.engines import ask
from proofs.permissions.examination import examine
from proofs.permissions.synthesis import environments

if TYPE_CHECKING:
    from collections.abc import Callable

    from proofs.proof import Result


def prove(say: Callable[[str], None]) -> Result:
    """Synthesise, ask both engines everything at once, and compare."""
    recorded = Recorded.read()
    found = [(one, examine(one.account, recorded)) for one in environments()]
    questions = [question for _, examination in found for question in examination.questions]
    say(f"{len(set(questions))} decisions by each engine")
    return page.result(found, ask(questions), recorded)
