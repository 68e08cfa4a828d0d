"""The commands `gavel judges …`, run as a person runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from gavel_cli.main import main
from tests.gavel.result_builders import lines, row, score

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["judges", *map(str, arguments)])


def report(*arguments: object) -> dict[str, Any]:
    outcome = run(*arguments, "--json")
    assert outcome.exit_code == 0, outcome.output
    found: dict[str, Any] = json.loads(outcome.stdout)
    return found


def csv(path: Path, *rows: str, header: str = "item,rater,value") -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_the_coefficients_of_a_file_with_holes(tmp_path: Path) -> None:
    rows = ["1,a,1", "1,b,1", "1,c,2", "2,a,3", "2,b,3", "3,a,2", "3,b,1", "3,c,1", "4,a,5", "4,c,4", "4,b,"]

    found = report("agreement", csv(tmp_path / "r.csv", *rows))

    assert (found["items"], found["raters"], found["ratings"]) == (4, 3, 10)
    assert found["krippendorff_alpha"] == {
        "nominal": pytest.approx(0.27027027, abs=1e-8),
        "ordinal": pytest.approx(0.77647059, abs=1e-8),
        "interval": pytest.approx(0.85082873, abs=1e-8),
    }
    assert found["fleiss_kappa"] is None
    assert "same number of ratings" in found["why"]["fleiss_kappa"]
    assert [(one["a"], one["b"], one["n"], one["kappa"]) for one in found["cohen_kappa"]] == [
        ("a", "b", 3, 0.5),
        ("a", "c", 3, pytest.approx(-2 / 7)),
        ("b", "c", 2, 0.0),
    ]


def test_the_order_of_rows_and_a_rating_said_twice_change_no_byte(tmp_path: Path) -> None:
    rows = ["1,a,x", "1,b,y", "2,a,x", "2,b,x"]
    one = run("agreement", csv(tmp_path / "r.csv", *rows), "--json").stdout

    assert run("agreement", csv(tmp_path / "r.csv", *rows[::-1], rows[0]), "--json").stdout == one


@pytest.mark.parametrize(
    ("rows", "place", "reason"),
    [
        (["1,a,1", "2,a,1", "1,a,2"], "4:value", "differs from that of the same item and rater in line 2"),
        (["1,a"], "2", "has 2 cells, and the header 3"),
        (["1,,2"], "2:rater", "is empty"),
        (["1,a,nan"], "2:value", "is not a finite number"),
        ([], "", "holds no rating"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_by_line_and_column(
    tmp_path: Path, rows: list[str], place: str, reason: str
) -> None:
    path = csv(tmp_path / "r.csv", *rows)

    outcome = run("agreement", path)

    assert outcome.exit_code == 2
    assert outcome.stderr.startswith(f"{path}:{place}" if place else str(path))
    assert reason in outcome.stderr


def test_a_file_without_the_columns_or_that_is_not_there_ends_in_code_2(tmp_path: Path) -> None:
    assert "is no column" in run("agreement", csv(tmp_path / "r.csv", "1,a,1", header="item,who,value")).stderr
    assert run("agreement", tmp_path / "none.csv").exit_code == 2
    (tmp_path / "b.csv").write_bytes(b"item,rater,value\n1,\xff,2\n")
    assert "is not UTF-8" in run("agreement", tmp_path / "b.csv").stderr


@pytest.mark.parametrize("rows", [["1,a,1"], ["1,a,1", "2,a,2"], ["1,a,1", "1,b,1"], ["1,a,x", "2,b,y"]])
def test_what_does_not_exist_is_null_with_a_reason(tmp_path: Path, rows: list[str]) -> None:
    found = report("agreement", csv(tmp_path / "r.csv", *rows))

    assert found["krippendorff_alpha"]["nominal"] is None
    assert {"krippendorff_alpha.nominal", "fleiss_kappa"} <= set(found["why"])


def test_a_judge_is_held_against_what_most_people_say(tmp_path: Path) -> None:
    rows = [f"{item},{rater},good" for item in range(4) for rater in ("ann", "bo", "llm")]
    rows += [f"{item},{rater},bad" for item in range(4, 8) for rater in ("ann", "bo", "llm")]
    rows += ["8,ann,bad", "8,bo,bad", "8,llm,good", "9,llm,good"]
    path = csv(tmp_path / "r.csv", *rows)

    found = report("agreement", path, "--judge", "llm")["against_people"]

    assert (found["n"], found["confusion"]) == (9, [[4, 1], [0, 4]])
    assert found["rates"][1]["rate"] == pytest.approx((0.6 + 0.8 - 1) / 0.8)
    assert "llm against people: 88.9% of 9 alike" in run("agreement", path, "--judge", "llm").stdout
    assert run("agreement", path, "--judge", "nobody").exit_code == 2


@pytest.fixture
def panel(tmp_path: Path) -> Path:
    """Two generators' answers, scored by two judges; longer answers score higher with one of them."""
    for model in ("amazon.nova-lite-v1:0", "anthropic.claude-x"):
        rows = [
            row(
                [
                    score("m", number / 10, judge="amazon.nova-pro-v1:0"),
                    score("m", number % 3, judge="anthropic.claude-y"),
                ],
                prompt=f"p{number}",
                model=model,
                response="x" * (number + 1),
            )
            for number in range(10)
        ]
        (tmp_path / f"{model[:6]}_output.jsonl").write_bytes(lines(*rows))
    return tmp_path


def test_a_check_tells_the_taste_for_long_answers_own_family_and_agreement(panel: Path) -> None:
    found = report("check", panel, "--again", panel)

    nova, claude = found["judges"]
    assert (nova["judge"], nova["verbosity"]["n"], nova["verbosity"]["rho"]) == ("amazon.nova-pro-v1:0", 20, 1.0)
    assert claude["verbosity"]["rho"] < 0.5
    assert (nova["self_preference"]["n"], nova["self_preference"]["bias"]) == (10, 0.0)
    assert (nova["repeatability"]["n"], nova["repeatability"]["alike"]) == (20, 1.0)
    assert (found["agreement"][0]["items"], found["agreement"][0]["raters"]) == (20, 2)
    assert "long answers" in run("check", panel).stdout


def test_labels_of_people_are_joined_by_the_number_of_the_record(tmp_path: Path) -> None:
    scores = tmp_path / "s.jsonl"
    rows = [{"record": n, "prompt": f"p{n}", "generator": "g", "metric": "m", "value": n % 2} for n in range(20)]
    scores.write_text("".join(json.dumps(one) + "\n" for one in rows))
    labels = csv(tmp_path / "l.csv", *(f"{n},ann,{n % 2 if n else 1}" for n in range(10)))

    (judged,) = report("check", scores, "--people", labels, "--metric", "m")["judges"]

    assert (judged["people"]["n"], judged["people"]["agreement"]) == (10, 0.9)
    assert run("check", scores, "--people", labels).exit_code == 2
    assert run("check", scores, "--people", csv(tmp_path / "l.csv", "99,ann,1"), "--metric", "m").exit_code == 2


def test_hostile_names_cannot_reach_the_terminal(tmp_path: Path) -> None:
    path = csv(tmp_path / "r.csv", "\x1b[2Ji,[red]a\u202e,good", "\x1b[2Ji,b,bad", "j,b,\x1b[31mbad")

    outcome = run("agreement", path, "--judge", "b")

    assert outcome.exit_code == 0
    assert not {"\x1b", "\u202e"} & set(outcome.stdout)


def test_more_ratings_than_a_million_are_refused_and_not_held(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("gavel.results.rating_files.MOST_RATINGS", 3)
    file = tmp_path / "ratings.csv"
    file.write_text("item,rater,value\n" + "".join(f"{number},a,1\n{number},b,1\n" for number in range(3)))

    outcome = run("agreement", file)

    assert outcome.exit_code == 2
    assert "ratings.csv:5: comes after 3 ratings" in outcome.output
