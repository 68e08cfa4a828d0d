"""What a JSONata expression says, read from its syntax tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jsonata import Jsonata

if TYPE_CHECKING:
    from collections.abc import Iterator


def nodes(expression: str) -> Iterator[Any]:
    """Every node of the expression's tree; raises JException for one that does not parse."""
    yield from _below(Jsonata(expression).ast)


def variables(expression: str) -> set[str]:
    """Names of the variables that the expression reads, `states` among them, functions not."""
    tree = list(nodes(expression))
    called = {id(node.procedure) for node in tree if getattr(node, "procedure", None) is not None}
    return {node.value for node in tree if node.type == "variable" and id(node) not in called and node.value}


def strings(expression: str) -> set[str]:
    """The string literals in the expression."""
    return {node.value for node in nodes(expression) if node.type == "string"}


def evaluate(expression: str, **bindings: Any) -> Any:
    """The expression's value, with variables bound as Step Functions binds them."""
    return Jsonata(expression).evaluate(None, bindings)


def conjuncts(expression: str) -> Iterator[Any]:
    """The parts of a condition that must all hold."""
    yield from _conjuncts(Jsonata(expression).ast)


def bound(part: Any) -> tuple[str, int] | None:
    """Variable and limit when a condition's part is `$variable < number`."""
    if part.type == "binary" and part.value == "<" and part.lhs.type == "variable" and part.rhs.type == "number":
        return part.lhs.value, int(part.rhs.value)
    return None


def increment(expression: str) -> str | None:
    """The variable when the expression is `$variable + n` with n of at least 1."""
    tree = Jsonata(expression).ast
    is_sum = tree.type == "binary" and tree.value == "+"
    if is_sum and tree.lhs.type == "variable" and tree.rhs.type == "number" and tree.rhs.value >= 1:
        return str(tree.lhs.value)
    return None


def _conjuncts(node: Any) -> Iterator[Any]:
    if node.type == "binary" and node.value == "and":
        yield from _conjuncts(node.lhs)
        yield from _conjuncts(node.rhs)
    else:
        yield node


def _below(node: Any) -> Iterator[Any]:
    if isinstance(node, list | tuple):
        for part in node:
            yield from _below(part)
    elif hasattr(node, "type") and hasattr(node, "value"):
        yield node
        for part in vars(node).values():
            yield from _below(part)
