"""The command `gavel compare`, run as a person runs it."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from click.testing import CliRunner
from scipy import stats

from gavel.report.text_budget import SCORE_BYTES
from gavel.results.parquet import write_scores
from gavel.results.scores import ScoreRow
from gavel_cli.main import main
from tests.gavel.result_builders import lines, row, score
from tests.schemas import problems

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from click.testing import Result

A = [1, 1, 0.5, 1, 0, 1, 1, 0.5, 1, 1, 0.5, 0]
B = [0, 0.5, 0.5, 0.5, 0, 0.5, 0, 0, 0.5, 0, 0.5, 0.5]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


def compared(*arguments: object) -> list[dict[str, Any]]:
    outcome = run(*arguments, "--json")
    assert outcome.exit_code == 0, outcome.output
    found: list[dict[str, Any]] = json.loads(outcome.stdout)["comparisons"]
    return found


def results(path: Path, values: Sequence[Any], *, model: str, seed: int = 0, **record: Any) -> Path:
    """A result file with one row a value, in an order that says nothing."""
    rows = [row({"m": value}, prompt=f"p{number}", model=model, **record) for number, value in enumerate(values)]
    random.Random(seed).shuffle(rows)  # noqa: S311 - shuffles a test
    path.write_bytes(lines(*rows))
    return path


def score_lines(path: Path, values: Sequence[Any], *, generator: str, **fields: Any) -> Path:
    """A score file of Gavel as JSON Lines."""
    rows = [
        {"record": number, "prompt": f"p{number}", "generator": generator, "judge": "judge", "metric": "m", **fields}
        | {"value": value}
        for number, value in enumerate(values)
    ]
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


def test_two_result_files_are_joined_by_what_their_records_say(tmp_path: Path) -> None:
    a = results(tmp_path / "a.jsonl", A, model="new", seed=1)
    b = results(tmp_path / "b.jsonl", B, model="old", seed=2)

    (found,) = compared(a, b)

    differences = [x - y for x, y in zip(A, B, strict=True)]
    assert (found["model_a"], found["model_b"], found["metric"], found["category"]) == ("new", "old", "m", None)
    assert (found["n"], found["missing"]) == (12, 0)
    assert found["mean_difference"] == pytest.approx(sum(differences) / 12)
    assert found["ci_low"] < found["mean_difference"] < found["ci_high"]
    assert found["wilcoxon_p"] == pytest.approx(stats.wilcoxon(A, B).pvalue)
    assert found["spearman"] == pytest.approx(stats.spearmanr(A, B).statistic)
    assert found["kendall"] == pytest.approx(stats.kendalltau(A, B).statistic)
    assert (found["mcnemar_p"], found["verdict"]) == (None, "better")


def test_the_other_way_round_every_sign_turns(tmp_path: Path) -> None:
    a = results(tmp_path / "a.jsonl", A, model="new")
    b = results(tmp_path / "b.jsonl", B, model="old")

    (one,), (other,) = compared(a, b), compared(b, a)

    assert other["mean_difference"] == -one["mean_difference"]
    assert (other["ci_low"], other["ci_high"], other["verdict"]) == (-one["ci_high"], -one["ci_low"], "worse")


def test_the_order_of_rows_changes_no_byte_even_where_prompts_repeat(tmp_path: Path) -> None:
    rows = {
        side: [
            row({"m": value}, prompt=f"p{number % 3}", response=f"{side}{number}", model=side)
            for number, value in enumerate(values)
        ]
        for side, values in (("a", A), ("b", B))
    }
    outputs = set()
    for seed in range(4):
        for side, own in rows.items():
            random.Random(seed).shuffle(own)  # noqa: S311 - as above
            (tmp_path / f"{side}.jsonl").write_bytes(lines(*own))
        outputs.add(run(tmp_path / "a.jsonl", tmp_path / "b.jsonl", "--json").stdout)

    assert len(outputs) == 1


def test_missing_scores_and_records_are_counted_and_the_rest_is_what_complete_pairs_say(tmp_path: Path) -> None:
    a = results(tmp_path / "a.jsonl", [None, *A[1:]], model="new", seed=3)
    b = results(tmp_path / "b.jsonl", B[:-2], model="old", seed=4)
    complete_a = results(tmp_path / "ca.jsonl", [None, *A[1:-2]], model="new")
    complete_b = results(tmp_path / "cb.jsonl", [None, *B[1:-2]], model="old")

    (found,), (complete,) = compared(a, b), compared(complete_a, complete_b)

    assert (found["n"], found["missing"], found["missing_a"], found["missing_b"]) == (9, 3, 1, 2)
    counted = {"missing", "missing_a", "missing_b", "coverage"}
    assert {k: v for k, v in found.items() if k not in counted} == {
        k: v for k, v in complete.items() if k not in counted
    }


def test_score_files_as_lines_and_as_parquet_give_the_same(tmp_path: Path) -> None:
    a = score_lines(tmp_path / "a.jsonl", A, generator="new")
    b = score_lines(tmp_path / "b.jsonl", B, generator="old")
    for name, values, generator in (("a", A, "new"), ("b", B, "old")):
        write_scores(
            tmp_path / f"{name}.parquet",
            [
                ScoreRow(number, None, generator, "judge", "m", value=value, prompt=f"p{number}")
                for number, value in enumerate(values)
            ],
        )

    parquet = compared(tmp_path / "a.parquet", tmp_path / "b.parquet")

    assert compared(a, b) == compared(a, tmp_path / "b.parquet") == parquet
    assert parquet[0]["n"] == 12


def test_a_generator_that_both_have_is_compared_with_itself_alone(tmp_path: Path) -> None:
    for name, values in (("a", A), ("b", B)):
        content = [score_lines(tmp_path / "part", values, generator=generator).read_text() for generator in "xy"]
        (tmp_path / f"{name}.jsonl").write_text("".join(content))

    found = compared(tmp_path / "a.jsonl", tmp_path / "b.jsonl")

    assert [(one["model_a"], one["model_b"]) for one in found] == [("x", "x"), ("y", "y")]


def test_categories_stand_in_json_and_in_the_table_when_asked(tmp_path: Path) -> None:
    a = results(tmp_path / "a.jsonl", A, model="new", category="sums")
    b = results(tmp_path / "b.jsonl", B, model="old", category="sums")

    assert [one["category"] for one in compared(a, b)] == [None, "sums"]
    assert "sums" not in run(a, b).stdout
    assert "sums" in run(a, b, "--by-category").stdout


def test_lower_is_better_turns_the_verdict(tmp_path: Path) -> None:
    a = results(tmp_path / "a.jsonl", A, model="new")
    b = results(tmp_path / "b.jsonl", B, model="old")

    (found,) = compared(a, b, "--lower-is-better", "m")

    assert (found["direction"], found["verdict"], found["mean_difference"] > 0) == ("lower", "worse", True)


def test_a_person_sees_the_difference_and_what_would_settle_the_rest(tmp_path: Path) -> None:
    a = results(tmp_path / "a.jsonl", [1, 0, 0.5, 1, 1], model="new")
    b = results(tmp_path / "b.jsonl", [0, 1, 0.5, 0.5, 0.5], model="old")

    shown = run(a, b).stdout

    assert "inconclusive" in shown
    assert "add about" in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_labels_give_a_reason_and_no_figure(tmp_path: Path) -> None:
    a = results(tmp_path / "a.jsonl", ["warm", "cold"], model="new")
    b = results(tmp_path / "b.jsonl", ["warm", "warm"], model="old")

    (found,) = compared(a, b)

    assert (found["mean_difference"], found["ties"], found["tie_rate"]) == (None, 1, 0.5)
    assert found["why"] == ["labels can agree, but none is more than another"]


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        ('{"metric": "m", "record": 1, "value": "high"}', "1:value", "is not a number"),
        ('{"metric": "m", "record": 1, "value": 1}\n{"metric": "m"}', "2:record", "is missing, and so is `prompt`"),
        (
            '{"metric": "m", "record": 1, "value": 1}\n{"metric": "m", "record": 1, "value": 2}',
            "2:value",
            "differs from that of the same record, generator, judge and metric in line 1",
        ),
        ('{"metric": "m", "record": 1, "value": 1}\n{"value": 1, "record": 2}', "2:metric", "is missing"),
        ('{"metric": "m", "record": 1, "value": 1}\n{oops', "2", "the line is not JSON"),
        ('{"metric": "m", "record": "x", "value": 1}', "1:record", "is not a whole number"),
        ("", "", "holds no score"),
    ],
)
def test_what_is_wrong_with_a_score_file_is_told_by_line_and_field(
    tmp_path: Path, content: str, place: str, reason: str
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(content)

    outcome = run(path, score_lines(tmp_path / "b.jsonl", B, generator="old"))

    assert outcome.exit_code == 2
    assert outcome.stderr.startswith(f"{path}:{place}" if place else str(path))
    assert reason in outcome.stderr


@pytest.mark.parametrize(("record", "told"), [(7, "record 7"), (0, "(record 0)"), (-3, "(record -3)")])
def test_a_record_of_a_table_is_told_by_whatever_number_it_has(tmp_path: Path, record: int, told: str) -> None:
    path = tmp_path / "a.parquet"
    with duckdb.connect() as connection:
        rows = connection.sql("SELECT 'm' AS metric, unnest([1.0, 2.0]) AS value").project(f"*, {record} AS record")
        rows.write_parquet(str(path))

    outcome = run(path, score_lines(tmp_path / "b.jsonl", B, generator="old"))

    assert outcome.exit_code == 2
    assert "differs from that of the same record" in outcome.stderr
    assert told in outcome.stderr


def test_a_file_that_is_none_of_these_ends_in_code_2(tmp_path: Path) -> None:
    broken = tmp_path / "a.parquet"
    broken.write_bytes(b"PAR1 and nothing more")
    good = score_lines(tmp_path / "b.jsonl", B, generator="old")

    assert "cannot be read as a Parquet score file" in run(broken, good).stderr
    assert run(tmp_path / "none.jsonl", good).exit_code == 2


def test_scores_of_different_judges_or_of_other_records_are_not_compared(tmp_path: Path) -> None:
    a = score_lines(tmp_path / "a.jsonl", A, generator="new")
    other_judge = score_lines(tmp_path / "b.jsonl", B, generator="old", judge="other")
    other_records = results(tmp_path / "c.jsonl", B, model="old", referenceResponse="r")

    judged, apart = run(a, other_judge), run(a, other_records)

    assert (judged.exit_code, apart.exit_code) == (2, 2)
    assert "shares no metric of the same judge" in judged.stderr
    assert "shares no record with A" in apart.stderr


def test_a_row_that_names_no_judge_belongs_to_the_only_one(tmp_path: Path) -> None:
    a = tmp_path / "a.jsonl"
    rows = [
        row([score("m", value, judge="j" if number else None)], prompt=f"p{number}", model="new")
        for number, value in enumerate(A)
    ]
    a.write_bytes(lines(*rows))
    b = tmp_path / "b.jsonl"
    b.write_bytes(
        lines(*(row([score("m", value, judge="j")], prompt=f"p{n}", model="old") for n, value in enumerate(B)))
    )

    (found,) = compared(a, b)

    assert (found["n"], found["judge"]) == (12, "j")


def test_hostile_names_cannot_reach_the_terminal(tmp_path: Path) -> None:
    a = results(tmp_path / "a.jsonl", A, model="\x1b[2Jnew", category="\u202ex")
    b = results(tmp_path / "b.jsonl", B, model="old", category="\u202ex")

    outcome = run(a, b, "--by-category")

    assert outcome.exit_code == 0
    assert not {"\x1b", "\u202e"} & set(outcome.stdout)


def test_the_json_fits_its_published_schema(tmp_path: Path) -> None:
    a = results(tmp_path / "a.jsonl", A, model="new", seed=1)
    b = results(tmp_path / "b.jsonl", [*B[:-1], "NaN"], model="old", seed=2)

    document = json.loads(run(a, b, "--json").stdout)

    assert problems("compare-v1", document) == []
    assert document["comparisons"][0]["missing_b"] == 1


def test_problems_in_the_json_fit_its_published_schema(tmp_path: Path) -> None:
    a = results(tmp_path / "a.jsonl", A, model="new", seed=1)
    b = results(tmp_path / "b.jsonl", B, model="old", seed=2)
    b.write_bytes(b.read_bytes() + b"\nno json\n")

    outcome = run(a, b, "--json")

    assert json.loads(outcome.stdout)["problem_count"]
    assert problems("compare-v1", json.loads(outcome.stdout)) == []


def test_a_report_shows_what_got_better_and_worse_with_answers_and_explanations(tmp_path: Path) -> None:
    def side(name: str, values: list[float]) -> Path:
        rows = [
            {
                "record": 10 + number,
                "prompt": f"question {number}",
                "generator": "app",
                "judge": "j",
                "metric": "tone",
                "value": value,
                "explanation": f"{name} because {number} <b>",
                "response": f"{name} answers {number}",
            }
            for number, value in enumerate(values)
        ]
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    new, old = side("new", [1.0, 0.0, 0.5]), side("old", [0.0, 1.0, 0.5])
    report = tmp_path / "report.html"

    outcome = CliRunner().invoke(main, ["compare", str(new), str(old), "--report", str(report)])

    assert outcome.exit_code == 0, outcome.output
    (block,) = re.findall(r'id="data">(.*?)</script>', report.read_text(), re.DOTALL)
    data = json.loads(block)
    assert data["generators"] == ["app (A)", "app (B)"]
    assert data["partners"] == [1, None]
    first = data["records"][0]
    assert (first["n"], first["p"]) == (10, "question 0")
    assert [answer[1] for answer in first["a"]] == ["new answers 0", "old answers 0"]
    assert [score[3:] for score in first["s"]] == [[1.0, "new because 0 <b>"], [0.0, "old because 0 <b>"]]
    assert report.read_bytes() == _written(new, old, tmp_path / "again.html")


def test_a_report_without_room_for_all_shows_what_got_worse_from_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def side(name: str, worse: set[int]) -> Path:
        rows = [
            {
                "record": number,
                "prompt": "p" * 50,
                "generator": "app",
                "judge": "j",
                "metric": "tone",
                "value": 0.0 if number in worse else 1.0,
                "explanation": "e" * 20,
                "response": "r" * 30,
            }
            for number in range(1, 41)
        ]
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    new, old = side("new", {17, 38, 40}), side("old", set())
    report = tmp_path / "report.html"
    monkeypatch.setattr("gavel_cli.compare_report.BUDGET", 10 * (50 + 2 * (SCORE_BYTES + 20 + 30)))

    outcome = CliRunner().invoke(main, ["compare", str(new), str(old), "--report", str(report)])

    assert outcome.exit_code == 0, outcome.output
    (block,) = re.findall(r'id="data">(.*?)</script>', report.read_text(), re.DOTALL)
    shown = [record["n"] for record in json.loads(block)["records"]]
    assert len(shown) == 10
    assert {17, 38, 40} <= set(shown)
    assert "10 of 40 records: those that got worse than the baseline first" in report.read_text()


def _written(new: Path, old: Path, report: Path) -> bytes:
    CliRunner().invoke(main, ["compare", str(new), str(old), "--report", str(report)])
    return report.read_bytes()


@pytest.mark.parametrize("first", [-5, 0, 3_000_000_000])
def test_a_report_takes_any_number_that_a_record_may_have(tmp_path: Path, first: int) -> None:
    for name in ("a", "b"):
        rows = [
            {"record": first + number, "generator": "app", "judge": "j", "metric": "tone", "value": number % 2}
            for number in range(10)
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = tmp_path / "report.html"

    outcome = CliRunner().invoke(
        main, ["compare", str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl"), "--report", str(report)]
    )

    assert outcome.exit_code == 0, outcome.output
    (block,) = re.findall(r'id="data">(.*?)</script>', report.read_text(), re.DOTALL)
    assert [record["n"] for record in json.loads(block)["records"]] == [first + number for number in range(10)]


@pytest.mark.parametrize("number", [2**63, -(2**63), 10**400])
def test_a_record_number_beyond_any_is_told_by_its_line(tmp_path: Path, number: int) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(f'{{"record": {number}, "metric": "m", "value": 1}}\n')

    outcome = run(file, file)

    assert outcome.exit_code == 2
    assert "a.jsonl:1:record: is larger than the number of any record" in outcome.output
