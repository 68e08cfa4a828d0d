"""Reading YAML as plain data that remembers its lines, without anchors, tags or surprises.

Scalars follow the YAML 1.2 core schema, so that `no`, `on`, `1:30` and `2024-01-01` stay the text that the user wrote.
Anchors, aliases, tags and merge keys are refused: a configuration of one page needs none, and each is a known way to
make a parser build more than the file holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

type Path = tuple[str | int, ...]
type Report = Callable[[int | None, Path, str, str], None]

MAX_DEPTH: Final = 20
_MAX_NUMBER: Final = 30
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

_PLAIN_SCALARS: Final[tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...]] = (
    (re.compile(r"|~|null|Null|NULL"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"), lambda text: float(text.replace(".", ""))),
)


@dataclass
class Document:
    """Plain data (dict, list, str, int, float, bool, None); line and column, from 1, of every path in it."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    columns: dict[Path, int] = field(default_factory=dict)

    def line_of(self, path: Path) -> int | None:
        """Line of the path, or of its nearest parent that stands in the file."""
        while path not in self.lines:
            if not path:
                return None
            path = path[:-1]
        return self.lines[path]

    def column_of(self, path: Path) -> int | None:
        """Column of the path, or of its nearest parent that stands in the file."""
        while path and path not in self.columns:
            path = path[:-1]
        return self.columns.get(path)


def read_yaml(text: str, report: Report) -> Document | None:
    """Read one YAML document; every problem goes to `report(line, path, reason, remedy)`.

    Returns None when there is nothing that further checks could stand on, and a document with what could be read
    otherwise. An empty text gives a document whose data is None.
    """
    try:
        if not _only_plain_events(text, report):
            return None
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"is not valid YAML: {error.problem or error.context}"
        report(mark.line + 1 if mark else None, (), reason, "check indentation, quotes and colons there")
        return None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        report(line, (), "holds a control character", "remove it, and use spaces to indent")
        return None
    document = Document()
    if node is not None:
        document.data = _plain(node, (), document, report)
    return document


def _only_plain_events(text: str, report: Report) -> bool:
    """Report anchors, aliases and tags; False when composing the text could loop, grow or break off."""
    loader = yaml.SafeLoader(text)
    try:
        return _are_plain(loader, report)
    except (ValueError, OverflowError):
        # PyYAML converts what it reads without looking: an escape beyond Unicode, a version of thousands of digits.
        line = loader.get_mark().line + 1
        report(line, (), "holds an escape or a version that is no character or number", "write the character itself")
        return False


def _are_plain(loader: yaml.SafeLoader, report: Report) -> bool:
    depth = 0
    safe = True
    while loader.check_event():
        event = loader.get_event()  # type: ignore[no-untyped-call]  # has no types
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent):
            report(line, (), "holds a YAML alias (*name)", "write the value out where it is used")
            safe = False
        elif getattr(event, "anchor", None) is not None:
            report(line, (), "holds a YAML anchor (&name)", "write the value out where it is used")
        if getattr(event, "tag", None) is not None:
            report(line, (), "holds a YAML tag (!name)", "remove the tag; put the value in quotes if it is text")
        if isinstance(event, yaml.ScalarEvent) and _SURROGATE.search(event.value):
            reason = "holds half of a surrogate pair (\\ud800 to \\udfff), which is no character"
            report(line, (), reason, "write the character itself, or \\U and its eight hexadecimal digits")
            safe = False
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                report(line, (), f"is nested more than {MAX_DEPTH} levels deep", "flatten the file")
                return False
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return safe


def _plain(node: yaml.Node, path: Path, document: Document, report: Report) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    document.columns.setdefault(path, node.start_mark.column + 1)
    if isinstance(node, yaml.ScalarNode):
        return scalar(node.value, plain=not node.style)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), document, report) for index, item in enumerate(node.value)]
    return _mapping(node, path, document, report)


def _mapping(node: yaml.Node, path: Path, document: Document, report: Report) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            report(line, path, "has a key that is a list or a mapping", "use a plain word as the key")
            continue
        key = key_node.value
        if key in result:
            first = document.lines[(*path, key)]
            report(line, (*path, key), f"stands twice, first on line {first}", "keep one of the two")
            continue
        document.lines[*path, key] = line
        document.columns[*path, key] = key_node.start_mark.column + 1
        result[key] = _plain(value_node, (*path, key), document, report)
    return result


def scalar(text: str, *, plain: bool) -> Any:
    """Value of a scalar by the YAML 1.2 core schema, decimal numbers only; anything quoted is text.

    A number of more than 30 characters stays text, since no field holds one and Python limits the conversion.
    """
    if not plain or len(text) > _MAX_NUMBER:
        return text
    for pattern, value_of in _PLAIN_SCALARS:
        if pattern.fullmatch(text):
            return value_of(text)
    return text
