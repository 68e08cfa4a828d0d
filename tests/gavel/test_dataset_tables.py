"""CSV and Parquet are tables: columns for keys, cells for values, and the rules of records for what stands in them."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.datasets.reader import DatasetRules, Record, Response, Responses, read_dataset
from gavel.problems import Problem, Problems

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS = [{"response": "r", "modelIdentifier": "app"}]


def read(
    data: bytes, name: str, rules: DatasetRules | None = None, *, max_bytes: int = 10_000_000
) -> tuple[list[Record], list[Problem]]:
    problems = Problems()
    reader = read_dataset(
        io.BytesIO(data), file=name, rules=rules or DatasetRules(), problems=problems, max_bytes=max_bytes
    )
    return list(reader), problems.listed


def read_csv(text: str | bytes, rules: DatasetRules | None = None) -> tuple[list[Record], list[Problem]]:
    return read(text if isinstance(text, bytes) else text.encode(), "data.csv", rules)


def csv_problem(text: str | bytes) -> tuple[int | None, str | None, str]:
    (problem,) = read_csv(text)[1]
    assert problem.remedy
    return problem.line, problem.field, problem.reason


def parquet(folder: Path, query: str) -> bytes:
    file = folder / "data.parquet"
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
    return file.read_bytes()


def read_parquet(
    folder: Path, query: str, rules: DatasetRules | None = None, **options: Any
) -> tuple[list[Record], list[Problem]]:
    return read(parquet(folder, query), "data.parquet", rules, **options)


# --- Both -----------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.sampled_from(list("ab \",;\t\n\r'é😀")) | st.characters(codec="utf-8"), max_size=8)
ROWS = st.fixed_dictionaries(
    {"prompt": TEXTS},
    optional={"referenceResponse": TEXTS, "category": TEXTS},
) | st.fixed_dictionaries(
    {
        "prompt": TEXTS,
        "modelResponses": st.lists(
            st.fixed_dictionaries({"response": TEXTS, "modelIdentifier": st.sampled_from(["a", "b", "-"])}), max_size=2
        ),
    }
)
COLUMNS = ("prompt", "referenceResponse", "category", "modelResponses")


def told(records: list[Record], problems: list[Problem]) -> tuple[Any, ...]:
    """What every format has in common: records by their numbers, and problems without places."""
    return (
        [(item.number, item.prompt, item.reference, item.category, item.responses) for item in records],
        [(problem.field, problem.reason.replace("record ", "line "), problem.remedy) for problem in problems],
    )


@given(
    st.lists(ROWS, min_size=1, max_size=5),
    st.sampled_from([Responses.REFUSED, Responses.DECLARED, Responses.UNKNOWN, Responses.EITHER]),
    st.sampled_from([",", ";", "\t"]),
)
def test_every_format_gives_the_same_records_and_problems(
    rows: list[dict[str, Any]], rule: Responses, separator: str
) -> None:
    # An empty text is no value in a table, and an explicit one in JSON.
    rows = [{key: value for key, value in row.items() if value != ""} for row in rows]
    rows = [row for row in rows if row]
    rules = DatasetRules(responses=rule, sources=frozenset({"a", "b"}))
    table = io.StringIO(newline="")
    writer = csv.writer(table, delimiter=separator, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for row in rows:
        cells = {**row, "modelResponses": json.dumps(row["modelResponses"])} if "modelResponses" in row else row
        writer.writerow([cells.get(name, "") for name in COLUMNS])
    lines = "\n".join(json.dumps(row) for row in rows)

    from_lines = read(lines.encode(), "data.jsonl", rules)
    from_array = read(json.dumps(rows, indent=1).encode(), "data.json", rules)
    from_table = read(table.getvalue().encode(), "data.csv", rules)

    assert told(*from_array)[0] == told(*from_lines)[0] == told(*from_table)[0]
    if rows and rule is not Responses.EITHER:  # whose reasons name lines, which a table counts otherwise
        assert told(*from_array)[1] == told(*from_lines)[1] == told(*from_table)[1]


# --- CSV ------------------------------------------------------------------------------------------------------------


def test_a_row_is_a_record_with_the_line_that_it_begins_on() -> None:
    records, problems = read_csv('prompt,category,ticket\n\n"two\nlines",c,7\nlast,,8\n')

    assert not problems
    assert records == [
        Record(number=1, line=3, prompt="two\nlines", reference=None, category="c", responses=()),
        Record(number=2, line=5, prompt="last", reference=None, category=None, responses=()),
    ]


def test_line_breaks_inside_a_text_stay_as_they_are() -> None:
    assert read_csv('prompt\r\n"a\r\nb\u2028c\nd"\r\n')[0][0].prompt == "a\r\nb\u2028c\nd"


def test_answers_stand_in_two_columns() -> None:
    records, problems = read_csv("prompt,response,modelIdentifier\np,r,app\n")

    assert not problems
    assert records[0].responses == (Response("app", "r"),)


def test_answers_of_several_sources_stand_in_a_column_as_json() -> None:
    cell = json.dumps([*ANSWERS, {"response": "s", "modelIdentifier": "b"}]).replace('"', '""')
    rules = DatasetRules(responses=Responses.DECLARED, sources=frozenset({"app", "b"}))

    records, problems = read_csv(f'prompt,modelResponses\np,"{cell}"\n', rules)

    assert not problems
    assert records[0].responses == (Response("app", "r"), Response("b", "s"))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_header_tells_what_separates_cells(separator: str) -> None:
    records, problems = read_csv(f"category{separator}prompt\nc{separator}a, b; c\n".replace("a, b; c", '"a, b; c"'))

    assert not problems
    assert (records[0].prompt, records[0].category) == ("a, b; c", "c")


def test_a_byte_order_mark_empty_lines_and_empty_rows_are_skipped() -> None:
    records, problems = read_csv(b"\xef\xbb\xbf\n\nprompt,category\r\n\r\n,\r\na,\r\n,\r\n")

    assert not problems
    assert [(record.number, record.line) for record in records] == [(1, 6)]


@pytest.mark.parametrize(
    ("text", "line", "field", "reason"),
    [
        ("", None, None, "holds nothing"),
        ("\n\n", None, None, "holds nothing"),
        ("prompt\n", None, None, "holds no record"),
        ("question,answer\nq,a\n", 1, "prompt", "is missing"),
        ("Prompt\nq\n", 1, "prompt", "is written `Prompt`"),
        ("prompt,prompt\nq,r\n", 1, "prompt", "two columns"),
        ("prompt,response\nq,r\n", 1, "modelIdentifier", "is missing beside"),
        ("prompt,modelIdentifier\nq,r\n", 1, "response", "is missing beside"),
        ("prompt,response,modelIdentifier\nq,r,\n", 2, "modelIdentifier", "is missing"),
        ("prompt,response,modelIdentifier\nq,,app\n", 2, "response", "is missing"),
        ("prompt,response,modelIdentifier\nq, ,app\n", 2, "response", "is blank"),
        ("prompt,category\n,c\n", 2, "prompt", "is missing"),
        ('prompt,category\n" ",c\n', 2, "prompt", "is blank"),
        ("prompt,category\na,b,c\n", 2, None, "has 3 cells, and the header has 2"),
        ("prompt,category\na\n", 2, None, "has 1 cells, and the header has 2"),
        ('prompt\n"a" b\n', 2, None, "behind a closing quote"),
        ('prompt\na\n"b\nc\n', 3, None, "never closed"),
        ("prompt\na\rb\n", 2, None, "carriage return"),
        ("prompt,category\ra,b\r", 1, None, "carriage return"),
        (b"prompt\n\xe4\n", 2, None, "is not UTF-8 at byte 1"),
        (b"prompt,\xe4\na,b\n", 1, None, "is not UTF-8 at byte 8"),
        ("prompt\n" + "x" * 1_100_000, 2, None, "is longer than"),
        ('prompt\n"' + "x\n" * 600_000, 2, None, "or opens a quote that is never closed"),
        ("prompt,modelResponses\na,[1\n", 2, "modelResponses", "ends before"),
        ('prompt,modelResponses\na,"{""a"":1,""a"":2}"\n', 2, "modelResponses", "`a` twice"),
        ("prompt,modelResponses\na,7\n", 2, "modelResponses", "is a number"),
        ("prompt".encode("utf-16"), None, None, "UTF-16"),
        (b"PK\x03\x04 a workbook", None, None, "Excel"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(
    text: str | bytes, line: int | None, field: str | None, reason: str
) -> None:
    found = csv_problem(text)

    assert found[:2] == (line, field)
    assert reason in found[2]


def test_every_bad_row_is_told_and_every_good_one_comes_out() -> None:
    records, problems = read_csv(b'prompt,category\na,\n\xff,\n"x"y,\n,c\nb,c,d\nb,ok\n')

    assert [record.prompt for record in records] == ["a", "b"]
    assert [problem.line for problem in problems] == [3, 4, 5, 6]


def test_answers_missing_in_some_rows_are_told_in_the_words_of_the_table() -> None:
    _, (problem,) = read_csv("prompt,response,modelIdentifier\na,r,app\nb,,\n")

    assert (problem.line, problem.field) == (3, "modelResponses")
    assert "line 2" in problem.reason


def test_no_problem_of_a_table_repeats_its_text() -> None:
    private = "CANARY"
    text = f'prompt,category,modelResponses\n"{private}" {private},\n{private},"{private}\n","{private}"\n"{private}'

    _, problems = read_csv(text)

    assert len(problems) >= 3
    assert not [problem for problem in problems if private in str(problem)]


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_bytes_below_a_header_are_records_or_problems(before: bytes, after: bytes) -> None:
    records, problems = read_csv(b"prompt,category\n" + before + b'"' + after)

    assert records or problems


def test_memory_does_not_grow_with_the_table() -> None:
    def peak_of(rows: int) -> int:
        data = b"prompt,category\n" + b'"a\nb",c\n' * rows
        problems = Problems()
        tracemalloc.start()
        try:
            count = sum(
                1 for _ in read_dataset(io.BytesIO(data), file="d.csv", rules=DatasetRules(), problems=problems)
            )
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert (count, problems.count) == (rows, 0)
        return peak

    peak_of(1_000)

    assert peak_of(150_000) < peak_of(75_000) + 200_000


def test_a_row_that_goes_on_over_lines_without_end_is_refused_in_bounded_memory() -> None:
    rules = DatasetRules(max_line_bytes=1000)
    cells = b'"' + b"a" * 400 + b'\n",'

    (_, problems) = read(b"prompt\nq\n" + cells * 100_000, "d.csv", rules, max_bytes=100_000_000)

    (problem,) = problems
    assert problem.line == 3
    assert problem.reason.startswith("begins a row longer than 4,000 bytes")


def test_a_row_of_as_many_bytes_as_a_record_may_have_is_read_whatever_its_quotes() -> None:
    text = '""' * 400 + "\n" * 150

    (record,), problems = read_csv(f'prompt\n"{text}"\n', DatasetRules(max_line_bytes=1000))

    assert not problems
    assert record.prompt == '"' * 400 + "\n" * 150


@pytest.mark.timeout(60)
def test_a_header_of_a_hundred_thousand_columns_is_read_in_a_moment() -> None:
    _, problems = read_csv("prompts," * 100_000 + "prompt\nq\n")

    (problem,) = problems
    assert problem.line == 2
    assert problem.reason == "has 1 cells, and the header has 100001"


# --- Parquet --------------------------------------------------------------------------------------------------------


def test_a_row_of_parquet_is_a_record_without_a_line(tmp_path: Path) -> None:
    records, problems = read_parquet(
        tmp_path,
        "SELECT 'p' AS prompt, 'ref' AS \"referenceResponse\", 'c' AS category, 7 AS ticket, "
        "[{'response': 'r', 'modelIdentifier': 'app', 'tokens': 3}] AS \"modelResponses\"",
    )

    assert not problems
    assert records == [
        Record(number=1, line=None, prompt="p", reference="ref", category="c", responses=(Response("app", "r"),))
    ]


def test_null_is_a_key_that_is_left_out(tmp_path: Path) -> None:
    records, problems = read_parquet(
        tmp_path,
        "SELECT * FROM (VALUES ('a', NULL, NULL, NULL), (NULL, 'c', NULL, NULL)) "
        'AS t(prompt, category, response, "modelIdentifier")',
    )

    assert [(record.prompt, record.category, record.responses) for record in records] == [("a", None, ())]
    assert [(problem.record, problem.field, problem.reason) for problem in problems] == [(2, "prompt", "is missing")]


def test_a_row_of_nothing_but_null_is_a_record_without_a_prompt(tmp_path: Path) -> None:
    records, problems = read_parquet(tmp_path, "SELECT * FROM (VALUES ('a', 1), (NULL, 2), ('b', 3)) AS t(prompt, id)")

    assert [record.prompt for record in records] == ["a", "b"]
    assert [(problem.record, problem.field, problem.reason) for problem in problems] == [(2, "prompt", "is missing")]


@pytest.mark.parametrize("value", ["INTERVAL '100000000' YEAR", "[INTERVAL '2147483647' MONTH]"])
def test_a_value_that_python_has_no_room_for_is_refused(tmp_path: Path, value: str) -> None:
    _, (problem,) = read_parquet(tmp_path, f"SELECT 'a' AS prompt, {value} AS category")

    assert problem.reason == "holds a value that cannot be read behind record 0 (OverflowError)"


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("7 AS prompt", "is a number"),
        ("1.5::DECIMAL(4, 2) AS prompt", "is of the type Decimal"),
        ("'p'::BLOB AS prompt", "is of the type bytes"),
        ("DATE '2026-01-01' AS prompt", "is of the type date"),
        ("['a'] AS prompt", "is a list"),
        ("{'text': 'a'} AS prompt", "is an object"),
        ("' ' AS prompt", "is blank"),
        ("repeat('x', 5000) AS prompt", "is 5,000 bytes long"),
    ],
)
def test_a_column_of_another_type_is_refused_in_each_record(tmp_path: Path, column: str, reason: str) -> None:
    _, (problem,) = read_parquet(tmp_path, f"SELECT {column}")

    assert (problem.line, problem.record, problem.field) == (None, 1, "prompt")
    assert problem.place == "data.parquet:record 1:prompt"
    assert reason in problem.reason


@pytest.mark.parametrize(
    ("query", "field", "reason"),
    [
        ("SELECT 1 AS question", "prompt", "is missing"),
        ("SELECT 'p' AS \"Prompt\"", "prompt", "is written `Prompt`"),
        ("SELECT 'p' AS prompt WHERE false", None, "holds no record"),
        ("SELECT 'p' AS prompt, 'r' AS response", "modelIdentifier", "is missing beside"),
        ("SELECT 'p' AS prompt, '[' AS \"modelResponses\"", "modelResponses", "ends before"),
        ("SELECT 'p' AS prompt, [NULL, 5]  AS \"modelResponses\"", "modelResponses[0]", "is null"),
        (
            "SELECT 'p' AS prompt, [{'response': 'r', 'model_identifier': 'app'}] AS \"modelResponses\"",
            "modelResponses[0].modelIdentifier",
            "is written `model_identifier`",
        ),
    ],
)
def test_columns_that_cannot_be_used_are_refused(tmp_path: Path, query: str, field: str | None, reason: str) -> None:
    rules = DatasetRules(responses=Responses.UNKNOWN)
    problem = read_parquet(tmp_path, query, rules)[1][0]

    assert problem.field == field
    assert reason in problem.reason


def test_columns_with_strange_names_are_left_alone(tmp_path: Path) -> None:
    records, problems = read_parquet(
        tmp_path, 'SELECT \'p\' AS prompt, 1 AS "a""b", 2 AS "x\'; DROP", 3 AS file_row_number, 4 AS size, 5 AS row'
    )

    assert not problems
    assert len(records) == 1


def test_a_damaged_file_is_refused_in_our_own_words(tmp_path: Path) -> None:
    data = parquet(tmp_path, "SELECT 'CANARY' || i AS prompt FROM range(50000) AS t(i)")
    broken = data[:4000] + b"\xff" * 3000 + data[7000:]

    for damaged in (data[:-9], data[:4], b"PAR1" + b"x" * 100 + b"PAR1", broken, b"prompt\na\n"):
        _, problems = read(damaged, "data.parquet")
        assert len(problems) == 1
        assert "Parquet" in problems[0].reason
        assert "CANARY" not in str(problems[0])


def test_names_of_columns_that_are_no_utf8_are_refused(tmp_path: Path) -> None:
    data = parquet(tmp_path, "SELECT 'p' AS prompt, 'a' AS modelName")

    (problem,) = read(data.replace(b"modelName", b"\xddodelName"), "data.parquet")[1]

    assert problem.reason == "has names of columns that cannot be read (RuntimeError)"
    assert "UTF-8" in problem.remedy


@pytest.mark.parametrize("answers", ["{'modelName': 'a'}", "[{'modelName': 'a'}]", "{'x': {'modelName': 'a'}}"])
def test_names_of_fields_inside_a_column_that_are_no_utf8_are_refused(tmp_path: Path, answers: str) -> None:
    data = parquet(tmp_path, f"SELECT 'p' AS prompt, {answers} AS modelResponses")

    (problem,) = read(data.replace(b"modelName", b"\xddodelName"), "data.parquet")[1]

    assert problem.reason == "has names of columns that cannot be read (UnicodeDecodeError)"
    assert "UTF-8" in problem.remedy


def test_an_empty_file_is_refused() -> None:
    assert [bool(problem.remedy) for problem in read(b"", "data.parquet")[1]] == [True]


def test_a_value_repeated_a_million_times_counts_a_million_times(tmp_path: Path) -> None:
    data = parquet(tmp_path, "SELECT repeat('x', 4000) AS prompt FROM range(20000)")

    _, problems = read(data, "data.parquet", max_bytes=79_999_999)

    assert len(data) < 1_000_000
    assert ["too large" in problem.reason for problem in problems] == [True]
    assert not read(data, "data.parquet", max_bytes=80_000_000)[1]


def test_rows_that_do_not_fit_into_memory_together_are_refused(tmp_path: Path) -> None:
    query = "SELECT 'p' AS prompt, [{'response': repeat('x', 900000), 'modelIdentifier': 'a'}] AS \"modelResponses\""

    _, problems = read_parquet(tmp_path, f"{query} FROM range(300)", max_bytes=1_000_000_000)

    assert ["are read at once" in problem.reason for problem in problems] == [True]


def test_a_record_longer_than_any_is_refused_by_its_number(tmp_path: Path) -> None:
    query = "SELECT 'p' AS prompt, repeat('x', i) AS \"referenceResponse\" FROM (VALUES (5), (2000000)) AS t(i)"

    records, problems = read_parquet(tmp_path, query)

    assert len(records) == 1
    assert [(problem.record, "longer than" in problem.reason) for problem in problems] == [(2, True)]
