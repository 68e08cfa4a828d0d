"""How large at most what states hand on can be, worked out from the definition: Step Functions ends an execution above
256 KiB, and nothing catches that.

Every answer of a Lambda, every line of the plan and every error has a longest form; expressions pick out of these, and
what does more than pick, compare or put together is a finding. So the bound follows from the definition alone, whatever
a suite holds or however many jobs there are.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import botocore.session
from jsonata import Jsonata

from gavel.names.identities import evaluation_id, is_evaluation_id, job_id, job_name
from gavel.names.object_keys import EvaluationKeys
from gavel.planning.plan import Job, panel_series
from tests.statemachine import definition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.statemachine.definition import States

LIMIT: Final = 262_144
# A character of a Lambda's or Step Functions' own text takes at most six bytes as JSON (\u0000).
ESCAPED: Final = 6
NUMBER: Final = 10**18
_FLAG: Final = 5

LONGEST_ID: Final = evaluation_id("s" * 40, "identity")
_KEYS: Final = EvaluationKeys(LONGEST_ID)
_JOB: Final = job_id(10**6, 10**6, 10**6)
LONGEST_LINE: Final = Job(
    job_id=_JOB,
    job_name=job_name(LONGEST_ID, _JOB),
    token="0" * 64,
    generator=NUMBER,
    judge=NUMBER,
    shard=NUMBER,
    shard_key=_KEYS.shard(panel_series(10**6), 10**6),
    records=NUMBER,
    expected_seconds=NUMBER,
    lead=_JOB,
).to_json()
_ROUND: Final = {"jobs_key": _KEYS.panel_jobs, "jobs_at_once": NUMBER}


def _longest(service: str, shape: str) -> int:
    loaded: Any = botocore.session.get_session().get_service_model(service).shape_for(shape)
    return int(loaded.metadata["max"])


# The longest value of each field that a handler's docstring promises.
LONGEST: Final[dict[str, Any]] = {
    "evaluation_id": LONGEST_ID,
    "outcome": "NOTHING_SCORED",
    "status": "COLLECTED-OR-LONGER",
    "jobs": NUMBER,
    "rounds": [_ROUND, _ROUND],
    "map_results": _KEYS.map_results(),
    "job_arn": "a" * _longest("bedrock", "EvaluationJobArn"),
    "wait_seconds": NUMBER,
    "scored": NUMBER,
    "missing": NUMBER,
}


def size(value: Any) -> int:
    """Bytes of the value as Step Functions counts them: JSON in UTF-8."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


TOKEN: Final = "t" * _longest("stepfunctions", "TaskToken")
LONGEST_ERROR: Final = size({"Error": "", "Cause": ""}) + ESCAPED * (
    _longest("stepfunctions", "SensitiveError") + _longest("stepfunctions", "SensitiveCause")
)


class GrowthError(Exception):
    """An expression may make something of which nobody can tell how large it becomes."""


@dataclass
class Bounds:
    """The most bytes: `given` of each state's input, `answers` of each Task's answer, `variables` of each variable.

    The answers of those that are `told` come by their token.
    """

    answers: Mapping[str, int]
    told: frozenset[str] = frozenset()
    given: dict[str, int] = field(default_factory=dict)
    variables: dict[str, int] = field(default_factory=dict)


def promised(state: str) -> dict[str, Any]:
    """The longest answer of the handler of that state, with the fields that its docstring promises."""
    file = re.sub(r"(?<!^)([A-Z])", r"_\1", state).lower()
    text = (definition.ROOT / "lambdas" / "handlers" / f"{file}.py").read_text(encoding="utf-8")
    found = re.search(r'"""`\{[\w, ]+\}` → `\{([\w, ]+)\}`', text)
    if not found:
        raise GrowthError(f"{state}: the handler's docstring does not say what it answers")
    fields = found[1].split(", ")
    if unknown := [name for name in fields if name not in LONGEST]:
        raise GrowthError(f"{state}: nobody says how large {', '.join(unknown)} can become")
    return {name: LONGEST[name] for name in fields}


def bounds(machine: Mapping[str, Any]) -> Bounds:
    """The bounds of every state, reached by letting the largest of everything flow until nothing grows any more."""
    tasks = definition.tasks(machine)
    told = frozenset(name for name, state in tasks.items() if definition.waits_for_token(state))
    found = Bounds({name: size(promised(name)) for name in tasks}, told)
    for start, states in definition.scopes(machine):
        found.given[start] = _started_with(start, machine)
        while _flow(states, found):
            pass
    return found


def findings(machine: Mapping[str, Any]) -> list[str]:
    """What could become larger than Step Functions takes, or nobody can tell how large."""
    try:
        found = bounds(machine)
        states = definition.all_states(machine)
        handed = {name: most for name, state in states.items() for most in _handed(name, state, found)}
    except GrowthError as error:
        return [str(error)]
    sizes = [*found.given.items(), *handed.items()]
    return sorted({f"{name}: up to {most} bytes, and {LIMIT} is the limit" for name, most in sizes if most > LIMIT})


def largest(machine: Mapping[str, Any]) -> int:
    """The most bytes that any state is given."""
    return max(bounds(machine).given.values())


def _started_with(start: str, machine: Mapping[str, Any]) -> int:
    if start == machine["StartAt"]:
        return size({"evaluation_id": LONGEST_ID})
    return size({"evaluation_id": LONGEST_ID, "job": LONGEST_LINE})


def _flow(states: States, found: Bounds) -> bool:
    """Hand on from every state once; whether anything has become larger by it."""
    before = (dict(found.given), dict(found.variables))
    for name, state in states.items():
        if name not in found.given:
            continue
        for way, target in _ways(state):
            for variable, template in way.get("Assign", {}).items():
                most = _template(template, name, found)
                found.variables[variable] = max(found.variables.get(variable, 0), most)
            found.given[target] = max(found.given.get(target, 0), _output(name, state, way, found))
    return before != (found.given, found.variables)


def _ways(state: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    if "Next" in state:
        yield state, state["Next"]
    for rule in [*state.get("Choices", []), *state.get("Catch", [])]:
        yield rule, rule["Next"]
    if "Default" in state:
        yield {}, state["Default"]


def _output(name: str, state: Mapping[str, Any], way: Mapping[str, Any], found: Bounds) -> int:
    if "Output" in way:
        return _template(way["Output"], name, found)
    if state["Type"] in {"Task", "Map"}:
        raise GrowthError(f"{name}: hands on all that it was answered, for want of an Output")
    return found.given[name]


def _handed(name: str, state: Mapping[str, Any], found: Bounds) -> Iterator[int]:
    """What a state gives a Lambda."""
    if state["Type"] == "Task" and name in found.given:
        yield _template(state["Arguments"]["Payload"], name, found)


def _template(template: Any, name: str, found: Bounds) -> int:
    text = definition.expression(template)
    if text is not None:
        return _expression(Jsonata(text).ast, name, found)
    if isinstance(template, dict):
        return 2 + sum(size(key) + 2 + _template(part, name, found) for key, part in template.items())
    if isinstance(template, list):
        return 2 + sum(1 + _template(part, name, found) for part in template)
    return size(template)


def _expression(node: Any, name: str, found: Bounds) -> int:
    match node.type, node.value:
        case "path", _:
            return _picked(node.steps, name, found)
        case "variable", _:
            return _variable(node.value, name, found)
        case "condition", _:
            return max(_expression(part, name, found) for part in (node.then, node._else))  # noqa: SLF001 - as it is called
        case "unary", ("{" | "["):
            parts = [part for pair in node.lhs_object for part in pair] if node.value == "{" else node.expressions
            return 2 + sum(_expression(part, name, found) + 1 for part in parts)
    return _scalar(node, name)


def _scalar(node: Any, name: str) -> int:
    match node.type, node.value:
        case (("string" | "number" | "value"), _):
            return size(node.value)
        case "binary", ("and" | "or" | "=" | "!=" | "<" | ">" | "<=" | ">=" | "in"):
            return _FLAG
        case "binary", ("+" | "-"):
            return size(NUMBER)
        case "function", _ if node.procedure.value == "exists":
            return _FLAG
    raise GrowthError(f"{name}: nobody can tell how large what `{node.value}` makes becomes")


def _picked(steps: list[Any], name: str, found: Bounds) -> int:
    root, *rest = steps
    if root.type != "variable":
        raise GrowthError(f"{name}: an expression that does not begin with a variable")
    if root.value != "states":
        return _variable(root.value, name, found)
    match [step.value for step in rest]:
        case ["input", *_]:
            return found.given[name]
        case ["result", *below] if below[:1] == ["Payload"] or name in found.told:
            return found.answers[name]
        case ["errorOutput", *_]:
            return LONGEST_ERROR
        case ["context", *place] if tuple(place[:3]) in _CONTEXT or tuple(place[:2]) in _CONTEXT:
            return _CONTEXT.get(tuple(place[:2]), 0) or _CONTEXT[tuple(place[:3])]
    raise GrowthError(f"{name}: nobody can tell how large `{'.'.join(str(step.value) for step in steps)}` is")


_CONTEXT: Final = {
    ("Execution", "Input"): size({"evaluation_id": LONGEST_ID, "job": LONGEST_LINE}),
    ("Map", "Item", "Value"): size(LONGEST_LINE),
    ("Task", "Token"): size(TOKEN),
}


def _variable(variable: str, name: str, found: Bounds) -> int:
    if variable == "states":
        raise GrowthError(f"{name}: `$states` as a whole")
    return found.variables.get(variable, 0)


if not is_evaluation_id(LONGEST_ID):
    raise ValueError(f"{LONGEST_ID} is no evaluation's id, so nothing here is a bound")
