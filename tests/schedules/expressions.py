"""DynamoDB's expressions: conditions and updates, read once and kept as functions of an item.

Grammar: Amazon DynamoDB Developer Guide, "Condition and filter expressions" and "Update expressions". What is not known
here raises NotImplementedError, so that no condition is ever taken for true by mistake.
`tests/schedules/test_dynamodb_contract.py` holds all of it against moto.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NoReturn

Item = dict[str, Any]
Names = Mapping[str, str]
Values = Mapping[str, Any]
# Of an item before, the names and the values of a request: what the expression comes to.
Evaluation = Callable[[Item, Names, Values], Any]
Path = tuple[str, ...]

_TOKEN: Final = re.compile(r"\s*(?:(<>|<=|>=|[=<>(),+\-.])|([#:]?\w+))")
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda a, b: _kind(a) == _kind(b) and a == b,
    "<>": lambda a, b: _kind(a) != _kind(b) or a != b,
    "<": lambda a, b: _ordered(a, b) and a < b,
    "<=": lambda a, b: _ordered(a, b) and a <= b,
    ">": lambda a, b: _ordered(a, b) and a > b,
    ">=": lambda a, b: _ordered(a, b) and a >= b,
}


class _Missing:
    """The value of an attribute that the item has not: no comparison with it is true but `<>`."""


MISSING: Final = _Missing()


class InvalidExpressionError(Exception):
    """DynamoDB would answer ValidationException."""


def _kind(value: Any) -> type:
    return Decimal if isinstance(value, int) and not isinstance(value, bool) else type(value)


def _ordered(a: Any, b: Any) -> bool:
    return _kind(a) == _kind(b) and isinstance(a, str | bytes | Decimal | int) and not isinstance(a, bool)


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        place = 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if not found:
                raise InvalidExpressionError(text)
            self.tokens.append(found[1] or found[2])
            place = found.end()
        self.place = 0

    @property
    def next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        token = self.next
        if not token or (wanted and token.upper() not in wanted):
            self.fail()
        self.place += 1
        return token

    def meets(self, *wanted: str) -> bool:
        """Take the next token when it is one of these."""
        if self.next.upper() in wanted:
            self.place += 1
            return True
        return False

    def fail(self) -> NoReturn:
        raise InvalidExpressionError(f"{self.next or 'the end'} in {self.text}")

    # --- conditions

    def condition(self) -> Evaluation:
        parts = [self.conjunction()]
        while self.meets("OR"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else lambda *given: any(part(*given) for part in parts)

    def conjunction(self) -> Evaluation:
        parts = [self.negation()]
        while self.meets("AND"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else lambda *given: all(part(*given) for part in parts)

    def negation(self) -> Evaluation:
        if self.meets("NOT"):
            inner = self.negation()
            return lambda *given: not inner(*given)
        if self.meets("("):
            inner = self.condition()
            self.take(")")
            return inner
        return self.comparison()

    def comparison(self) -> Evaluation:
        function = self.next.lower()
        if function in {"attribute_exists", "attribute_not_exists"}:
            self.take()
            (operand,) = self.arguments(1)
            wanted = function == "attribute_exists"
            return lambda *given: (operand(*given) is not MISSING) is wanted
        if function in {"begins_with", "contains"}:
            self.take()
            whole, part = self.arguments(2)
            test = _begins if function == "begins_with" else _contains
            return lambda *given: test(whole(*given), part(*given))
        left = self.operand()
        if self.meets("BETWEEN"):
            low = self.operand()
            self.take("AND")
            high = self.operand()
            least = _COMPARISONS["<="]
            return lambda *given: least(low(*given), left(*given)) and least(left(*given), high(*given))
        if self.meets("IN"):
            self.take("(")
            options = [self.operand()]
            while self.meets(","):
                options.append(self.operand())
            self.take(")")
            same = _COMPARISONS["="]
            return lambda *given: any(same(left(*given), option(*given)) for option in options)
        compare = _COMPARISONS[self.take(*_COMPARISONS)]
        right = self.operand()
        return lambda *given: compare(left(*given), right(*given))

    def arguments(self, count: int) -> list[Evaluation]:
        self.take("(")
        found = [self.operand()]
        while self.meets(","):
            found.append(self.operand())
        self.take(")")
        if len(found) != count:
            self.fail()
        return found

    def operand(self) -> Evaluation:
        if self.next.lower() == "size" and self.tokens[self.place + 1 : self.place + 2] == ["("]:
            self.take()
            (measured,) = self.arguments(1)
            return lambda *given: _size(measured(*given))
        if self.next.startswith(":"):
            name = self.take()
            return lambda item, names, values: values[name]
        path = self.path()
        return lambda item, names, values: look_up(item, resolved(path, names))

    def path(self) -> Path:
        parts = [self.name()]
        while self.meets("."):
            parts.append(self.name())
        return tuple(parts)

    def name(self) -> str:
        if not re.fullmatch(r"#?\w+", self.next):
            self.fail()
        return self.take()

    # --- updates

    def update(self) -> list[tuple[str, Path, Evaluation | None]]:
        actions: list[tuple[str, Path, Evaluation | None]] = []
        while self.next:
            clause = self.take("SET", "REMOVE", "ADD", "DELETE").upper()
            if clause == "DELETE":
                raise NotImplementedError("DELETE of set elements")
            actions.append(self.action(clause))
            while self.meets(","):
                actions.append(self.action(clause))
        return actions

    def action(self, clause: str) -> tuple[str, Path, Evaluation | None]:
        path = self.path()
        if clause == "REMOVE":
            return clause, path, None
        if clause == "ADD":
            return clause, path, self.operand()
        self.take("=")
        value = self.term()
        while self.next in {"+", "-"}:
            sign = 1 if self.take() == "+" else -1
            value = _sum(value, self.term(), sign)
        return clause, path, value

    def term(self) -> Evaluation:
        if self.next.lower() == "if_not_exists":
            self.take()
            known, otherwise = self.arguments(2)
            return lambda *given: known(*given) if known(*given) is not MISSING else otherwise(*given)
        if self.next.lower() == "list_append":
            self.take()
            first, second = self.arguments(2)
            return lambda *given: [*first(*given), *second(*given)]
        return self.operand()


def _sum(left: Evaluation, right: Evaluation, sign: int) -> Evaluation:
    def total(*given: Any) -> Any:
        a, b = left(*given), right(*given)
        if not isinstance(a, Decimal) or not isinstance(b, Decimal):
            raise InvalidExpressionError("an operand of + or - is no number")
        return a + sign * b

    return total


def _begins(whole: Any, part: Any) -> bool:
    return isinstance(whole, str) and isinstance(part, str) and whole.startswith(part)


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(whole, str):
        return isinstance(part, str) and part in whole
    return isinstance(whole, list | set) and part in whole


def _size(value: Any) -> Any:
    return MISSING if value is MISSING else Decimal(len(value))


def resolved(path: Path, names: Names) -> Path:
    """The path with the names that its placeholders stand for."""
    return tuple(names[part] if part.startswith("#") else part for part in path)


def look_up(item: Any, path: Path) -> Any:
    """The attribute at that path, or MISSING."""
    for part in path:
        if not isinstance(item, dict) or part not in item:
            return MISSING
        item = item[part]
    return item


@lru_cache(maxsize=4096)
def condition(text: str) -> Evaluation:
    """A condition, filter or key condition as a function."""
    reader = _Reader(text)
    found = reader.condition()
    if reader.next:
        reader.fail()
    return found


@lru_cache(maxsize=4096)
def update(text: str) -> list[tuple[str, Path, Evaluation | None]]:
    """The actions of an update expression: clause, path, and the value as a function of the item before."""
    return _Reader(text).update()


def apply(text: str, before: Item, names: Names, values: Values) -> Item:
    """The item after an update; every value is read from the item before. Raises InvalidExpressionError."""
    after: Item = copied(before)
    for clause, path, evaluation in update(text):
        place = resolved(path, names)
        parent = look_up(after, place[:-1])
        if not isinstance(parent, dict):
            raise InvalidExpressionError(f"the path {'.'.join(place)} is not in the item")
        if evaluation is None:
            parent.pop(place[-1], None)
            continue
        value = evaluation(before, names, values)
        if clause == "ADD":
            value = _added(look_up(before, place), value)
        if value is MISSING:
            raise InvalidExpressionError(f"an operand of the new {'.'.join(place)} is not in the item")
        parent[place[-1]] = copied(value)
    return after


def _added(known: Any, value: Any) -> Any:
    if known is MISSING and isinstance(value, set | Decimal):
        return value
    if isinstance(value, set) and isinstance(known, set):
        return value | known
    if isinstance(value, Decimal) and isinstance(known, Decimal):
        return value + known
    raise InvalidExpressionError("ADD takes a number or a set, of the kind that is there")


def copied(value: Any) -> Any:
    """The value with lists and maps of its own."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value
