"""What the proof of the supply chain would find: each detector on something that is wrong, and on this repository."""

from __future__ import annotations

import json
import zipfile
from email.message import Message
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from proofs.scanners import ROOT, ScannerError, scan
from proofs.supply_chain import bandit, bundles, licences, locks, sbom, semgrep, zizmor
from proofs.supply_chain.contents import Part
from proofs.supply_chain.licences import Licence
from proofs.supply_chain.locks import Locked

if TYPE_CHECKING:
    from pathlib import Path

SHA = "a" * 64
GOOD = f"boto3==1.44.5 \\\n    --hash=sha256:{SHA} \\\n    --hash=sha256:{'b' * 64}\n"
INTEGRITY = "sha512-" + "A" * 86 + "=="


# Locks


def test_a_lock_is_read_with_versions_hashes_and_markers() -> None:
    locked, problems = locks.parse(GOOD + f"PyYAML==6.0 ; sys_platform == 'win32' \\\n    --hash=sha256:{SHA}\n")
    assert problems == []
    assert locked[0] == Locked("boto3", "1.44.5", (SHA, "b" * 64))
    assert (locked[1].name, locked[1].applies({"sys_platform": "linux"})) == ("pyyaml", False)


@pytest.mark.parametrize(
    "line",
    [
        "boto3==1.44.5\n",
        f"boto3>=1.44 --hash=sha256:{SHA}\n",
        "boto3==1.44.5 --hash=md5:00\n",
        f"boto3 @ https://example.com/boto3.whl --hash=sha256:{SHA}\n",
        "--index-url https://example.com/simple\n",
        "-e .\n",
    ],
)
def test_a_line_that_is_not_pinned_and_hashed_is_told(line: str) -> None:
    locked, problems = locks.parse(line)
    assert (locked, len(problems)) == ([], 1)


def test_a_version_that_ships_and_is_not_the_tested_one_is_told() -> None:
    names = dict.fromkeys((*locks.SHIPPED, *locks.TOOLS), GOOD)
    wanted = dict.fromkeys(names, "boto3\n")
    assert locks.python_problems(names, wanted) == []
    (told,) = locks.python_problems({**names, "dev": GOOD.replace("1.44.5", "1.44.6")}, {**wanted, "dev": "boto3\n"})[
        :1
    ]
    assert "1.44.5 in requirements/lambda.txt and 1.44.6" in told


def test_a_requirement_that_the_lock_does_not_have_is_told() -> None:
    names = dict.fromkeys((*locks.SHIPPED, *locks.TOOLS), GOOD)
    wanted = {**dict.fromkeys(names, "boto3\n"), "lambda-data": "-r lambda.in\nscipy\n", "dev": "Jinja2[x]>=3  # why\n"}
    told = locks.python_problems(names, wanted)
    assert [line.partition(",")[0] for line in told] == [
        "requirements/lambda-data.txt lacks scipy", "requirements/dev.txt lacks jinja2"
    ]  # fmt: skip


def node(**entry: object) -> list[str]:
    module = {"version": "1.0.0", "integrity": INTEGRITY, **entry}
    return locks.node_problems(
        {"packages": {"": {}, "node_modules/x": module}}, {"devDependencies": {"x": module["version"]}}
    )


def test_a_module_without_hash_with_a_place_or_with_a_script_is_told() -> None:
    assert node() == []
    assert [
        len(node(**wrong)) for wrong in ({"integrity": "sha1-x"}, {"resolved": "https://x"}, {"hasInstallScript": True})
    ] == [1, 1, 1]
    assert len(node(version="^1.0.0")) == 1


def test_this_repositorys_locks_are_in_order() -> None:
    assert locks.all_problems() == []


# Bundles


def test_what_a_bundle_holds_is_read_from_its_own_metadata(tmp_path: Path) -> None:
    archive = tmp_path / "bundle.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("PyYAML-6.0.dist-info/METADATA", "Name: PyYAML\nVersion: 6.0\n")
        packed.writestr("vendored/x-1.dist-info/METADATA", "Name: x\nVersion: 1\n")
    assert bundles.installed(archive) == {"pyyaml": "6.0"}


def test_a_distribution_that_is_not_the_locked_one_is_told() -> None:
    locked = [Locked("boto3", "1.0", (SHA,)), Locked("colorama", "1.0", (SHA,), "sys_platform == 'win32'")]
    assert bundles.differences("core", {"boto3": "1.0"}, locked) == []
    assert len(bundles.differences("core", {"boto3": "1.1"}, locked)) == 1
    assert len(bundles.differences("core", {"boto3": "1.0", "evil": "1.0"}, locked)) == 1
    assert len(bundles.differences("core", {}, locked)) == 1


# Licences


def metadata(**fields: str | list[str]) -> Message:
    message = Message()
    for name, value in fields.items():
        for one in [value] if isinstance(value, str) else value:
            message[name.replace("_", "-")] = one
    return message


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"License_Expression": "MIT OR Apache-2.0"}, "MIT OR Apache-2.0"),
        ({"Classifier": ["License :: OSI Approved :: MIT License", "Topic :: X"]}, "MIT"),
        ({"Classifier": ["License :: OSI Approved :: BSD License"], "License": "BSD-3-Clause"}, "BSD-3-Clause"),
        ({"Classifier": ["License :: OSI Approved :: BSD License"]}, None),
        ({"License": "see the file"}, None),
        ({}, None),
    ],
)
def test_a_licence_is_what_the_metadata_say_or_nothing(fields: dict[str, Any], expected: str | None) -> None:
    assert licences.declared(metadata(**fields)) == expected


def test_what_is_unknown_undeclared_changed_or_not_judged_is_told() -> None:
    mit, gpl = Licence("MIT"), Licence("GPL-3.0-or-later", judged="A tool.")
    declared = {"a": metadata(License_Expression="MIT")}
    assert licences.problems({"a": mit}, ["a"], [], declared) == []
    assert "has no line" in licences.problems({}, ["a"], [], {})[0]
    assert "nothing needs it" in licences.problems({"a": mit}, [], [], {})[0]
    assert "declares MIT, listed is ISC" in licences.problems({"a": Licence("ISC")}, ["a"], [], declared)[0]
    assert "no licence that a program can read" in licences.problems({"a": mit}, ["a"], [], {"a": metadata()})[0]
    assert "nobody says why" in licences.problems({"a": Licence("MPL-2.0")}, [], ["a"], {})[0]
    assert licences.problems({"a": gpl}, [], ["a"], {}) == []
    assert "nothing that ships may be" in licences.problems({"a": gpl}, ["a"], [], {})[0]


@pytest.mark.parametrize(
    ("expression", "permissive", "strong"),
    [
        ("MIT", True, False),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", False, False),
        ("GPL-2.0-only OR MIT", True, False),
        ("AGPL-3.0-or-later", False, True),
        ("BSD-3-Clause AND GPL-3.0-or-later WITH GCC-exception-3.1", False, False),
    ],
)
def test_alternatives_and_exceptions_of_licences_are_understood(
    expression: str, permissive: bool, strong: bool
) -> None:
    licence = Licence(expression)
    assert (licence.is_permissive, licence.is_strong) == (permissive, strong)


def test_a_module_that_asks_for_something_back_has_to_be_judged() -> None:
    part = Part("npm", "x", "1", (INTEGRITY,), (), "AGPL-3.0-or-later")
    assert len(licences.node_problems([part], {})) == 1
    assert licences.node_problems([part], {"npm:x": Licence("AGPL-3.0-or-later", judged="A tool.")}) == []


def test_every_component_of_this_release_has_a_licence_and_none_is_listed_for_nothing() -> None:
    parts = sbom.release()
    names = {
        ships: {one.name for one in parts if one.kind == "pypi" and bool(one.ships_in) is ships}
        for ships in (True, False)
    }
    assert licences.problems(licences.read(), names[True], names[False], {}) == []


# Bill of materials


def test_the_bill_of_materials_is_valid_and_the_same_each_time() -> None:
    document = sbom.bill(sbom.release())
    assert sbom.invalid(document) is None
    assert document == sbom.bill(sbom.release())
    content = json.loads(document)
    assert "timestamp" not in content["metadata"]
    scopes = {item["name"]: item["scope"] for item in content["components"]}
    assert (scopes["boto3"], scopes["checkov"], scopes["aws-cdk"]) == ("required", "excluded", "excluded")


def test_a_bill_that_is_no_cyclonedx_is_told() -> None:
    document = sbom.bill(sbom.release()[:1])
    assert sbom.invalid(document.replace('"library"', '"bookshelf"')) is not None


def test_another_version_gives_another_serial_number() -> None:
    one = Part("pypi", "x", "1", (SHA,), ("core bundle",), "MIT")
    other = Part("pypi", "x", "2", (SHA,), ("core bundle",), "MIT")
    assert json.loads(sbom.bill([one]))["serialNumber"] != json.loads(sbom.bill([other]))["serialNumber"]


# Scanners


def test_every_rule_has_a_file_on_which_it_fires_and_a_line_on_which_it_does_not() -> None:
    for file in semgrep.RULES.glob("*.yaml"):
        (rule,) = yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]
        assert rule["id"] == file.stem
        (trial,) = (one for one in semgrep.RULES.glob(f"{file.stem}.*") if one.suffix != ".yaml")
        text = trial.read_text(encoding="utf-8")
        assert f"ruleid: {file.stem}" in text
        assert f"ok: {file.stem}" in text


def trial(*, passed: bool, lines: list[int]) -> dict[str, Any]:
    check = {"passed": passed, "matches": {"a.py": {"expected_lines": [1], "reported_lines": lines}}}
    return {"results": {"a.yaml": {"checks": {"a": check}}}}


def test_a_rule_that_fails_on_its_own_file_never_fires_or_was_not_tried_is_told() -> None:
    assert semgrep.read_trial(trial(passed=True, lines=[1]), {"a": "why"}) == ([semgrep.Rule("a", "why", 1)], [])
    assert len(semgrep.read_trial(trial(passed=False, lines=[2]), {"a": "why"})[1]) == 1
    assert len(semgrep.read_trial(trial(passed=True, lines=[]), {"a": "why"})[1]) == 1
    assert len(semgrep.read_trial(trial(passed=True, lines=[1]), {"a": "why", "b": "why"})[1]) == 1


def test_semgreps_findings_and_unread_files_are_told() -> None:
    finding = {"check_id": "x.y.rule", "path": "a.py", "start": {"line": 3}, "extra": {"message": "no"}}
    answer = {
        "paths": {"scanned": ["a.py", "b.py"]},
        "results": [finding],
        "errors": [{"path": "b.py", "message": "?"}],
    }
    assert semgrep.read_findings(answer) == semgrep.Scan(2, ("b.py",), ("rule at a.py:3: no",))
    many = [{"path": f"{number}.py", "message": "?"} for number in range(semgrep.MOST_UNREAD + 1)]
    assert len(semgrep.read_findings({**answer, "results": [], "errors": many}).findings) == 1
    with pytest.raises(ScannerError, match="no rules"):
        semgrep.read_findings({**answer, "errors": [{"message": "no rules"}]})


def bandit_result(**change: object) -> dict[str, Any]:
    return {
        "test_id": "B608", "filename": "./app.py", "line_number": 1, "line_range": [1], "issue_text": "sql", **change
    }  # fmt: skip


def test_bandits_finding_is_open_unless_its_line_or_its_folder_says_why_it_is_none() -> None:
    still_open, judged, _ = bandit.settle([bandit_result()])
    assert (still_open, judged) == (["bandit B608 at app.py:1: sql"], [])
    text = (ROOT / "lambdas/gavel/report/text_budget.py").read_text(encoding="utf-8").split("\n")
    (line,) = (number for number, one in enumerate(text, 1) if "noqa: S608" in one)
    noted = bandit_result(filename="lambdas/gavel/report/text_budget.py", line_number=line, line_range=[line])
    still_open, judged, _ = bandit.settle([noted])
    assert (still_open, [one.reason for one in judged]) == ([], ["our own numbers"])
    _, judged, spare = bandit.settle([bandit_result(test_id="B404", filename="infra/check.py")])
    assert len(judged) == 1
    assert len(spare) == len(bandit.JUDGED) - 1


def test_zizmors_finding_is_told_unless_it_is_ignored_on_its_line() -> None:
    location = {"symbolic": {"key": {"Local": {"verbatim_path": "ci.yml"}}}}
    one = {"ident": "unpinned-uses", "desc": "no hash", "locations": [location], "ignored": False}
    assert zizmor.read([one, {**one, "ignored": True}]) == ["zizmor unpinned-uses at ci.yml: no hash"]


def test_a_scanner_that_is_not_there_says_how_to_get_it() -> None:
    with pytest.raises(ScannerError, match=r"tools/setup\.sh proofs"):
        scan("no-such-scanner", [], answers=frozenset({0}))


def test_a_scanner_that_breaks_has_found_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "scanner"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho broken >&2\nexit 7\n")
    program.chmod(0o755)
    monkeypatch.setattr("proofs.scanners.ENVIRONMENT", tmp_path)
    with pytest.raises(ScannerError, match="ended with 7: broken"):
        scan("scanner", [], answers=frozenset({0, 1}))


# Workflows


def test_every_action_is_pinned_by_a_hash_that_the_action_uses_too() -> None:
    used: dict[str, set[str]] = {}
    for file in [*(ROOT / ".github" / "workflows").glob("*.yml"), ROOT / "action.yml", ROOT / "examples/ci/github.yml"]:
        for line in file.read_text(encoding="utf-8").split("\n"):
            if "uses: " in line and "your-organisation" not in line:
                name, _, pin = line.partition("uses: ")[2].partition(" ")[0].partition("@")
                assert len(pin) == 40
                used.setdefault(name, set()).add(pin)
    assert {name: len(pins) for name, pins in used.items() if len(pins) != 1} == {}


def test_workflows_begin_with_no_permission_and_keep_no_credentials() -> None:
    for file in (ROOT / ".github" / "workflows").glob("*.yml"):
        workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert workflow["permissions"] == {}
        for job in workflow["jobs"].values():
            (checkout,) = (step for step in job["steps"] if "checkout" in step.get("uses", ""))
            assert checkout["with"] == {"persist-credentials": False}
