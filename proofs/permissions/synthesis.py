"""The template of an environment as an account, and why its wildcards are what they are."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra.model_kinds import ModelKind
from proofs.permissions.account import Account

if TYPE_CHECKING:
    from collections.abc import Mapping

_FINDING: Final = re.compile(r"AwsSolutions::AwsSolutions-IAM5\[Resource::(.+)\]", re.DOTALL)


@dataclass(frozen=True)
class Environment:
    """An account, and the reason that `infra.grants` acknowledged for every wildcard resource, by role and resource."""

    title: str
    account: Account
    reasons: Mapping[tuple[str, str], str]


def environments() -> tuple[Environment, Environment]:
    """The default environment, and the one that may do the most: under a key of its own, with every kind of model."""
    # Not at the top: whoever only wants the data of a proof need not wait for the CDK.
    from infra.config import EnvironmentConfig  # noqa: PLC0415

    return (
        _environment("by default", EnvironmentConfig(name="production")),
        _environment(
            "with a customer's key and every kind of model",
            EnvironmentConfig(name="production", customer_key="create", model_kinds=tuple(ModelKind)),
        ),
    )


def _environment(title: str, config: Any) -> Environment:
    import aws_cdk as cdk  # noqa: PLC0415

    import infra  # noqa: F401, PLC0415 - lets jsii find Node
    from infra.placeholder import PlaceholderCode  # noqa: PLC0415
    from infra.stack import GavelStack  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=folder)
        stack = GavelStack(app, config=config, source=PlaceholderCode(config.architecture))
        artifact = app.synth().get_stack_by_name(stack.stack_name)
        account = Account(dict(artifact.template), config.stack_name)
        metadata = json.loads((Path(folder) / f"{config.stack_name}.metadata.json").read_text(encoding="utf-8"))
    return Environment(title, account, _reasons(account, metadata))


def _reasons(account: Account, metadata: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    titles = {logical: title for title, logical in account.roles.items()}
    found: dict[tuple[str, str], str] = {}
    for path, entries in metadata.items():
        own = metadata.get(f"{path}/Resource", ())
        logical = next((one["data"] for one in own if one["type"] == "aws:cdk:logicalId"), None)
        for entry in entries:
            if entry["type"] != "aws:cdk:acknowledged-rules" or logical not in titles:
                continue
            for finding, reason in entry["data"].items():
                if match := _FINDING.fullmatch(finding):
                    found[titles[logical], _resolved(account, match.group(1))] = reason
    return found


def _resolved(account: Account, shown: str) -> str:
    """What the rule packs show as `<LogicalId.Arn>/*`, resolved."""

    def fill(match: re.Match[str]) -> str:
        logical, _, attribute = match.group(1).partition(".")
        reference = {"Fn::GetAtt": [logical, attribute]} if attribute else {"Ref": logical}
        return str(account.resolve(reference))

    return re.sub(r"<([^>]+)>", fill, shown)
