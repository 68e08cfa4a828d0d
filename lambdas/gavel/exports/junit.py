"""The gates as JUnit XML, which CI systems show as tests: each gate held against a generator is a test case.

PASS passes, FAIL is a `<failure>`, and INCONCLUSIVE an `<error type="INCONCLUSIVE">`. GitHub's reporters, GitLab and
Jenkins all count an error as not passed and show it apart from failures, as JUnit means it: the test could not tell. A
`<skipped>` would turn the pipeline green although nothing was shown.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from gavel.gates.decision import Outcome
from gavel.visible_text import visible

if TYPE_CHECKING:
    from gavel.gates.decision import Decision, GateResult

_ELEMENTS: Final = {Outcome.FAIL: "failure", Outcome.INCONCLUSIVE: "error"}


def junit_xml(decision: Decision, *, suite: str, evaluation_id: str, at: str) -> bytes:
    """The document `junit.xml` in UTF-8: one suite with a test case for each result, none where there are no gates.

    `at` (ISO 8601) is when the evaluation was summarised: the same evaluation gives the same bytes. Characters that XML
    cannot hold, or that hide, are written as escapes.
    """
    outcomes = Counter(result.outcome for result in decision.results)
    root = ET.Element("testsuites")
    # The attributes and the order of elements are those of Ant's schema, the strictest of the common ones.
    element = ET.SubElement(
        root,
        "testsuite",
        {
            "id": "0",
            "name": _text(f"gavel {suite}"),
            "package": _text(suite),
            "hostname": "gavel",
            "timestamp": _timestamp(at),
            "tests": str(len(decision.results)),
            "failures": str(outcomes[Outcome.FAIL]),
            "errors": str(outcomes[Outcome.INCONCLUSIVE]),
            "time": "0",
        },
    )
    properties = ET.SubElement(element, "properties")
    verdict = decision.outcome.value if decision.outcome else "none"
    for name, value in (("suite", suite), ("evaluation_id", evaluation_id), ("verdict", verdict)):
        ET.SubElement(properties, "property", {"name": name, "value": _text(value)})
    seen: Counter[tuple[str, str]] = Counter()
    for result in decision.results:
        place, name = _classname(suite, result), _text(result.rule)
        seen[place, name] += 1
        # CI systems tell test cases apart by these two alone.
        unique = name if seen[place, name] == 1 else f"{name} ({seen[place, name]})"
        case = ET.SubElement(element, "testcase", {"classname": place, "name": unique, "time": "0"})
        if tag := _ELEMENTS.get(result.outcome):
            attributes = {"message": _text(result.sentence), "type": result.outcome.value}
            ET.SubElement(case, tag, attributes).text = _figures(result)
    lines = [f"{result.outcome.value}: {result.rule}: {result.sentence}" for result in decision.results]
    ET.SubElement(element, "system-out").text = "\n".join(map(_text, [decision.sentence, *lines]))
    ET.SubElement(element, "system-err")
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _classname(suite: str, result: GateResult) -> str:
    parts = (suite, result.judge, result.metric, result.generator, result.category)
    return "/".join(_text(part) for part in parts if part is not None)


def _figures(result: GateResult) -> str:
    """What was found and what was demanded, a figure a line."""
    figures = {
        "value": result.value,
        "interval low": result.low,
        "interval high": result.high,
        "confidence level": result.level,
        "minimum": result.minimum,
        "maximum": result.maximum,
        "records with a score": result.n,
        "records without": result.missing,
    }
    known = [f"{name}: {value!r}" for name, value in figures.items() if value is not None]
    texts = [("versus", result.versus), ("category", result.category)]
    return "\n".join([*known, *(f"{name}: {_text(text)}" for name, text in texts if text is not None)])


def _timestamp(at: str) -> str:
    """The time in UTC as Ant's schema wants it: to the second, without a zone."""
    return datetime.fromisoformat(at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _text(text: str) -> str:
    """The text in one line of white space that XML's tokens keep."""
    return " ".join(visible(text).split())
