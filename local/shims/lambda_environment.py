"""A Lambda sees its bundle, Python's library and boto3, and none of the server's own settings.

AWS: the Python runtime brings boto3 with what it needs and nothing else; the environment holds the runtime's and the
function's variables (Lambda Developer Guide, "Building with Python", "Using Lambda environment variables"). ministack
runs a handler with its own interpreter, so that everything installed beside it can be imported and its settings can be
read; a dependency missing from a bundle would go unnoticed.
"""

from __future__ import annotations

import tempfile
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from typing import Final

from ministack.core import lambda_runtime

from local.server_environment import PRIVATE_NAMES
from local.shims.expected import edit_text

RUNTIME_DISTRIBUTIONS: Final = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")

_IMPORTS = "import sys, json, importlib, traceback, os, time\n"
_PRELUDE = """
sys.path[:] = [p for p in sys.path if "site-packages" not in p] + [{runtime!r}]
for _gavel_name in list(os.environ):
    if _gavel_name in {settings!r} or _gavel_name.startswith("GAVEL_TWIN_"):
        del os.environ[_gavel_name]
os.environ.setdefault("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR")
"""


def apply() -> None:
    """Put a folder with the runtime's packages in the place of the interpreter's."""
    runtime = Path(tempfile.mkdtemp(prefix="lambda-python-runtime-"))
    _link_packages(runtime)
    prelude = _PRELUDE.format(runtime=str(runtime), settings=PRIVATE_NAMES)
    place = "ministack.core.lambda_runtime._PYTHON_WORKER_SCRIPT"
    # First in the script: ministack's own preamble imports botocore, which must not be the server's.
    text = edit_text(lambda_runtime._PYTHON_WORKER_SCRIPT, _IMPORTS, _IMPORTS + prelude, place)
    lambda_runtime._PYTHON_WORKER_SCRIPT = text


def _link_packages(folder: Path) -> None:
    top_level = {
        name for name, owners in packages_distributions().items() if not set(owners).isdisjoint(RUNTIME_DISTRIBUTIONS)
    }
    site = Path(str(distribution("boto3").locate_file("")))
    for name in top_level:
        for found in (site / name, site / f"{name}.py"):
            if found.exists():
                (folder / found.name).symlink_to(found)
