"""What the roles were seen doing: calls without names that only one run knows, and the file that keeps them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gavel.names.object_keys import DATASET_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from proofs.permissions.account import Account

RECORDED: Final = Path(__file__).parent / "recorded.json"

_CASES: Final = {  # how IAM writes the keys that the recorder writes in lower case
    "events:source": "events:source",
    "iam:passedtoservice": "iam:PassedToService",
    "s3:prefix": "s3:prefix",
    "bedrock:inferenceprofilearn": "bedrock:InferenceProfileArn",
}
_ON_NOTHING: Final = frozenset({"bedrock:ListEvaluationJobs"})  # actions of Bedrock that know no resource types
_ID: Final = r"[^/:]+"
# In this order; what stands for a name that one run made is in capitals.
_ARN_RULES: Final = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (
            r"(:(?:foundation-model|inference-profile|[a-z-]+-model|[a-z-]+-router|custom-model-deployment)/).+",
            r"\1MODEL",
        ),
        (r"(:application-inference-profile/).+", r"\1MODEL"),
        (rf"(:evaluation-job/){_ID}$", r"\1JOB"),
        (rf"(:execution:{_ID}:).+", r"\1EXECUTION"),
        (rf"(:execution:{_ID}/{_ID}:).+", r"\1CHILD"),
        (rf"(:schedule/{_ID}/).+", r"\1SUITE"),
    )
)  # fmt: skip
_KEY_RULES: Final = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"^suites/.*?(\.yaml)?$", r"suites/SUITE\1"),
        (r"^evaluations/[^/]*", "evaluations/EVALUATION"),
        (r"^(evaluations/[^/]+/plan/shards)/([a-z]+)-\d+/", r"\1/\2-N/"),
        (r"^(evaluations/[^/]+/plan/shards/[^/]+)/\d+", r"\1/N"),
        (r"^(evaluations/[^/]+/plan/runs)/.+/([A-Za-z_]+)(?:_\d+)?(\.jsonl?)$", r"\1/RUN/\2\3"),
        (
            (r"^(evaluations/[^/]+/bedrock)/[^/]+/.*?"
            r"((?:FILE)?_output\.jsonl|amazon-bedrock-evaluations-permission-check)?$"),
            r"\1/JOB/\2",
        ),
        (r"^(evaluations/[^/]+/scores)/.+\.parquet$", r"\1/SCORES.parquet"),
    )
)  # fmt: skip


@dataclass(frozen=True, order=True)
class Call:
    """One thing that a role did: IAM's action, the resource's ARN, and the condition keys that policies look at."""

    role: str
    action: str
    resource: str
    context: tuple[tuple[str, str | tuple[str, ...]], ...] = ()

    @property
    def variables(self) -> dict[str, str | list[str]]:
        """The context as an engine takes it."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in self.context}


@dataclass
class Recorded:
    """Calls that were allowed, and those that were denied: most of the latter to tests that took a grant away."""

    allowed: set[Call] = field(default_factory=set)
    denied: set[Call] = field(default_factory=set)

    def and_also(self, other: Recorded) -> Recorded:
        """Both recordings together, whichever came first."""
        return Recorded(self.allowed | other.allowed, self.denied | other.denied)

    def write(self, file: Path = RECORDED) -> None:
        """Keep them, sorted: the same calls are the same bytes."""
        content = {"allowed": _listed(self.allowed), "denied": _listed(self.denied - self.allowed)}
        lines = [
            f'  "{name}": [\n' + ",\n".join(f"    {json.dumps(one)}" for one in listed) + "\n  ]"
            for name, listed in content.items()
        ]
        file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")

    @classmethod
    def read(cls, file: Path = RECORDED) -> Recorded:
        """What was kept; nothing where nothing was."""
        content = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        return cls(*({_call(one) for one in content.get(name, ())} for name in ("allowed", "denied")))


def _listed(calls: Iterable[Call]) -> list[dict[str, Any]]:
    return [
        {"role": one.role, "action": one.action, "resource": one.resource}
        | ({"context": one.variables} if one.context else {})
        for one in sorted(calls)
    ]


def _call(one: Mapping[str, Any]) -> Call:
    return Call(one["role"], one["action"], one["resource"], _context(one.get("context", {})))


def _context(values: Mapping[str, Any]) -> tuple[tuple[str, str | tuple[str, ...]], ...]:
    return tuple(
        sorted((key, tuple(value) if isinstance(value, list) else str(value)) for key, value in values.items())
    )


def read_decisions(lines: Iterable[str], account: Account, *, stack: str) -> Recorded:
    """What a twin's recorder wrote about the roles of `stack`, in the names of `account`, whose template is the same.

    Raises ValueError for a role that the template does not have: the twin ran other code.
    """
    titles = {logical: title for title, logical in account.roles.items()}
    physical: dict[str, str] = {}  # to logical
    found = Recorded()
    for line in lines:
        one = json.loads(line)
        if one["stack"] != stack:
            continue
        if "resources" in one:
            physical |= one["resources"]
            # CloudFormation knows a queue by its address, which ends in its name.
            physical |= {id_.rpartition("/")[2]: logical for id_, logical in one["resources"].items() if "://" in id_}
            continue
        title = titles.get(physical[one["role"]])
        if title is None:
            raise ValueError(f"the template has no role {physical[one['role']]}: record anew with the present code")
        if one["resource"] == "*" and one["action"].startswith("bedrock:") and one["action"] not in _ON_NOTHING:
            continue  # ministack's own guess, before the emulator asks for the job or the model that is meant
        rename = _Renamer(physical, account, stack)
        call = Call(
            title,
            one["action"],
            rename.arn(one["resource"]),
            _context({_CASES[key]: rename.value(key, value) for key, value in one["context"].items()}),
        )
        (found.allowed if one["decision"] == "Allow" else found.denied).add(call)
    return found


@dataclass(frozen=True)
class _Renamer:
    physical: Mapping[str, str]
    account: Account
    stack: str

    def arn(self, text: str) -> str:
        """An ARN of the twin as one of the account."""
        if text.startswith("arn:aws:s3:::"):
            bucket, slash, key = text.removeprefix("arn:aws:s3:::").partition("/")
            return f"arn:aws:s3:::{self._named(bucket)}{slash}{plain_key(key) if slash else ''}"
        for pattern, name in _ARN_RULES:
            text, changed = pattern.subn(name, text)
            if changed:
                break
        return re.sub(r"[A-Za-z0-9_./-]+", lambda found: self._path(found.group()), text)

    def value(self, key: str, value: Any) -> Any:
        """The value of a condition key."""
        if key == "s3:prefix":
            return plain_key(str(value))
        return self.arn(value) if isinstance(value, str) and value.startswith("arn:") else value

    def _path(self, text: str) -> str:
        return self._named(text) if text in self.physical else "/".join(map(self._named, text.split("/")))

    def _named(self, name: str) -> str:
        logical = self.physical.get(name, "")
        if self.account.names_itself(logical):
            return self.account.names[logical]
        if name == self.stack or name.startswith(f"{self.stack}-"):
            return self.account.stack + name.removeprefix(self.stack)
        underscored = self.stack.replace("-", "_")
        return self.account.stack.replace("-", "_") if name == underscored else name


def plain_key(key: str) -> str:
    """A key of the bucket with capitals for what one run made up: `evaluations/EVALUATION/plan/jobs.jsonl`."""
    folder = key.partition("/")[0]
    if folder in {"datasets", "answers"} and "/" in key:
        suffix = next((end for end in sorted(DATASET_SUFFIXES, key=len, reverse=True) if key.endswith(end)), "")
        return f"{folder}/SUITE/FILE{suffix}" if not key.endswith("/") else f"{folder}/SUITE/"
    for pattern, name in _KEY_RULES:
        key = pattern.sub(name, key)
    return key
