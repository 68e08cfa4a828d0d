"""The gates as JUnit XML."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from gavel.exports.junit import junit_xml
from gavel.gates.decision import Decision, Outcome
from tests.gavel.exports.builders import SUMMARIZED_AT, gate, hostile
from tests.naughty import NAUGHTY

# Everything that XML 1.0 does not let stand in a document.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
ALL = Decision(tuple(gate(outcome, place=place) for place, outcome in enumerate(Outcome)))


def suite_of(decision: Decision, *, at: str = SUMMARIZED_AT, suite: str = "mine") -> ET.Element:
    document = junit_xml(decision, suite=suite, evaluation_id="mine-0123456789abcdef", at=at)
    (found,) = ET.fromstring(document)  # noqa: S314 - our own document
    return found


def test_each_outcome_has_its_own_form() -> None:
    suite = suite_of(ALL)

    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    passed, failed, unsure = suite.findall("testcase")
    assert list(passed) == []
    assert [(child.tag, child.get("type")) for child in failed] == [("failure", "FAIL")]
    assert [(child.tag, child.get("type")) for child in unsure] == [("error", "INCONCLUSIVE")]
    assert failed[0].get("message") == "The mean of lite is 0.75."
    assert "value: 0.75" in (failed[0].text or "")
    assert "minimum: 0.6" in (failed[0].text or "")


def test_a_case_says_what_was_held_against_what_and_no_two_are_called_alike() -> None:
    cases = suite_of(ALL).findall("testcase")

    assert {case.get("classname") for case in cases} == {"mine/pro/Builtin.Correctness/lite"}
    assert [case.get("name") for case in cases] == [
        "Correctness at least 0.6",
        "Correctness at least 0.6 (2)",
        "Correctness at least 0.6 (3)",
    ]


def test_an_evaluation_without_gates_is_a_suite_without_tests() -> None:
    suite = suite_of(Decision())

    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("0", "0", "0")
    assert suite.findall("testcase") == []
    assert suite.findtext("system-out") == "The suite has no gates, so there is no verdict."
    assert {one.get("name"): one.get("value") for one in suite.iter("property")}["verdict"] == "none"


@pytest.mark.parametrize("at", ["2026-01-02T03:04:05.678Z", "2026-01-02T05:04:05+02:00"])
def test_the_time_is_the_evaluation_s_in_utc(at: str) -> None:
    assert suite_of(ALL, at=at).get("timestamp") == "2026-01-02T03:04:05"


def test_the_order_of_elements_and_attributes_is_that_of_ant_s_schema() -> None:
    suite = suite_of(ALL)

    assert [child.tag for child in suite] == ["properties", *["testcase"] * 3, "system-out", "system-err"]
    assert set(suite.attrib) == {
        "id", "name", "package", "hostname", "timestamp", "tests", "failures", "errors", "time"
    }  # fmt: skip
    assert {frozenset(case.attrib) for case in suite.iter("testcase")} == {frozenset({"classname", "name", "time"})}


def test_every_naughty_string_leaves_valid_xml_without_anything_hidden() -> None:
    for text in NAUGHTY:
        decision = hostile(text).decision
        document = junit_xml(decision, suite=text, evaluation_id="mine-0", at=SUMMARIZED_AT)

        (suite,) = ET.fromstring(document)  # noqa: S314 - our own document
        assert [child.tag for child in suite] == ["properties", *["testcase"] * 3, "system-out", "system-err"], text
        words = [value for one in suite.iter() for value in (*one.attrib.values(), one.text or "")]
        assert not any(NOT_XML.search(word) or HIDDEN.search(word) for word in words), text
        assert document == junit_xml(decision, suite=text, evaluation_id="mine-0", at=SUMMARIZED_AT)
