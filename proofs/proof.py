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
    Proof(
        name="state-machine",
        title="The state machine",
        claim="Nothing in it is unbounded or untried: scenarios go through every state, way, Catch and Retry.",
        in_gate=True,
    ),
    Proof(
        name="engines",
        title="The state machine on two engines",
        claim="Every scenario goes the same way to the same end on the twin and on an interpreter of our own.",
    ),
    Proof(
        name="faults",
        title="Faults",
        claim="Whatever fails, is late, comes twice or dies: nothing is lost or done twice, and everything ends.",
    ),
    Proof(
        name="mutants",
        title="Mutants of our own code",
        claim="A safeguard that is taken out is missed: by a check that is named for it.",
    ),
    Proof(
        name="compliance",
        title="Rule packs and linters",
        claim="Seven rule packs and linters find nothing in the template that is not acknowledged where it stands.",
    ),
    Proof(
        name="supply-chain",
        title="Supply chain",
        claim="What ships is pinned, hashed, licensed and built from the lock; our own code keeps rules of its own.",
    ),
    Proof(
        name="privacy",
        title="Privacy",
        claim="No text of a dataset and no name of a file or a model is found where it is not meant to be.",
    ),
    Proof(
        name="hostile-input",
        title="Hostile and broken input",
        claim="Every reader of strangers' bytes answers or tells problems of our own, in bounded memory and time.",
    ),
)
