"""What a proof is, and the list of all."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a proof found.

    `figures` are short sentences with numbers ("13 roles, 0 wildcard actions"), which the index repeats. `body` is the
    Markdown below them: the same bytes for the same code, so no times, no random names, nothing of the machine.
    `broken` says of each promise that did not hold which one, where, and what to do; empty when all held.
    """

    figures: tuple[str, ...]
    body: str
    broken: tuple[str, ...] = ()


class Module(Protocol):
    """A module that proves something."""

    def prove(self, say: Callable[[str], None]) -> Result:
        """Try it, telling progress through `say`."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One proof: `name` is its page's and its package's, `claim` what it shows, `in_gate` whether `make check` runs it.

    Proofs of the gate take seconds, start no emulator and need nothing that `make setup` does not install.
    """

    name: str
    title: str
    claim: str
    in_gate: bool = False

    def prove(self, say: Callable[[str], None]) -> Result:
        """Run it; its module is imported only now, since most bring heavy tools."""
        module = cast("Module", import_module(f"proofs.{self.name.replace('-', '_')}"))
        return module.prove(say)


PROOFS: Final[tuple[Proof, ...]] = (
    Proof(
        name="permissions",
        title="Least privilege",
        claim="Every role may do what it was seen doing or is known to need, and nothing else.",
        in_gate=True,
    ),
)
