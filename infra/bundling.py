"""Builds the Lambda bundles without Docker: the target's wheels by uv, our sources, byte code, in one zip.

The dependencies of a lock file are installed, pruned, compiled and compressed once and kept under `.build/`; a bundle
is a copy of that archive with our sources appended, so editing a handler costs a fraction of a second.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra import bundle_target, pruning
from infra.handler_table import Bundle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from infra.bundle_target import BundleTarget

ROOT: Final = Path(__file__).resolve().parent.parent
LIMIT_BYTES: Final = 250 * 1024 * 1024  # Lambda's quota for a function's unzipped code and layers
LOCKS: Final = {
    Bundle.CORE: "requirements/lambda.txt",
    Bundle.API: "requirements/lambda-api.txt",
    Bundle.DATA: "requirements/lambda-data.txt",
}
SOURCES: Final = ("gavel", "handlers")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the first day that a zip can name


class BundlingError(RuntimeError):
    """A bundle cannot be built; the text says why and what to do."""


@dataclass(frozen=True)
class Bundler:
    """Builds bundles for one target from the sources below `root`, keeping its work below `root/.build`."""

    target: BundleTarget
    root: Path = ROOT

    def build(self, bundle: Bundle) -> Path:
        """The bundle's zip, named by the hash of everything that went into it; built only when it is not there yet.

        Raises BundlingError when the dependencies cannot be installed or the bundle is over Lambda's limit.
        """
        dependencies = self._dependencies_key(bundle)
        sources = _sources(self.root / "lambdas")
        key = _digest([dependencies.encode(), *(part for name, data in sources for part in (name.encode(), data))])
        place = self.root / ".build" / "bundles" / f"{bundle}-{self.target.name}-{key[:32]}.zip"
        if not place.is_file():
            archive = self._dependencies(bundle, dependencies)
            with _finished_at_once(place) as draft:
                shutil.copyfile(archive, draft)
                self._append_sources(draft, sources)
                _check_size(draft, bundle)
            _forget_older(place)
        return place

    def _dependencies_key(self, bundle: Bundle) -> str:
        recipe = [Path(module.__file__).read_bytes() for module in (pruning, bundle_target) if module.__file__]
        return _digest(
            [
                (self.root / LOCKS[bundle]).read_bytes(),
                Path(__file__).read_bytes(),
                *recipe,
                " ".join(self.target.installer_arguments if self.target.platform else (sys.version,)).encode(),
                (self.target.byte_code or "none").encode(),
            ]
        )

    def _dependencies(self, bundle: Bundle, key: str) -> Path:
        place = self.root / ".build" / "dependencies" / f"{bundle}-{self.target.name}-{key[:32]}.zip"
        if place.is_file():
            return place
        with _finished_at_once(place) as draft, tempfile.TemporaryDirectory(dir=place.parent) as folder:
            tree = Path(folder)
            self._install(bundle, tree)
            pruning.prune(tree)
            self._compile(tree)
            with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
                _write(archive, _files(tree))
        return place

    def _install(self, bundle: Bundle, tree: Path) -> None:
        command = [
            *(
                _uv(),
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--require-hashes",
                "--no-compile",
                "--link-mode",
                "copy",
            ),
            *self.target.installer_arguments,
            *("-r", str(self.root / LOCKS[bundle]), "--target", str(tree)),
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - arguments are ours
        if done.returncode:
            raise BundlingError(
                f"uv could not install {LOCKS[bundle]} for {self.target.name}: {done.stderr.strip()}\n"
                "The first build of a lock file needs a package index; check the network, or UV_INDEX_URL."
            )
        # Left by uv for its own locking.
        (tree / ".lock").unlink(missing_ok=True)

    def _append_sources(self, draft: Path, sources: list[tuple[str, bytes]]) -> None:
        with tempfile.TemporaryDirectory(dir=draft.parent) as folder:
            tree = Path(folder)
            for name, data in sources:
                file = tree / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            self._compile(tree)
            with zipfile.ZipFile(draft, "a", zipfile.ZIP_DEFLATED) as archive:
                _write(archive, _files(tree))

    def _compile(self, tree: Path) -> None:
        """Add byte code that is never checked against its source: in the zip, all files have one date."""
        if self.target.byte_code is None:
            return
        command = [
            *(sys.executable, "-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
            *("-s", str(tree), "-p", "/var/task", str(tree)),
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - arguments are ours
        if done.returncode:
            raise BundlingError(f"byte code could not be made: {done.stdout.strip()} {done.stderr.strip()}")


def _forget_older(place: Path) -> None:
    """Delete earlier bundles of the same kind, except those of the last hour, which a deployment may be reading."""
    kind = place.name.rpartition("-")[0]
    for older in place.parent.glob(f"{kind}-*.zip"):
        if older.stat().st_mtime < place.stat().st_mtime - 3600:
            older.unlink(missing_ok=True)


def _uv() -> str:
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.is_file() else shutil.which("uv")
    if not found:
        raise BundlingError("uv is not installed beside this Python; run `make setup`")
    return found


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _sources(lambdas: Path) -> list[tuple[str, bytes]]:
    """Our own files with their names in the bundle, sorted; without byte code and hidden files."""
    found = []
    for package in SOURCES:
        for file in (lambdas / package).rglob("*"):
            name = file.relative_to(lambdas)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in name.parts)
            if file.is_file() and not hidden and file.suffix != ".pyc":
                found.append((name.as_posix(), file.read_bytes()))
    return sorted(found)


def _files(tree: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(tree.rglob("*")):
        if file.is_file():
            yield file.relative_to(tree).as_posix(), file


def _write(archive: zipfile.ZipFile, files: Iterable[tuple[str, Path]]) -> None:
    """Add files with one date and one of two modes, so that the same content gives the same bytes."""
    for name, file in files:
        entry = zipfile.ZipInfo(name, date_time=_EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.create_system = 3  # Unix: Lambda takes the file modes from there
        entry.external_attr = (0o100755 if file.suffix == ".so" or ".so." in file.name else 0o100644) << 16
        archive.writestr(entry, file.read_bytes())


def _check_size(draft: Path, bundle: Bundle) -> None:
    by_package: dict[str, int] = {}
    with zipfile.ZipFile(draft) as archive:
        for entry in archive.infolist():
            package = entry.filename.partition("/")[0]
            by_package[package] = by_package.get(package, 0) + entry.file_size
    total = sum(by_package.values())
    if total > LIMIT_BYTES:
        largest = sorted(by_package.items(), key=lambda item: -item[1])[:5]
        listed = ", ".join(f"{name} {size / 2**20:.0f}" for name, size in largest)
        raise BundlingError(
            f"bundle {bundle} unzips to {total / 2**20:.0f} MiB, over Lambda's {LIMIT_BYTES / 2**20:.0f}; "
            f"prune more in infra/pruning.py. Largest, in MiB: {listed}"
        )


class _finished_at_once:  # noqa: N801 - used like a function
    """A draft beside `place` that becomes `place` when the block ends well, so that no one sees half a file."""

    def __init__(self, place: Path) -> None:
        self._place = place
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, suffix=".draft")
        os.close(handle)
        self._draft = Path(name)

    def __enter__(self) -> Path:
        return self._draft

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._draft.chmod(0o644)
            self._draft.replace(self._place)
        else:
            self._draft.unlink()
