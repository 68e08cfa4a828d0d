"""The bundles: what is really in them is what their locks say, for the processor of production."""

from __future__ import annotations

import zipfile
from email.parser import BytesParser
from typing import TYPE_CHECKING, Final

from infra.bundle_target import LAMBDA_PYTHON, BundleTarget
from infra.bundling import Bundler
from infra.config import Architecture
from infra.handler_table import Bundle
from proofs.supply_chain import locks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from proofs.supply_chain.locks import Locked

LOCKS: Final = {Bundle.CORE: "lambda", Bundle.API: "lambda-api", Bundle.DATA: "lambda-data"}
# What Lambda's Python calls its surroundings, for the markers of the locks.
LAMBDA: Final[Mapping[str, str]] = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "aarch64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": f"{LAMBDA_PYTHON[0]}.{LAMBDA_PYTHON[1]}.0",
    "python_version": f"{LAMBDA_PYTHON[0]}.{LAMBDA_PYTHON[1]}",
    "sys_platform": "linux",
}


def installed(archive: Path) -> dict[str, str]:
    """Name → version of every distribution in the zip, by the metadata that it brought."""
    found = {}
    with zipfile.ZipFile(archive) as packed:
        for name in packed.namelist():
            if name.endswith(".dist-info/METADATA") and name.count("/") == 1:
                metadata = BytesParser().parsebytes(packed.read(name))
                found[locks.normalised(str(metadata["Name"]))] = str(metadata["Version"])
    return found


def differences(bundle: str, found: Mapping[str, str], locked: Iterable[Locked]) -> list[str]:
    """A sentence for each distribution that is in the bundle or the lock only, or of another version."""
    expected = {one.name: one.version for one in locked if one.applies(LAMBDA)}
    return [
        f"bundle {bundle}: {name} is {found.get(name, 'not there')}, locked is {expected.get(name, 'none')}"
        for name in sorted({*found, *expected})
        if found.get(name) != expected.get(name)
    ]


def check() -> tuple[dict[str, int], list[str]]:
    """Build every bundle; how many distributions each holds, and what differs from the lock."""
    counts, problems = {}, []
    for bundle, lock in LOCKS.items():
        found = installed(Bundler(BundleTarget.of(Architecture.ARM64)).build(bundle))
        counts[bundle.value] = len(found)
        problems += differences(bundle, found, locks.read(lock))
    return counts, problems
