"""The bundles: what is in them, that they fit and are the same each time, and that handlers live on them alone."""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from gavel.names.deployed import Variable
from infra import bundling, pruning
from infra.bundle_target import BundleTarget
from infra.bundling import ROOT, Bundler, BundlingError
from infra.config import Architecture
from infra.handler_table import HANDLERS, Bundle, Handler

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = sorted((ROOT / "lambdas").rglob("*.py"))
ELF_MACHINES = {62: Architecture.X86_64, 183: Architecture.ARM64}


def tiny_project(folder: Path) -> Path:
    """A root with one handler, and the real locks."""
    for package in ("gavel", "handlers"):
        (folder / "lambdas" / package).mkdir(parents=True)
        (folder / "lambdas" / package / "__init__.py").write_text(f'"""The {package}."""\n')
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    return folder


def packed_dependencies(folder: Path) -> Path:
    """An archive in the place of installed dependencies."""
    archive = folder / "dependencies.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("boto3/__init__.py", "")
    return archive


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundler:
    """A bundler over a tiny project whose dependencies are one file, so that nothing is installed."""
    archive = packed_dependencies(tmp_path)
    monkeypatch.setattr(Bundler, "_dependencies", lambda self, bundle, key: archive)
    return Bundler(BundleTarget.of(Architecture.HOST), tiny_project(tmp_path / "project"))


def names(bundle: Path) -> set[str]:
    with zipfile.ZipFile(bundle) as archive:
        return set(archive.namelist())


def test_a_bundle_holds_dependencies_sources_and_their_byte_code(project: Bundler) -> None:
    found = names(project.build(Bundle.CORE))
    assert {"boto3/__init__.py", "gavel/__init__.py", "handlers/__init__.py"} <= found
    assert any(name.startswith("handlers/__pycache__/__init__.") for name in found)


def byte_code(bundle: Path) -> dict[str, int]:
    """Every file of byte code with its flags (PEP 552): 0 is checked against a time, 1 against nothing."""
    with zipfile.ZipFile(bundle) as archive:
        return {
            name: int.from_bytes(archive.open(name).read(8)[4:], "little")
            for name in archive.namelist()
            if name.endswith(".pyc")
        }


def test_the_byte_code_of_our_sources_stays_good_whatever_time_a_file_is_given(project: Bundler) -> None:
    assert set(byte_code(project.build(Bundle.CORE)).values()) == {1}


@pytest.mark.slow
@pytest.mark.parametrize("bundle", Bundle)
def test_every_module_of_a_bundle_has_byte_code_that_stays_good(bundle: Bundle) -> None:
    built = Bundler(BundleTarget.of(Architecture.HOST)).build(bundle)
    compiled = byte_code(built)

    assert set(compiled.values()) == {1}
    assert len(compiled) == sum(name.endswith(".py") for name in names(built))


def test_a_second_build_of_the_same_sources_does_nothing(project: Bundler) -> None:
    first = project.build(Bundle.CORE)
    before = first.stat().st_mtime_ns
    assert project.build(Bundle.CORE) == first
    assert first.stat().st_mtime_ns == before


def test_a_changed_handler_gives_another_bundle(project: Bundler) -> None:
    first = project.build(Bundle.CORE)
    (project.root / "lambdas" / "handlers" / "new.py").write_text("ANSWER = 42\n")
    second = project.build(Bundle.CORE)
    assert second != first
    assert "handlers/new.py" in names(second)


def test_times_and_left_over_byte_code_change_nothing(project: Bundler) -> None:
    first = project.build(Bundle.CORE)
    content = first.read_bytes()
    first.unlink()
    source = project.root / "lambdas" / "handlers" / "__init__.py"
    os.utime(source, (0, 0))
    (source.parent / "__pycache__").mkdir()
    (source.parent / "__pycache__" / "stale.cpython-313.pyc").write_bytes(b"stale")
    assert project.build(Bundle.CORE) == first
    assert first.read_bytes() == content


def test_a_changed_lock_is_installed_anew(project: Bundler) -> None:
    first = project.build(Bundle.CORE)
    with (project.root / "requirements" / "lambda.txt").open("a") as lock:
        lock.write("# changed\n")
    assert project.build(Bundle.CORE) != first


def test_a_bundle_over_the_limit_is_refused_with_its_largest_packages(
    project: Bundler, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.root / "lambdas" / "gavel" / "big.py").write_text("#" * 5000)
    monkeypatch.setattr(bundling, "LIMIT_BYTES", 4000)
    with pytest.raises(BundlingError, match=r"infra/pruning\.py\. Largest, in MiB: gavel"):
        project.build(Bundle.CORE)
    assert list((project.root / ".build" / "bundles").iterdir()) == []


def test_source_that_does_not_compile_is_refused(project: Bundler) -> None:
    (project.root / "lambdas" / "handlers" / "broken.py").write_text("def")
    with pytest.raises(BundlingError, match=r"broken\.py"):
        project.build(Bundle.CORE)


def test_dependencies_that_cannot_be_had_are_told_with_a_remedy(tmp_path: Path) -> None:
    bundler = Bundler(BundleTarget.of(Architecture.ARM64), tiny_project(tmp_path))
    (tmp_path / "requirements" / "lambda.txt").write_text("boto3==1.44.5\n")  # a lock without hashes
    with pytest.raises(BundlingError, match="needs a package index"):
        bundler.build(Bundle.CORE)


def test_pruning_keeps_every_service_that_the_lambdas_make_a_client_of() -> None:
    made = {
        node.args[0].value
        for file in SHIPPED
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("client", "resource")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert {"s3", "bedrock"} <= made
    assert made <= pruning.SERVICES


@pytest.mark.parametrize("architecture", [Architecture.ARM64, Architecture.X86_64])
def test_wheels_are_chosen_for_lambdas_python_whatever_python_runs_this(architecture: Architecture) -> None:
    arguments = BundleTarget.of(architecture).installer_arguments
    assert arguments[arguments.index("--python-version") + 1] == "3.13"
    assert arguments[arguments.index("--only-binary") + 1] == ":all:"


def third_party_imports() -> list[str]:
    """Modules that the shipped code imports from elsewhere, those inside functions included, types only left out."""
    found: set[str] = set()
    for file in SHIPPED:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                node.body = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
    return sorted(name for name in found if name.partition(".")[0] not in ("gavel", "handlers", "__future__"))


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> dict[Bundle, Path]:
    """Every bundle of this machine, unpacked."""
    folders = {}
    for bundle in Bundle:
        folders[bundle] = tmp_path_factory.mktemp(bundle)
        with zipfile.ZipFile(Bundler(BundleTarget.of(Architecture.HOST)).build(bundle)) as archive:
            archive.extractall(folders[bundle])
    return folders


def run_alone(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run code with nothing to import from but the standard library and `folder`."""
    prelude = f"import sys; sys.path.insert(0, {str(folder)!r}); "
    environment = {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "POWERTOOLS_METRICS_NAMESPACE": "Gavel",
        "POWERTOOLS_SERVICE_NAME": "gavel",
        **{variable.value: "1" for variable in Variable},
    }
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", prelude + code],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
    )


@pytest.mark.slow
@pytest.mark.parametrize("row", HANDLERS, ids=lambda row: row.name)
def test_a_handler_is_imported_from_its_bundle_alone(host: dict[Bundle, Path], row: Handler) -> None:
    done = run_alone(host[row.bundle], f"import handlers.{row.name} as module; assert callable(module.handler)")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_whatever_the_engine_imports_late_is_in_the_data_bundle(host: dict[Bundle, Path]) -> None:
    modules = third_party_imports()
    assert "scipy.special" in modules
    done = run_alone(host[Bundle.DATA], f"import importlib; [importlib.import_module(name) for name in {modules!r}]")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_the_core_bundle_carries_no_heavy_library(host: dict[Bundle, Path]) -> None:
    heavy = ("numpy", "scipy", "duckdb", "jinja2", "pydantic", "pydantic_core", "yaml", "msgspec", "aws_xray_sdk")
    assert not [name for name in heavy if (host[Bundle.CORE] / name).exists()]
    assert [name for name in heavy if (host[Bundle.API] / name).exists()] == ["pydantic", "pydantic_core", "yaml"]


@pytest.mark.slow
@pytest.mark.parametrize("bundle", Bundle)
@pytest.mark.parametrize("architecture", [Architecture.ARM64, Architecture.HOST])
def test_a_bundle_fits_lambda_and_its_libraries_its_processor(architecture: Architecture, bundle: Bundle) -> None:
    target = BundleTarget.of(architecture)
    with zipfile.ZipFile(Bundler(target).build(bundle)) as archive:
        sizes = [entry.file_size for entry in archive.infolist()]
        libraries = [name for name in archive.namelist() if name.endswith(".so") or ".so." in name]
        machines = {ELF_MACHINES[int.from_bytes(archive.open(name).read(20)[18:20], "little")] for name in libraries}
    assert sum(sizes) < 250 * 1024 * 1024
    # What the core bundle holds is Python alone, and runs on any processor.
    assert machines == (set() if bundle is Bundle.CORE else {target.architecture})


@pytest.mark.slow
def test_the_same_locks_and_sources_give_the_same_bytes(tmp_path: Path) -> None:
    target = BundleTarget.of(Architecture.ARM64)
    first = Bundler(target, tiny_project(tmp_path / "first")).build(Bundle.CORE)
    second = Bundler(target, tiny_project(tmp_path / "second")).build(Bundle.CORE)
    assert first.name == second.name
    assert hashlib.sha256(first.read_bytes()).hexdigest() == hashlib.sha256(second.read_bytes()).hexdigest()
