"""Records that are taken as the bytes that they are: the same plan as when each is taken by itself."""

from __future__ import annotations

import hashlib
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

    assert lines["live"] == data


@pytest.mark.parametrize(("before", "after"), [("", "\r"), (" \t", ""), ("", " \r"), ("\r", "\r\r")])
def test_a_shard_has_no_space_around_its_records(before: str, after: str) -> None:
    lines = [json.dumps({"prompt": f"{number} "}) for number in range(40)]
    data = "".join(f"{before}{line}{after}\n" for line in lines).encode()

    _, (shard,) = planned(data, build.suite(), at_once=True)

    assert shard["live"] == "".join(f"{line}\n" for line in lines).encode()


@pytest.mark.parametrize("sample", ["", "sample: {size: 20, method: random}"])
def test_lines_stand_in_a_shard_as_they_were_written_wherever_the_reading_was_cut(sample: str) -> None:
    lines = [b'{ "prompt" : "%d", "category":"c" }\n' % number for number in range(60)]
    for place in (7, 20, 21, 40):
        lines.insert(place, b"\n")

    (shard,) = planned(b"".join(lines), build.suite(sample), at_once=True)[1]

    assert set(shard["live"].splitlines(keepends=True)) <= set(lines)


@pytest.mark.parametrize(
    ("records", "words", "end", "every", "digest"),
    [
        (3, 5, "\n", None, "b9877e097b25cf47"),
        (5, 5, "\n", None, "40aab648eab2fb34"),
        (900, 150, "\n", None, "3d118840dbc67f78"),
        (900, 150, "\r\n", None, "0b0eadd3dee89d8e"),
        (30, 5_000, "\n", None, "261f2d397107ad27"),
        (900, 150, "\n", 40, "2f5d4b132031b140"),
    ],
)
def test_a_shard_has_the_bytes_that_it_had_in_earlier_versions(
    records: int, words: int, end: str, every: int | None, digest: str
) -> None:
    """A job's results are found again by them: other bytes, and the same work is paid for again after an upgrade."""
    data = "".join(
        json.dumps(
            {"prompt": f"Question {number}: naïve “quoted”\n", "referenceResponse": "word " * words}
            | ({"id": number} if every and number % every == 0 else {})
        )
        + end
        for number in range(records)
    ).encode()

    (shard,) = planned(data, build.suite(), at_once=True)[1]

    assert hashlib.sha256(shard["live"]).hexdigest()[:16] == digest


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
