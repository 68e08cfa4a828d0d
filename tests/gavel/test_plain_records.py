"""Records that are taken as the bytes that they are: the same plan as when each is taken by itself."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.datasets.reader import PlainRecords, read_dataset, rules_for
from gavel.planning.record_pool import RecordPool
from gavel.pricing.sizes import DatasetSizes
from gavel.problems import Problems
from gavel.suites.sample import SampleMethod
from tests.gavel import planning_builders as build

if TYPE_CHECKING:
    from gavel.suites.suite import Suite

RECORDS = st.lists(
    st.fixed_dictionaries(
        {"prompt": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40).filter(str.strip)},
        optional={"referenceResponse": st.sampled_from(["x", "é", "語"]), "category": st.sampled_from(["a", "b", "c"])},
    ),
    min_size=1,
    max_size=60,
)


def lines_of(records: list[dict[str, Any]], *, ensure_ascii: bool = True, end: str = "\n") -> bytes:
    return "".join(json.dumps(record, ensure_ascii=ensure_ascii) + end for record in records).encode()


def rows_of(lines: bytes) -> list[Any]:
    return [json.loads(line) for line in lines.split(b"\n")[:-1]]


def planned(data: bytes, suite: Suite, *, at_once: bool) -> tuple[Any, ...]:
    """Numbers, parsed rows and lines of every shard, and the sizes."""
    reader = read_dataset(io.BytesIO(data), file="a.jsonl", rules=rules_for(suite), problems=(problems := Problems()))
    sizes = DatasetSizes()
    with RecordPool(suite) as pool:
        for batch in reader.batches() if at_once else reader:
            if isinstance(batch, PlainRecords):
                pool.add_all(batch)
                sizes.add_all(batch)
            else:
                pool.add(batch)
                sizes.add(batch)
        draft = pool.draft(problems)
        assert draft is not None
        assert not problems
        shards = list(draft.shards())
    return (
        [shard.numbers.tolist() for shard in shards],
        [{series: rows_of(lines) for series, lines in shard.lines.items()} for shard in shards],
        sizes,
        draft.sampling,
    ), [shard.lines for shard in shards]


@given(RECORDS, st.booleans(), st.sampled_from(["\n", "\r\n"]), st.sampled_from([None, *SampleMethod]))
def test_many_at_once_give_the_plan_that_each_by_itself_gives(
    records: list[dict[str, Any]], ensure_ascii: bool, end: str, method: SampleMethod | None
) -> None:
    suite = build.suite(f"sample: {{size: 7, method: {method}}}" if method else "")
    data = lines_of(records, ensure_ascii=ensure_ascii, end=end)

    at_once, _ = planned(data, suite, at_once=True)
    single, _ = planned(data, suite, at_once=False)

    assert at_once == single


def test_a_shard_has_the_bytes_of_the_dataset() -> None:
    data = lines_of([{"category": "a", "prompt": f"naïve “{number}”"} for number in range(40)])

    _, (lines,) = planned(data, build.suite(), at_once=True)

    # The first record of a file is always looked at by itself.
    assert lines["live"].split(b"\n")[10:] == data.split(b"\n")[10:]


@pytest.mark.parametrize(("before", "after"), [("", "\r"), (" \t", ""), ("", " \r"), ("\r", "\r\r")])
def test_a_shard_has_no_space_around_its_records(before: str, after: str) -> None:
    lines = [json.dumps({"prompt": f"{number} "}) for number in range(40)]
    data = "".join(f"{before}{line}{after}\n" for line in lines).encode()

    _, (shard,) = planned(data, build.suite(), at_once=True)

    assert shard["live"].split(b"\n")[1:] == [*(line.encode() for line in lines[1:]), b""]


@pytest.mark.parametrize("sample", ["", "sample: {size: 20, method: random}"])
def test_lines_stand_in_a_shard_as_they_were_written_wherever_the_reading_was_cut(sample: str) -> None:
    lines = [b'{ "prompt" : "%d", "category":"c" }\n' % number for number in range(60)]
    for place in (7, 20, 21, 40):
        lines.insert(place, b"\n")

    (shard,) = planned(b"".join(lines), build.suite(sample), at_once=True)[1]

    # The first line of a file is always looked at by itself.
    written = set(shard["live"].splitlines(keepends=True)) - {b'{"prompt":"0","category":"c"}\n'}
    assert written <= set(lines)
    assert len(written) >= 19


def test_lines_of_other_keys_are_written_anew_with_the_known_ones_alone() -> None:
    data = lines_of([{"prompt": "a", "id": number} for number in range(40)])

    _, (lines,) = planned(data, build.suite(), at_once=True)

    assert lines["live"] == b'{"prompt":"a"}\n' * 40


@pytest.mark.parametrize("sources", [("mine",), ("mine", "other")])
def test_answers_that_the_dataset_brings_go_to_the_jobs_of_their_source(sources: tuple[str, ...]) -> None:
    generators = ", ".join(f"{{source: {source}}}" for source in sources)
    suite = build.suite(text=build.SUITE.replace('{model: "amazon.nova-lite-v1:0", name: lite}', generators))
    records = [
        {
            "prompt": f"q{number}",
            "modelResponses": [{"response": f"{source} {number}", "modelIdentifier": source} for source in sources],
        }
        for number in range(40)
    ]

    at_once, _ = planned(lines_of(records), suite, at_once=True)
    single, _ = planned(lines_of(records), suite, at_once=False)

    assert at_once == single
    (rows,) = at_once[1]
    assert [row["modelResponses"] for row in rows["source-0"]] == [record["modelResponses"][:1] for record in records]
