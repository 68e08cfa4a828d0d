"""Replace parts of ministack, and refuse to when they are not the ones a shim was written for."""

from __future__ import annotations

import inspect
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MINISTACK: Final = "1.5.33"


class ShimError(RuntimeError):
    """ministack is not what a shim expects; the text says where, and that the shims need a review."""


def check_version() -> None:
    """Raise ShimError unless the installed ministack is the release that every shim was written against."""
    found = version("ministack")
    if found != MINISTACK:
        raise ShimError(
            f"ministack {found} is installed, but local/shims was written for {MINISTACK}: "
            "review every module there, run tests/local, then change the number in local/shims/expected.py"
        )


def replace(owner: Any, name: str, make: Callable[[Any], Callable[..., Any]]) -> None:
    """Put `make(original)` in the place of the module's or class's function `name`.

    Both must name their parameters alike: what callers pass by position or by keyword then still arrives.
    """
    place = f"{owner.__name__}.{name}"
    original = getattr(owner, name, None)
    if not callable(original):
        raise ShimError(f"{place} is gone, which local/shims replaces; review the shim against this ministack")
    replacement = make(original)
    found, wanted = (tuple(inspect.signature(function).parameters) for function in (original, replacement))
    if found != wanted:
        raise ShimError(f"{place} takes {found}, but its shim was written for {wanted}; review the shim")
    setattr(owner, name, replacement)


def edit_text(text: str, old: str, new: str, place: str) -> str:
    """`text` with its only occurrence of `old` replaced; raises ShimError when there is none or more than one."""
    if text.count(old) != 1:
        raise ShimError(f"{place} holds {old.strip()[:60]!r} {text.count(old)} times instead of once; review the shim")
    return text.replace(old, new)
