"""`gavel validate` tells people and programs whether a dataset can be evaluated."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from gavel.version import VERSION
from gavel_cli import output
from gavel_cli.main import COMMANDS, main

if TYPE_CHECKING:
    from click.testing import Result

ROOT = Path(__file__).parents[2]
GOOD = '{"prompt": "p", "category": "maths", "referenceResponse": "r"}\n'
MIXED = GOOD + '{"prompt": ""}\n\n{"prompt": 5, "category": 6}\n'
SUITE = "version: 1\njudges: [{model: amazon.nova-pro-v1:0, name: pro}]\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(place: Path, text: str | bytes, name: str = "data.jsonl") -> str:
    (place / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def validate(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(main, ["validate", *arguments], input=stdin, catch_exceptions=False)


def report(*arguments: str, stdin: str | bytes = "") -> dict[str, Any]:
    value = json.loads(validate(*arguments, "--json", stdin=stdin).stdout)
    assert isinstance(value, dict)
    return value


def run_python(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(str(ROOT / folder) for folder in ("lambdas", "cli"))
    environment = {**os.environ, "PYTHONPATH": paths, **variables}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, env=environment)


def test_a_good_dataset_exits_0_and_says_what_would_be_evaluated(place: Path) -> None:
    result = validate(write(place, GOOD * 2))

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "data.jsonl can be evaluated: 2 records",
        "Answers: to be given by the generators",
        "With reference: 2 of 2",
        "Categories: maths (2)",
        "Repeated prompts: 1",
    ]


def test_a_dataset_that_brings_answers_says_of_whom() -> None:
    result = validate(str(ROOT / "examples" / "datasets" / "bring-your-own.jsonl"))

    assert result.exit_code == 0
    assert "Answers: brought by the dataset, of third-party-model" in result.stdout


def test_a_bad_dataset_exits_2_with_every_place_and_a_count(place: Path) -> None:
    result = validate(write(place, MIXED))

    assert result.exit_code == 2
    assert result.stdout.splitlines() == [
        "data.jsonl:2:prompt  is blank; write the text for the model",
        "data.jsonl:4:prompt  is a number, not text; write the text for the model, in double quotes",
        "data.jsonl:4:category  is a number, not text; write a text, or leave the key out, in double quotes",
        "data.jsonl cannot be evaluated: 3 errors in 3 records",
    ]


def test_json_of_a_good_dataset_has_the_fixed_names(place: Path) -> None:
    value = report(write(place, GOOD))

    assert {key: value[key] for key in ("valid", "records", "error_count", "errors")} == {
        "valid": True,
        "records": 1,
        "error_count": 0,
        "errors": [],
    }


def test_json_of_a_bad_dataset_has_line_field_reason_and_remedy_of_every_error(place: Path) -> None:
    value = report(write(place, MIXED))

    assert (value["valid"], value["records"], value["error_count"]) == (False, 3, 3)
    assert [(error["line"], error["field"]) for error in value["errors"]] == [
        (2, "prompt"),
        (4, "prompt"),
        (4, "category"),
    ]
    assert all(error["reason"] and error["remedy"] for error in value["errors"])


def test_json_exits_2_as_the_text_does(place: Path) -> None:
    assert validate(write(place, MIXED), "--json").exit_code == 2
    assert validate(write(place, GOOD), "--json").exit_code == 0


def test_a_dash_reads_standard_input() -> None:
    assert report("-", stdin=GOOD * 3)["records"] == 3


def test_errors_of_standard_input_name_it() -> None:
    assert validate("-", stdin="{}").stdout.startswith("<stdin>:1:prompt  is missing")


def test_max_errors_caps_the_list_and_not_the_count(place: Path) -> None:
    file = write(place, "{}\n" * 250)

    value = report(file, "--max-errors", "7")
    text = validate(file, "--max-errors", "7").stdout.splitlines()

    assert (value["error_count"], len(value["errors"])) == (250, 7)
    assert len(text) == 8
    assert text[-1] == "data.jsonl cannot be evaluated: 250 errors in 250 records; 243 not listed (--max-errors)"


def test_no_listed_errors_are_still_errors(place: Path) -> None:
    result = validate(write(place, "{}"), "--max-errors", "0")

    assert (result.exit_code, result.stdout.count("\n")) == (2, 1)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_file_that_is_not_there_exits_2_and_says_so(place: Path, as_json: bool) -> None:
    result = validate("nowhere.jsonl", *(["--json"] if as_json else []))

    assert result.exit_code == 2
    assert "nowhere.jsonl" in result.stdout
    assert "cannot be read: No such file or directory" in result.stdout


def test_json_of_an_unreadable_file_is_an_object_of_the_same_form(place: Path) -> None:
    (place / "folder.jsonl").mkdir()

    value = report("folder.jsonl")

    assert (value["valid"], value["records"], value["error_count"]) == (False, 0, 1)
    assert value["errors"][0]["line"] is None


def test_the_rules_of_a_suite_hold(place: Path) -> None:
    suite = write(place, SUITE + "generators: [{model: amazon.nova-lite-v1:0}]\n", "suite.yaml")
    data = write(place, '{"prompt": "p", "modelResponses": [{"response": "r", "modelIdentifier": "app"}]}')

    assert report(data)["valid"]
    assert report(data, "--suite", suite)["errors"][0]["field"] == "modelResponses"


def test_a_suite_says_who_answers_and_who_judges(place: Path) -> None:
    suite = write(place, SUITE + "generators: [{model: a.b, name: mine}]\nmetrics: [Refusal]\n", "suite.yaml")

    lines = validate(write(place, GOOD), "--suite", suite).stdout.splitlines()

    assert lines[1:4] == ["Generators: mine", "Judges: pro", "Metrics: 1"]


def test_a_suite_that_samples_says_how_many_and_how(place: Path) -> None:
    suite = write(place, SUITE + "generators: [{model: a.b}]\nsample: {size: 5000, method: stratified}\n", "suite.yaml")

    lines = validate(write(place, GOOD), "--suite", suite).stdout.splitlines()

    assert "Sample: 5,000 records at most, stratified" in lines


def test_problems_of_suite_and_dataset_are_told_together(place: Path) -> None:
    suite = write(place, SUITE + "metricz: []\n", "suite.yaml")

    value = report(write(place, MIXED), "--suite", suite)

    assert [error["file"] for error in value["errors"]] == ["suite.yaml"] + ["data.jsonl"] * 3
    assert value["records"] == 3


def test_a_broken_suite_makes_a_good_dataset_exit_2(place: Path) -> None:
    assert validate(write(place, GOOD), "--suite", write(place, "", "suite.yaml")).exit_code == 2


def test_a_suite_that_is_not_there_exits_2(place: Path) -> None:
    result = validate(write(place, GOOD), "--suite", "no.yaml")

    assert result.exit_code == 2
    assert "no.yaml  cannot be read" in result.stdout


def test_dataset_and_suite_cannot_both_come_from_standard_input() -> None:
    result = validate("-", "--suite", "-", stdin=GOOD)

    assert result.exit_code == 2
    assert "cannot both come from standard input" in result.stderr


@pytest.mark.parametrize("extra", [[], ["--json"]])
def test_the_text_of_prompts_and_answers_is_never_shown(place: Path, extra: list[str]) -> None:
    canary = "CANARY-9f3"
    lines = [
        {"prompt": canary * 1000},
        {"prompt": canary, "referenceResponse": [canary], "modelResponses": [{"response": canary}]},
        {canary + " key": 1},
    ]
    data = "\n".join(json.dumps(item) for item in lines) + f'\n{{"prompt": "{canary}'

    result = validate(write(place, data), *extra)

    assert result.exit_code == 2
    assert canary not in result.output


def test_control_characters_in_file_names_are_shown_as_escapes(place: Path) -> None:
    name = write(place, "{}", "evil\x1b[31m\u202e.jsonl")

    output = validate(name).output

    assert "evil\\x1b[31m\\u202e.jsonl:1:prompt" in output
    assert "\x1b" not in output


def test_a_category_cannot_move_the_cursor_or_hide_text(place: Path) -> None:
    data = json.dumps({"prompt": "p", "category": "a\u200bb\ufeffc"})

    assert "a\\u200bb\\ufeffc (1)" in validate(write(place, data)).stdout


def test_a_person_gets_a_table_without_markup_being_read(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gavel_cli.validate.for_people", lambda: True)
    data = json.dumps({"prompt": "p", "category": "[red]loud[/red]"})

    lines = validate(write(place, data)).stdout.splitlines()

    assert lines[-1].strip().split(maxsplit=1) == ["Categories", "[red]loud[/red] (1)"]


def test_only_the_largest_categories_are_shown(place: Path) -> None:
    data = "".join(json.dumps({"prompt": "p", "category": f"c{n:02}"}) + "\n" for n in [*range(12), 5])

    assert "Categories: c05 (2), c00 (1)" in validate(write(place, data)).stdout
    assert "2 more" in validate(write(place, data)).stdout


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["a", "--max-errors", "-1"], ["a", "--what"]])
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    assert validate(*arguments).exit_code == 2


def test_the_version_is_the_products() -> None:
    result = CliRunner().invoke(main, ["--version"])

    assert result.stdout == f"gavel, version {VERSION}\n"


def test_help_documents_the_exit_codes() -> None:
    for arguments in (["--help"], ["validate", "--help"]):
        text = " ".join(CliRunner().invoke(main, arguments).stdout.split())

        assert "0 done; 1 AWS or the tool failed; 2 wrong usage" in text


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_listed_command_can_be_imported(name: str) -> None:
    assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom gavel_cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'boto3', 'pydantic', 'yaml', 'rich', 'duckdb', 'numpy'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    paths = os.pathsep.join(str(ROOT / folder) for folder in ("lambdas", "cli"))

    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": paths},
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_an_output_in_a_narrow_encoding_shows_escapes_instead_of_failing(place: Path) -> None:
    file = write(place, json.dumps({"prompt": "p", "category": "数学"}))
    code = "from gavel_cli.main import main; main()"

    done = run_python("-c", code, "validate", file, PYTHONIOENCODING="latin-1")

    assert done.returncode == 0
    assert "Categories: \\u6570\\u5b66 (1)" in done.stdout


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Größe 語 😀", "Größe 語 😀"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb", "a\\u202eb"),
        ("\udcff", "\\udcff"),
        ("👩\u200d🚀", "👩\u200d🚀"),
    ],
)
def test_visible_leaves_text_alone_and_escapes_what_acts_on_a_terminal(text: str, shown: str) -> None:
    assert output.visible(text) == shown


def test_print_json_is_ascii_and_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)

    output.print_json({"a": "\u2028é"})

    assert stream.getvalue().isascii()
    assert json.loads(stream.getvalue()) == {"a": "\u2028é"}
