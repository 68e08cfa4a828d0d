"""What the process of each Lambda may load before its first event: `python -m benchmarks.import_budgets`.

Modules are counted beside those of `import boto3` with the same clients, in one fresh process for each Lambda, so the
figures are the same each time and on any machine. Exit code 1 when one loads a library that its budget does not name,
more modules than that, or makes other clients than those.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import command
from gavel.names.deployed import Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LAMBDAS: Final = Path(__file__).resolve().parent.parent / "lambdas"

# The logger, and what it brings.
_ALL: Final = frozenset({"aws_lambda_powertools", "typing_extensions"})
_PYDANTIC: Final = frozenset({"pydantic", "pydantic_core", "annotated_types", "typing_inspection"})
_DUCKDB: Final = frozenset({"duckdb", "_duckdb"})


@dataclass(frozen=True)
class Budget:
    """Of one Lambda: the clients that it makes before its first event, libraries beyond boto3's, and modules.

    `modules` is how many times as many as bare boto3 with these clients loads.
    """

    handler: str
    clients: tuple[str, ...]
    modules: float
    libraries: frozenset[str] = frozenset()


BUDGETS: Final = (
    Budget("plan_evaluation", ("s3",), 1.7, frozenset({"msgspec", "numpy"})),
    Budget("start_job", ("s3", "bedrock"), 1.3),
    Budget("check_job", ("bedrock",), 1.25),
    Budget("collect_scores", ("s3",), 1.7, _DUCKDB | {"msgspec", "numpy"}),
    Budget("collect_arrivals", ("s3", "bedrock", "step_functions"), 1.7, _DUCKDB | {"msgspec", "numpy"}),
    Budget("fail_job", ("bedrock",), 1.25),
    Budget("summarize_evaluation", ("s3",), 1.9, _DUCKDB | {"msgspec", "numpy", "jinja2", "markupsafe"}),
    Budget("publish_verdict", ("events", "sns"), 1.3),
    Budget("fail_evaluation", ("bedrock", "events", "sns"), 1.3),
    Budget("start_evaluation", ("s3", "step_functions"), 1.3),
    Budget("start_scheduled", ("s3", "step_functions"), 1.3),
    Budget("api", ("s3",), 1.8, _PYDANTIC),
    Budget("data_api", ("s3",), 2.3, _PYDANTIC | _DUCKDB | {"msgspec", "numpy"}),
    Budget("reconcile", ("bedrock",), 1.3),
)

# What bare boto3 does to have the clients, by `gavel.aws.clients`' name for each.
_SERVICES: Final = {"step_functions": "stepfunctions"}

_COUNT: Final = """
import json, sys
{bare}
bare = set(sys.modules)
sys.path.insert(0, {lambdas!r})
import handlers.{handler}
from gavel.aws import clients
made = [name for name, make in vars(clients).items()
        if hasattr(make, "cache_info") and name not in ("session", "table") and make.cache_info().currsize]
print(json.dumps([sorted(bare), sorted(set(sys.modules) - bare), made]))
"""


@dataclass(frozen=True)
class Loaded:
    """What a Lambda's process holds before its first event.

    `bare` are the modules of boto3 with the clients of the budget, `more` those that the handler adds; `clients` are
    those that it really made.
    """

    bare: int
    more: tuple[str, ...]
    clients: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """How many times as many modules as bare boto3."""
        return (self.bare + len(self.more)) / self.bare

    @property
    def libraries(self) -> frozenset[str]:
        """Distributions' modules beyond boto3's: neither the standard library's nor ours."""
        found = frozenset(name.partition(".")[0] for name in self.more)
        # The platform's own module of the standard library is named for the platform.
        config = {name for name in found if name.startswith("_sysconfigdata_")}
        return found - {"gavel", "handlers"} - sys.stdlib_module_names - config


def bare_boto3(clients: Iterable[str]) -> str:
    """The code of whoever uses boto3 for the same: one session, these clients, and the table."""
    made = "".join(f"session.client({_SERVICES.get(name, name)!r}); " for name in clients)
    return f"import boto3; session = boto3.Session(); {made}session.resource('dynamodb').Table('table')"


def environment() -> dict[str, str]:
    """The environment of a Lambda, with a word for every variable that `infra` may give."""
    return {
        **{name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ},
        **{variable.value: "1" for variable in Variable},
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "POWERTOOLS_SERVICE_NAME": "gavel",
        "POWERTOOLS_METRICS_NAMESPACE": "Gavel",
    }


def loaded(budget: Budget, lambdas: Path = LAMBDAS) -> Loaded:
    """Start a process as Lambda does. Raises subprocess.CalledProcessError when the handler cannot be imported."""
    code = _COUNT.format(bare=bare_boto3(budget.clients), lambdas=str(lambdas), handler=budget.handler)
    # Neither this folder nor the caller's, of which nothing is to be found: -I. Ctrl-C is for this process alone.
    child = [sys.executable, "-I", "-c", code]
    done = subprocess.run(child, env=environment(), check=True, stdout=subprocess.PIPE, process_group=0)
    bare, more, clients = json.loads(done.stdout)
    return Loaded(len(bare), tuple(more), tuple(clients))


def broken(budget: Budget, found: Loaded) -> list[str]:
    """A sentence for everything that is beyond the budget."""
    sentences = []
    if extra := found.libraries - _ALL - budget.libraries:
        sentences.append(f"loads {', '.join(sorted(extra))}, which its budget does not name")
    if unused := budget.libraries - found.libraries:
        sentences.append(f"does not load {', '.join(sorted(unused))}; take it out of its budget")
    if found.ratio > budget.modules:
        sentences.append(f"loads {found.ratio:.2f} times the modules of bare boto3; its budget is {budget.modules:g}")
    if set(found.clients) != set(budget.clients):
        made = ", ".join(found.clients) or "none"
        sentences.append(
            f"makes the clients {made} before its first event; its budget says {', '.join(budget.clients)}"
        )
    return [f"{budget.handler} {sentence}" for sentence in sentences]


def report(lambdas: Path = LAMBDAS, budgets: Sequence[Budget] = BUDGETS) -> int:
    """Print a line for each Lambda; the exit code."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda budget: loaded(budget, lambdas), budgets))
    sentences: list[str] = []
    for budget, one in zip(budgets, found, strict=True):
        more = ", ".join(sorted(one.libraries - _ALL)) or "none"
        print(f"{budget.handler:21} {one.ratio:4.2f} × boto3's {one.bare} modules, of {budget.modules:g}; also: {more}")
        sentences += broken(budget, one)
    for sentence in sentences:
        print(f"BROKEN: {sentence}")
    return 1 if sentences else 0


def main() -> int:
    """Print the report; the exit code."""
    command.parser("benchmarks.import_budgets", __doc__).parse_args()
    return report()


if __name__ == "__main__":
    command.run(main)
