"""The GitHub Action's scripts with a `gavel` and a `gh` that only write down how they were called."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.api import ManualArgs, lint  # type: ignore[import-untyped]  # cfn-lint ships no types

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder to be put first in PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def program(tools: Path, name: str, script: str) -> None:
    path = tools / name
    path.write_text(f"#!/usr/bin/env bash\n{script}\n")
    path.chmod(0o755)


def run(script: str, tools: Path, tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    files = {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    environment = {"PATH": f"{tools}:{os.environ['PATH']}", "RUNNER_TEMP": str(tmp_path), **files, **variables}
    return subprocess.run(
        [str(ROOT / "ci" / script)], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
    )


def outputs(tmp_path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())


GAVEL = """
printf '%s\\n' "$@" > "$RUNNER_TEMP/$1.arguments"
[ "$1" = run ] || cp "$GITHUB_OUTPUT" "$GITHUB_STEP_SUMMARY" "$RUNNER_TEMP/before"
code=0
while [ $# -gt 0 ]; do
    if [ "$1" = -o ]; then echo "**Verdict: FAIL**" > "$2"; shift; code=3; fi
    shift
done
echo '{"evaluation_id": "mine-0123456789abcdef"}'
exit $code
"""


def called(tmp_path: Path, command: str) -> list[str]:
    return (tmp_path / f"{command}.arguments").read_text().splitlines()


def option(arguments: list[str], name: str) -> str | None:
    return arguments[arguments.index(name) + 1] if name in arguments else None


@pytest.fixture
def evaluating(tools: Path, tmp_path: Path) -> Path:
    """A folder beside which `gavel` starts one evaluation that fails; `before` holds what was told before it ended."""
    program(tools, "gavel", GAVEL)
    (tmp_path / "before").mkdir()
    return tmp_path


def test_an_evaluation_leaves_files_outputs_and_a_summary_whatever_its_verdict(tools: Path, evaluating: Path) -> None:
    done = run("evaluate.sh", tools, evaluating, DATASET="my data.jsonl", SUITE="a suite.yaml", BUDGET="5", STACK="")

    assert done.returncode == 0, done.stderr
    found = outputs(evaluating)
    assert (found["exit-code"], found["evaluation-id"]) == ("3", "mine-0123456789abcdef")
    names = {path.name for path in Path(found["folder"]).iterdir()}
    assert names == {"report.html", "junit.xml", "summary.json", "comment.md", "evaluation.json"}
    assert "Verdict: FAIL" in (evaluating / "summary.md").read_text()
    arguments = called(evaluating, "run")
    assert arguments[:2] == ["run", "--detach"]
    assert arguments[-2:] == ["--", "my data.jsonl"]
    assert {name: option(arguments, name) for name in ("--suite", "--budget", "--stack", "--candidate")} == {
        "--suite": "a suite.yaml",
        "--budget": "5",
        "--stack": None,
        "--candidate": None,
    }


def test_the_evaluations_id_is_told_before_it_is_followed(tools: Path, evaluating: Path) -> None:
    run("evaluate.sh", tools, evaluating, DATASET="d.jsonl", STACK="gavel-research")

    assert "--detach" in called(evaluating, "run")
    assert called(evaluating, "watch")[:2] == ["watch", "mine-0123456789abcdef"]
    assert option(called(evaluating, "watch"), "--stack") == "gavel-research"
    assert "evaluation-id=mine-0123456789abcdef\n" in (evaluating / "before" / "output").read_text()
    assert "gavel watch mine-0123456789abcdef" in (evaluating / "before" / "summary.md").read_text()


@pytest.mark.parametrize(
    ("variables", "candidate"),
    [
        ({"PULL_REQUEST": "7"}, "pr-7"),
        ({"PULL_REQUEST": "7", "CANDIDATE": "mine"}, "mine"),
        ({"PULL_REQUEST": "", "CANDIDATE": "queue-1"}, "queue-1"),
        ({"PULL_REQUEST": "", "CANDIDATE": ""}, None),
    ],
)
def test_a_pull_request_is_a_candidate_and_what_is_merged_is_none(
    tools: Path, evaluating: Path, variables: dict[str, str], candidate: str | None
) -> None:
    run("evaluate.sh", tools, evaluating, DATASET="d.jsonl", **variables)

    assert option(called(evaluating, "run"), "--candidate") == candidate


def test_a_name_that_looks_like_code_stays_a_name(tools: Path, tmp_path: Path) -> None:
    program(tools, "gavel", GAVEL)

    run("evaluate.sh", tools, tmp_path, DATASET="$(touch owned).jsonl; touch owned", SUITE="`touch owned`.yaml")

    assert not (tmp_path / "owned").exists()


def test_a_dataset_whose_name_begins_like_an_option_is_none(tmp_path: Path) -> None:
    # Given the command itself in place of the one that only writes down how it was called
    tools = Path(sys.executable).parent
    (tmp_path / "--detach.jsonl").write_text('{"prompt": 7}\n')

    done = run("evaluate.sh", tools, tmp_path, DATASET="--detach.jsonl", SUITE="missing.yaml")

    assert outputs(tmp_path)["exit-code"] == "2"
    assert "there is no file missing.yaml" in done.stderr


def test_a_tool_that_fails_without_a_word_is_no_verdict(tools: Path, tmp_path: Path) -> None:
    program(tools, "gavel", "exit 1")

    assert run("evaluate.sh", tools, tmp_path, DATASET="d.jsonl").returncode == 0
    assert outputs(tmp_path)["exit-code"] == "1"
    assert "no result" in (tmp_path / "summary.md").read_text()


GH = """
printf '%s\\n' "$*" >> "$RUNNER_TEMP/calls"
case "$*" in *--paginate*) cat "$RUNNER_TEMP/known" ;; esac
"""


@pytest.mark.parametrize(("known", "method"), [("", "POST"), ("4711\n4712\n", "PATCH")])
def test_a_comment_is_written_once_and_updated_afterwards(tools: Path, tmp_path: Path, known: str, method: str) -> None:
    program(tools, "gh", GH)
    (tmp_path / "known").write_text(known)
    (tmp_path / "comment.md").write_text("**Verdict: PASS**\n")

    done = run(
        "comment.sh",
        tools,
        tmp_path,
        PULL_REQUEST="7",
        SUITE="mine.yaml",
        FOLDER=str(tmp_path),
        GITHUB_REPOSITORY="o/r",
        GH_TOKEN="t",  # noqa: S106 - no secret
    )

    assert done.returncode == 0, done.stderr
    last = (tmp_path / "calls").read_text().splitlines()[-1]
    assert f"--method {method}" in last
    assert ("issues/comments/4711" in last) == bool(known)
    body = Path(last.rpartition("body=@")[2]).read_text()
    assert body.startswith("<!-- gavel mine.yaml -->\n**Verdict: PASS**")


@pytest.mark.parametrize(
    ("code", "undecided", "ends"),
    [
        ("0", "fail", 0),
        ("1", "fail", 1),
        ("2", "fail", 2),
        ("3", "pass", 3),
        ("4", "fail", 4),
        ("4", "pass", 0),
        ("", "pass", 1),
    ],
)
def test_the_step_ends_as_the_evaluation_did(tools: Path, tmp_path: Path, code: str, undecided: str, ends: int) -> None:
    assert run("verdict.sh", tools, tmp_path, CODE=code, UNDECIDED=undecided).returncode == ends


def used(document: Any) -> list[str]:
    if isinstance(document, dict):
        return [text for key, value in document.items() for text in ([value] if key == "uses" else used(value))]
    return [text for item in document for text in used(item)] if isinstance(document, list) else []


@pytest.mark.parametrize("file", ["action.yml", "examples/ci/github.yml"])
def test_every_action_is_pinned_to_a_commit(file: str) -> None:
    found = used(yaml.safe_load((ROOT / file).read_text()))

    assert found
    assert [name for name in found if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", name)] == []


def test_no_input_stands_in_the_text_of_a_script() -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]

    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []


def test_the_example_workflow_gives_its_job_what_it_needs_and_no_more() -> None:
    workflow = yaml.safe_load((ROOT / "examples/ci/github.yml").read_text())

    assert workflow["permissions"] == {}
    assert workflow["jobs"]["evaluate"]["permissions"] == {
        "contents": "read",
        "id-token": "write",
        "pull-requests": "write",
    }
    given = workflow["jobs"]["evaluate"]["steps"][1]["with"]
    assert set(given) <= set(yaml.safe_load((ROOT / "action.yml").read_text())["inputs"])


def test_the_session_of_the_example_is_one_that_its_role_allows() -> None:
    workflow = yaml.safe_load((ROOT / "examples/ci/github.yml").read_text())
    asked = int(workflow["jobs"]["evaluate"]["steps"][1]["with"]["role-duration-seconds"])

    assert 3600 < asked <= example_role()["MaxSessionDuration"]


def test_the_action_asks_for_the_session_that_it_is_told() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    (step,) = (one for one in action["runs"]["steps"] if "role-to-assume" in one.get("with", {}))

    assert step["with"]["role-duration-seconds"] == "${{ inputs.role-duration-seconds }}"
    assert action["inputs"]["role-duration-seconds"]["default"] == "3600"


class _Tagged(yaml.SafeLoader):
    """Reads CloudFormation's short forms as what stands behind them."""


_Tagged.add_multi_constructor(
    "!",
    lambda loader, _, node: (
        loader.construct_scalar(node)
        if isinstance(node, yaml.ScalarNode)
        else loader.construct_sequence(node, deep=True)
    ),
)


def example_role() -> dict[str, Any]:
    template = yaml.load((ROOT / "examples/ci/role.yaml").read_text(), _Tagged)  # noqa: S506 - a safe loader
    found: dict[str, Any] = template["Resources"]["Role"]["Properties"]
    return found


def statements() -> list[Any]:
    found: list[Any] = example_role()["Policies"][0]["PolicyDocument"]["Statement"]
    return found


def test_the_example_role_writes_the_suites_of_candidates_alone() -> None:
    (written,) = (one["Resource"] for one in statements() if "s3:PutObject" in str(one))

    assert [key.partition("${Bucket}/")[2] for key in written] == [
        "suites/${Suites}.yaml",
        "answers/${Suites}/*",
        "datasets/${Suites}/*",
    ]


def test_the_example_role_uses_a_customers_key_through_s3_only_and_where_there_is_one() -> None:
    (conditional,) = (one for one in statements() if isinstance(one, list))

    name, statement, otherwise = conditional
    assert (name, otherwise) == ("HasKey", "AWS::NoValue")
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": "s3.${AWS::Region}.amazonaws.com"}}


def test_the_example_role_is_a_template_without_findings() -> None:
    text = (ROOT / "examples/ci/role.yaml").read_text()

    assert [str(finding) for finding in lint(text, config=ManualArgs(regions=["us-east-1"]))] == []


def test_the_gitlab_example_runs_the_command_with_options_that_it_has() -> None:
    from gavel_cli.run import run as command  # noqa: PLC0415 - the command's own list of options

    (line,) = (
        step
        for step in yaml.safe_load((ROOT / "examples/ci/gitlab.yml").read_text())["evaluate"]["script"]
        if step.startswith("gavel run")
    )
    known = {option for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"(?<= )--?[a-z]+|(?<=:[+])--[a-z]+", line)) <= known
    assert "--candidate pr-$CI_MERGE_REQUEST_IID" in line
