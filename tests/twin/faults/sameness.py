"""What an evaluation tells people, without what is its own: its name, its dataset's version and the times."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Final

from gavel.names import object_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.twin.faults.stage import Stage

FILES: Final = ("summary.json", "report.html", "summary.csv", "junit.xml", "comment.md")
_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z?|\d{1,2} [A-Z][a-z]{2,8} \d{4},? \d\d:\d\d( UTC)?"
)
_DURATION: Final = re.compile(r"(<dt>Duration</dt><dd>)[^<]+")


def told(stage: Stage, head: Mapping[str, str]) -> dict[str, str]:
    """Each file that there is, with its own names and times taken out."""
    keys = object_keys.EvaluationKeys(head["evaluation_id"])
    return {
        file: without_its_own(data.decode(), head)
        for file in FILES
        if (data := stage.read(f"{keys.prefix}{file}")) is not None
    }


def without_its_own(text: str, head: Mapping[str, str]) -> str:
    """The text, with names and times as any other evaluation of the same input would have them."""
    for own, common in (
        (head["evaluation_id"], "EVALUATION"),
        (head["dataset_version"], "VERSION"),
        (head["suite"], "SUITE"),
    ):
        text = text.replace(own, common)
    return _DURATION.sub(r"\1…", _TIME.sub("TIME", text))


def differences(found: Mapping[str, str], undisturbed: Mapping[str, str]) -> list[str]:
    """Where an evaluation tells something else than one that nobody disturbed."""
    sentences = []
    for file in FILES:
        ours, theirs = found.get(file), undisturbed.get(file)
        if ours == theirs:
            continue
        if ours is None or theirs is None:
            sentences.append(
                f"its {file} is {'missing' if ours is None else 'there'}, unlike that of the undisturbed run"
            )
            continue
        lines = difflib.unified_diff(theirs.splitlines(), ours.splitlines(), lineterm="", n=0)
        changed = [line[:160] for line in lines if not line.startswith(("---", "+++", "@@"))]
        sentences.append(f"its {file} differs from that of the undisturbed run: {' '.join(changed[:4])}")
    return sentences
