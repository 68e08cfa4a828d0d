"""Each role may do with Bedrock's evaluation jobs what the code of its Lambda can reach, and nothing else.

Read from the source: what a handler names, what that names, and so on, whatever the conditions are.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.handler_table import HANDLERS, Handler

if TYPE_CHECKING:
    from collections.abc import Iterator

LAMBDAS = Path(__file__).parents[2] / "lambdas"
OPERATIONS = {
    "create_evaluation_job": "CreateEvaluationJob",
    "get_evaluation_job": "GetEvaluationJob",
    "list_evaluation_jobs": "ListEvaluationJobs",
    "stop_evaluation_job": "StopEvaluationJob",
    "batch_delete_evaluation_job": "BatchDeleteEvaluationJob",
}

type Place = tuple[str, str]  # module and name of something at its top


@dataclass(frozen=True)
class Module:
    """What stands at the top of a module, and what its imports mean: a name of another module, or ("") all of it."""

    top: dict[str, list[ast.AST]]
    imports: dict[str, Place]


@cache
def module(name: str) -> Module:
    tree = ast.parse((LAMBDAS / Path(*name.split("."))).with_suffix(".py").read_text())
    top: dict[str, list[ast.AST]] = {}
    for statement in tree.body:
        for defined in _defined(statement):
            top.setdefault(defined, []).append(statement)
    return Module(top, dict(_imported(tree)))


def _defined(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _imported(tree: ast.Module) -> Iterator[tuple[str, Place]]:
    for statement in ast.walk(tree):
        if (
            isinstance(statement, ast.ImportFrom)
            and statement.module
            and statement.module.startswith(("gavel.aws", "handlers"))
        ):
            for alias in statement.names:
                whole = f"{statement.module}.{alias.name}"
                is_module = (LAMBDAS / Path(*whole.split("."))).with_suffix(".py").exists()
                yield alias.asname or alias.name, (whole, "") if is_module else (statement.module, alias.name)


def named_by(place: Place) -> tuple[set[Place], set[str]]:
    """What something names at the top of modules, and Bedrock's operations that it names itself."""
    here = module(place[0])
    places, operations = set(), set()
    for statement in here.top.get(place[1], []):
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                if node.id in here.top:
                    places.add((place[0], node.id))
                elif (found := here.imports.get(node.id)) and found[1]:
                    places.add(found)
            elif isinstance(node, ast.Attribute):
                if isinstance(node.value, ast.Name) and (found := here.imports.get(node.value.id)):
                    places.add((found[0], node.attr))
                operations.add(OPERATIONS.get(node.attr, ""))
            elif isinstance(node, ast.Constant):
                operations.add(OPERATIONS.get(str(node.value), ""))
    return places, operations - {""}


def reachable(handler: Handler) -> set[str]:
    start = f"handlers.{handler.name}"
    # A handler's routes are registered by decorators, and named by nobody.
    routes = {whole for whole, name in module(start).imports.values() if not name and ".routes." in whole}
    todo = {(place, name) for place in {start, *routes} for name in module(place).top}
    seen: set[Place] = set()
    found: set[str] = set()
    while todo:
        place = todo.pop()
        seen.add(place)
        places, operations = named_by(place)
        found |= operations
        todo |= places - seen
    return found


@pytest.mark.parametrize("handler", HANDLERS, ids=[handler.name for handler in HANDLERS])
def test_a_role_may_do_with_jobs_what_its_code_can_reach_and_nothing_else(handler: Handler) -> None:
    # Creating a job with tags takes this permission besides.
    assert handler.jobs - {"TagResource"} == reachable(handler)
