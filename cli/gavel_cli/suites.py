"""`gavel suites`: the suites of a deployment, with their versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gavel.problems import InvalidInputError
from gavel_cli.output import EXIT_CODES, CommandInvalidError, Exit, print_json, visible
from gavel_cli.target import known_suite, local_option, stack_option, with_api

if TYPE_CHECKING:
    from gavel.aws.api_client import ApiClient


@click.command(epilog=EXIT_CODES)
@click.argument("suite", required=False, callback=known_suite)
@click.option(
    "--put",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Write this YAML file as the suite; without a name, as the file is called.",
)
@click.option("--versions", is_flag=True, help="List the suite's versions.")
@click.option("--version-id", help="Show this version.")
@click.option("--delete", is_flag=True, help="Delete the suite; its versions and evaluations stay.")
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def suites(  # noqa: PLR0913 - one argument for each option
    ctx: click.Context,
    suite: str | None,
    *,
    put: Path | None,
    versions: bool,
    version_id: str | None,
    delete: bool,
    local: bool,
    stack: str | None,
    as_json: bool,
) -> None:
    """List the suites; show SUITE as it stands or as it was; write it from a file; delete it."""
    if sum(map(bool, (put, versions, version_id, delete))) > 1:
        raise click.UsageError("use one of --put, --versions, --version-id and --delete")
    if put is not None:
        suite = suite or known_suite(None, None, put.stem)
        _check(ctx, put)
    elif suite is None and (versions or version_id or delete):
        raise click.UsageError("name the suite")

    def called(api: ApiClient) -> dict[str, Any]:
        if suite is None:
            return api.suites()
        if put is not None:
            return api.put_suite(suite, put.read_bytes())
        if delete:
            api.delete_suite(suite)
            return {"suite": suite, "deleted": True}
        return api.suite_versions(suite) if versions else api.suite_file(suite, version=version_id)

    answer = with_api(called, local=local, stack=stack)
    if as_json:
        print_json(answer)
    else:
        for line in _lines(answer):
            click.echo(visible(line))


def _check(ctx: click.Context, file: Path) -> None:
    """What is wrong with the file is said here, with its own lines."""
    from gavel.suites.suite import load_suite  # noqa: PLC0415 - brings pydantic and YAML

    try:
        load_suite(file.read_bytes(), name="local", file=str(file))
    except InvalidInputError as error:
        for problem in error.problems.listed:
            click.echo(visible(str(problem)), err=True)
        ctx.exit(Exit.INVALID)
    except OSError as error:
        raise CommandInvalidError(f"{file} cannot be read: {error.strerror}") from error


def _lines(answer: dict[str, Any]) -> list[str]:
    if "suites" in answer:
        return [f"{one['suite']:<40}  {(one['updated_at'] or 'built in')[:16]}" for one in answer["suites"]]
    if "versions" in answer:
        return [
            f"{one['updated_at'][:19]}  {one['version_id']}"
            f"{'  deleted' if one['deleted'] else ''}{'  current' if one['current'] else ''}"
            for one in answer["versions"]
        ]
    if "content" in answer:
        return str(answer["content"]).rstrip("\n").split("\n")
    if answer.get("deleted"):
        return [f"{answer['suite']} is deleted; its versions are kept"]
    changed = "written" if answer["created"] else "unchanged"
    return [f"{answer['suite']} {changed}, version {answer['version_id']}"]
