"""The message about an evaluation's end: a subject and a few lines of plain text for people, attributes for filters.

It names suite, metrics and gates. No prompt, no answer, no category, and no name of a file or a model stands in it: a
topic's messages go to mailboxes and chats.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from gavel.gates.decision import Kind, Outcome
from gavel.gates.wording import bound, percent, title, usd
from gavel.names.object_keys import EvaluationKeys
from gavel.names.statuses import WITH_RESULTS, EvaluationStatus
from gavel.reasons import told_reason
from gavel.visible_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# SNS API reference, Publish: a subject is ASCII without line breaks or control characters, of less than 100 characters.
LONGEST_SUBJECT: Final = 99
MOST_GATES: Final = 20
NO_VERDICT: Final = "NONE"  # the attribute `outcome` where there are no gates or no scores

_CONSOLES: Final = {"cn": "console.amazonaws.cn", "us-gov": "console.amazonaws-us-gov.com"}


@dataclass(frozen=True)
class Message:
    """`attributes` are `suite`, `status` and `outcome`, by which subscribers filter."""

    subject: str
    body: str
    attributes: Mapping[str, str]


def message_of(head: Mapping[str, Any], gates: Iterable[Mapping[str, Any]], *, bucket: str, region: str) -> Message:
    """The message for the head of an evaluation that has ended; the same head and gates give the same message.

    `gates` are results of gates as the table holds them, in the suite's order.
    """
    outcome = (head.get("verdict") or {}).get("outcome") or NO_VERDICT
    return Message(
        subject=_subject(head, outcome),
        body="\n".join(_lines(head, gates, bucket=bucket, region=region)) + "\n",
        attributes={"suite": visible(head["suite"]), "status": head["status"], "outcome": outcome},
    )


def _subject(head: Mapping[str, Any], outcome: str) -> str:
    end = f"evaluation {head['status']}" if outcome == NO_VERDICT else f"gates {outcome}"
    text = f"Gavel: {end} - suite {visible(head['suite'])}"
    return text.encode("ascii", "replace").decode("ascii")[:LONGEST_SUBJECT]


def _lines(head: Mapping[str, Any], gates: Iterable[Mapping[str, Any]], *, bucket: str, region: str) -> Iterator[str]:
    evaluation = head["evaluation_id"]
    keys = EvaluationKeys(evaluation)
    yield f"Evaluation {evaluation} of suite {visible(head['suite'])}: {head['status']}"
    yield ""
    yield from _verdict(head, gates)
    if reason := told_reason(head):
        yield f"Reason: {visible(reason)}"
    if head.get("coverage") is not None:
        yield f"Coverage: {percent(head['coverage'])} of the scores that were asked for"
    cost = (head.get("counted") or {}).get("usd")
    if cost is not None:
        yield f"Cost: {usd(cost)} as counted in the results"
    if (records := head.get("records")) is not None:
        yield f"Records: {records:,}"
    yield ""
    yield f"Results: gavel results {evaluation}"
    if head["status"] in WITH_RESULTS and head.get("coverage"):
        yield f"Report: {console_link(bucket, keys.report, region=region)}"
    elif head["status"] == EvaluationStatus.REFUSED:
        yield f"Problems: {console_link(bucket, keys.validation, region=region)}"


def _verdict(head: Mapping[str, Any], gates: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    verdict = head.get("verdict")
    if not verdict:
        return
    counts = ", ".join(f"{verdict['counts'].get(outcome.value, 0)} {outcome.value}" for outcome in Outcome)
    yield f"Verdict: {verdict['outcome']} ({counts})"
    # The order of the enumeration would put PASS first; what fails is what people look for.
    open_gates = [gate for gate in gates if gate["outcome"] != Outcome.PASS]
    open_gates.sort(key=lambda gate: gate["outcome"] != Outcome.FAIL)
    # A gate that names no generator or judge is held against each: the same line would stand there for every one.
    lines = Counter(f"{gate['outcome']}: {_demand(gate)}" for gate in open_gates)
    for line, times in list(lines.items())[:MOST_GATES]:
        yield f"  {line}" + (f" ({times} times)" if times > 1 else "")
    if len(lines) > MOST_GATES:
        yield f"  and {len(lines) - MOST_GATES} more"


_FIGURES: Final = {
    Kind.MEAN: "",
    Kind.RATE: "rate of scores in ",
    Kind.DIFFERENCE: "difference in ",
    Kind.COVERAGE: "coverage",
    Kind.COST: "cost in USD",
}


def _demand(gate: Mapping[str, Any]) -> str:
    """What the gate demands, by its number in the suite (from 1) and its metric."""
    least = gate.get("min")
    side, value = ("at least", least) if least is not None else ("at most", gate.get("max") or 0)
    kind = Kind(gate["kind"])
    about = title(gate.get("metric")) if kind in {Kind.MEAN, Kind.RATE, Kind.DIFFERENCE} else ""
    within = " in one category" if gate.get("category") is not None else ""
    return f"gate {int(gate['gate']) + 1}, {_FIGURES[kind]}{visible(about)}{within} {side} {bound(float(value))}"


def console_link(bucket: str, key: str, *, region: str) -> str:
    """Where the S3 console shows an object; each partition of AWS has a console of its own."""
    host = next((host for start, host in _CONSOLES.items() if region.startswith(f"{start}-")), "console.aws.amazon.com")
    return f"https://{region}.{host}/s3/object/{bucket}?region={region}&prefix={quote(key)}"
