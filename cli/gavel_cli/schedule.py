"""`gavel schedule`: when suites are evaluated by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gavel.names import object_keys
from gavel.problems import InvalidInputError
from gavel_cli.output import EXIT_CODES, CommandInvalidError, print_json, visible
from gavel_cli.target import known_suite, local_option, stack_option, with_api

if TYPE_CHECKING:
    from gavel.aws.api_client import ApiClient


@click.command(epilog=EXIT_CODES)
@click.argument("suite", required=False, callback=known_suite)
@click.option("--set", "expression", metavar="EXPRESSION", help="`cron(0 6 ? * MON-FRI *)` or `rate(1 day)`.")
@click.option("--dataset", metavar="KEY", help="S3 key of the dataset, as it then is; or its file name.")
@click.option("--timezone", help="Time zone of a cron expression, such as Europe/Berlin.  [default: UTC]")
@click.option("--overlap", type=click.Choice(["skip", "start"]), help="When an evaluation of the suite still runs.")
@click.option("--start-within", type=click.IntRange(5, 1440), metavar="MINUTES", help="A later run counts as missed.")
@click.option("--off/--on", "off", default=None, help="Pause the schedule, or let it go on.")
@click.option("--clear", is_flag=True, help="Delete the schedule.")
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def schedule(
    suite: str | None,
    *,
    clear: bool,
    local: bool,
    stack: str | None,
    as_json: bool,
    **changes: Any,
) -> None:
    """List the schedules; show, set, pause or delete that of SUITE.

    What is not named stays as it is. Models are asked again only where the suite says `reuse: false`: the same records,
    models and metrics are otherwise paid for once.
    """
    changed = {name: value for name, value in changes.items() if value is not None}
    if clear and changed:
        raise click.UsageError("--clear stands alone")
    if suite is None and (clear or changed):
        raise click.UsageError("name the suite")
    if expression := changed.get("expression"):
        _check(expression)

    def called(api: ApiClient) -> dict[str, Any]:
        if suite is None:
            return api.schedules()
        if clear:
            api.delete_schedule(suite)
            return {"suite": suite, "deleted": True}
        return api.put_schedule(suite, _merged(api, suite, changed)) if changed else api.schedule(suite)

    answer = with_api(called, local=local, stack=stack)
    if as_json:
        print_json(answer)
    else:
        _print(answer)


def _print(answer: dict[str, Any]) -> None:
    if answer.get("deleted"):
        click.echo(f"{answer['suite']} has no schedule any more")
        return
    listed = answer.get("schedules", [answer])
    for one in listed:
        click.echo(visible(_line(one)))
    if not listed:
        click.echo("no suite has a schedule")


def _check(expression: str) -> None:
    from gavel.schedules.schedule import check_expression  # noqa: PLC0415 - only --set needs it

    try:
        check_expression(expression)
    except InvalidInputError as error:
        problem = error.problems.listed[0]
        raise CommandInvalidError(f"{expression} {problem.reason}; {problem.remedy}") from error


def _merged(api: ApiClient, suite: str, changed: dict[str, Any]) -> dict[str, Any]:
    """The schedule as it stands with the changes."""
    from gavel.aws.api_client import NotFoundError  # noqa: PLC0415 - brings boto3

    try:
        known = api.schedule(suite)
    except NotFoundError:
        missing = [
            f"--{option}" for option, name in (("set", "expression"), ("dataset", "dataset")) if name not in changed
        ]
        if missing:
            raise CommandInvalidError(f"{suite} has no schedule yet: a new one needs {' and '.join(missing)}") from None
        known = {}
    kept = ("expression", "timezone", "dataset", "enabled", "overlap", "start_within_minutes")
    merged = {name: known[name] for name in kept if name in known}
    renamed = {"start_within": "start_within_minutes"}
    merged |= {renamed.get(name, name): value for name, value in changed.items() if name != "off"}
    if "off" in changed:
        merged["enabled"] = not changed["off"]
    if not str(merged["dataset"]).startswith(object_keys.DATASETS_PREFIX):
        merged["dataset"] = object_keys.dataset_key(suite, str(merged["dataset"]))
    return merged


def _line(one: dict[str, Any]) -> str:
    parts = [f"{one['suite']}: {one['expression']} {one['timezone']}, {one['dataset']}"]
    if not one["enabled"]:
        parts.append("paused")
    parts.append(f"on overlap {one['overlap']}")
    if run := one["last_run"]:
        parts.append(f"last run of {run['scheduled_at'][:16]} {run['run']}{_why(run)}")
    return "; ".join(parts)


def _why(run: dict[str, Any]) -> str:
    if run.get("evaluation_id"):
        return f", {run['evaluation_id']}"
    return f", {run['reason']}" if run.get("reason") else ""
