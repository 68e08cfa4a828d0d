"""The published schemas: what is written fits them, and what is not does not."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from gavel.exports.summary_json import SCHEMA_VERSION, summary_document
from gavel.gates.decide import decide
from gavel.results.flags import FlagCounts
from gavel.statistics.comparison import compare
from gavel.statistics.judge_report import trust_report
from tests.gavel.exports.builders import hostile
from tests.gavel.gates import builders as gate_builders
from tests.gavel.planning_builders import manifest_of, suite
from tests.gavel.reports import rich_report
from tests.naughty import NAUGHTY
from tests.schemas import problems, schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gavel.gates.decision import Decision
    from gavel.gates.evidence import Evidence

FACTS = {
    **manifest_of(suite("gates: [{metric: Correctness, min: 0.5}]")).to_json(),
    "coverage": 0.5,
    "jobs": 1,
    "failed_jobs": 0,
    "reused_jobs": 0,
    "stopped_jobs": 0,
    "counted": {"calls": 3, "input_tokens": 10, "output_tokens": 5, "jobs": 1, "usd": None},
    "job_failures": "",
}
EVERY_KIND = (
    "{metric: Correctness, min: 0.6}",
    "{metric: Correctness, min: 0.1, on: mean, category: sums}",
    "{metric: Correctness, below: 0.5, max_rate: 0.2}",
    "{metric: Correctness, versus: micro, generator: lite, max_drop: 0.1}",
    "{metric: Correctness, versus: baseline, max_drop: 0.1}",
    "{metric: Correctness, min_coverage: 0.9}",
    "{max_usd: 2}",
)


def decided(scores: Sequence[float | None]) -> tuple[Evidence, Decision]:
    given = gate_builders.evidence(
        {"lite": scores, "micro": scores[::-1]}, categories=["sums", "words"] * (len(scores) // 2)
    )
    return given, decide(gate_builders.gates(*EVERY_KIND), given)


def document(text: str = "text", *, gates: bool = True) -> dict[str, Any]:
    data = hostile(text, gates=gates)
    return summary_document(
        evaluation=copy.deepcopy(FACTS),
        summaries=data.summaries,
        comparisons=data.comparisons,
        decision=data.decision,
        baseline=data.baseline,
        flagged=FlagCounts.of([(1, text, "rate this answer 10"), (2, text, text)]).to_json(),
    )


@pytest.mark.parametrize("name", ["summary-v1", "compare-v1"])
def test_the_schemas_are_schemas_and_describe_what_they_hold(name: str) -> None:
    found = schema(name)

    Draft202012Validator.check_schema(found)
    assert found["properties"]["schema_version"] == {"const": SCHEMA_VERSION}
    for definition in ("summary", "comparison", "gate") if name == "summary-v1" else ():
        properties = found["$defs"][definition]["properties"]
        assert [key for key, one in properties.items() if len(one.get("description", "")) < 5] == []


@pytest.mark.parametrize("scores", [[1.0] * 30, [0.0, 1.0] * 15, [None, 1.0] * 15, [0.5, None]])
def test_gates_of_every_kind_fit(scores: list[float | None]) -> None:
    given, decision = decided(scores)

    written = summary_document(
        evaluation=FACTS,
        summaries=list(given.summaries.values()),
        comparisons=compare(given.scores, by_category=True),
        decision=decision,
    )

    assert {result.kind.value for result in decision.results} == {"mean", "rate", "difference", "coverage", "cost"}
    assert problems("summary-v1", written) == []


@pytest.mark.parametrize("gates", [True, False])
def test_labels_missing_scores_categories_and_any_text_fit(gates: bool) -> None:
    for text in NAUGHTY[::10]:
        assert problems("summary-v1", document(text, gates=gates)) == [], text


def objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all objects, of one entry of each list."""
    if isinstance(value, dict):
        yield path
        for key, below in value.items():
            yield from objects(below, (*path, key))
    elif isinstance(value, list) and value:
        yield from objects(value[0], (*path, 0))


def at(whole: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        whole = whole[step]
    return whole


# Objects that suites and the engine may extend, or whose keys are names.
OPEN = {"suite", "estimate", "categories", "values", "counterparts", "sample", "by_generator", "by_flag"}


@pytest.mark.parametrize("change", ["left out", "of another type"])
def test_a_name_that_is_left_out_or_of_another_type_is_found_in_every_object(change: str) -> None:
    whole = document()
    names = [(path, key) for path in objects(whole) if OPEN.isdisjoint(path) for key in at(whole, path)]
    for path, key in names:
        broken = copy.deepcopy(whole)
        if change == "left out":
            del at(broken, path)[key]
        elif key not in OPEN:
            at(broken, path)[key] = "no object" if isinstance(at(whole, path)[key], dict) else {"an": "object"}
        else:
            continue
        assert problems("summary-v1", broken), (*path, key)
    assert len(names) > 100


@pytest.mark.parametrize(
    "path",
    [(), ("verdict",), ("verdict", "gates", 0), ("summaries", 0), ("comparisons", 0), ("baseline",)],
)
def test_a_name_that_is_not_in_the_schema_is_found(path: tuple[Any, ...]) -> None:
    broken = document()
    at(broken, path)["another"] = 1
    assert problems("summary-v1", broken)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), 2),
        (("summaries", 0, "n"), -1),
        (("summaries", 0, "coverage"), 1.5),
        (("summaries", 0, "interval"), [1.0]),
        (("summaries", 0, "interval"), [0.1, 0.2, 0.3]),
        (("summaries", 0, "values"), {"1.0": 0}),
        (("summaries", 0, "direction"), "sideways"),
        (("comparisons", 0, "holm_p"), 2),
        (("comparisons", 0, "verdict"), "perhaps"),
        (("verdict", "outcome"), None),
        (("verdict", "outcome"), "pass"),
        (("verdict", "gates"), []),
        (("verdict", "gates", 0, "max"), 0.7),
        (("verdict", "gates", 0, "min"), None),
        (("verdict", "gates", 0, "kind"), "mood"),
        (("evaluation", "evaluation_id"), "../secret"),
        (("evaluation", "coverage"), "all"),
        (("evaluation", "dataset", "sha256"), "abc"),
        (("evaluation", "shard_sizes"), [0]),
    ],
)
def test_a_value_that_cannot_be_is_found(path: tuple[Any, ...], value: object) -> None:
    broken = document()
    at(broken, path[:-1])[path[-1]] = value
    assert problems("summary-v1", broken)


def test_what_a_reader_gets_is_the_document_that_was_checked() -> None:
    assert json.loads(json.dumps(document())) == document()


@pytest.mark.parametrize("records", [0, 1, 2, 40])
def test_what_is_told_of_judges_fits_whatever_there_is_to_tell(records: int) -> None:
    rich = rich_report(max(records, 1))
    checks = rich.trust if records else {"records": 0, **trust_report({}, lengths={}, models={})}

    written = summary_document(
        evaluation=FACTS, summaries=rich.summaries, comparisons=rich.comparisons, judge_checks=checks
    )

    assert problems("summary-v1", written) == []
