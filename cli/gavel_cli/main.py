"""The command `gavel`."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import click

from gavel.version import VERSION
from gavel_cli.output import EXIT_CODES, Exit, never_fail_on_characters

# Name → where the click command is, imported only when it is called; and one line for the list of commands, so that
# `gavel --help` imports none of them.
COMMANDS: Final = {
    "init": ("gavel_cli.init:init", "Write a commented suite and a small dataset to begin with."),
    "list": ("gavel_cli.listing:listing", "List evaluations, the newest first."),
    "status": ("gavel_cli.status:status", "Say how far an evaluation is."),
    "watch": ("gavel_cli.status:watch", "Follow an evaluation to its end, and show the result."),
    "results": ("gavel_cli.status:results", "Show what an evaluation found, or save it."),
    "records": ("gavel_cli.records:records", "Show single records with answers, scores and explanations."),
    "report": ("gavel_cli.report:report", "Fetch an evaluation's report and open it."),
    "suites": ("gavel_cli.suites:suites", "List, show, write and delete suites."),
    "schedule": ("gavel_cli.schedule:schedule", "Say when a suite is evaluated by itself."),
    "demo": ("gavel_cli.demo:demo", "Try everything on an embedded AWS, without an account."),
    "baseline": ("gavel_cli.baseline:baseline", "Say what a suite's evaluations are compared with, or set it."),
    "compare": ("gavel_cli.compare:compare", "Compare two evaluations or two files of results, record by record."),
    "dead-letters": (
        "gavel_cli.dead_letters:dead_letters",
        "List, replay or discard events that no Lambda could take.",
    ),
    "doctor": ("gavel_cli.doctor:doctor", "Say whether an evaluation would run, and what to mend before it does."),
    "estimate": (
        "gavel_cli.estimate:estimate",
        "Say what evaluating a dataset would cost, and how long it takes.",
    ),
    "history": ("gavel_cli.history:history", "Show how a suite's evaluations went, and where figures moved."),
    "judges": ("gavel_cli.judges:judges", "Say how far judges can be trusted: agreement, bias, repeatability."),
    "rerun": ("gavel_cli.rerun:rerun", "Evaluate again what failed or was stopped; finished jobs are reused."),
    "restore": ("gavel_cli.restore:restore", "Bring back what the table has lost, from a restored backup."),
    "run": ("gavel_cli.run:run", "Upload a dataset, follow its evaluation, show the result."),
    "stop": ("gavel_cli.stop:stop", "Stop an evaluation; what is done is kept and summarised."),
    "summarize": ("gavel_cli.summarize:summarize", "Summarize result files of judge jobs, from disk or S3."),
    "ui": ("gavel_cli.ui.command:ui", "Show evaluations, trends and comparisons in a browser of this machine."),
    "verify-statistics": (
        "gavel_cli.verify_statistics:verify_statistics",
        "Recompute published tables, and print published beside computed.",
    ),
    "validate": ("gavel_cli.validate:validate", "Check a dataset, and say everything that is wrong with it."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: Any = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name][0]} is no click command")
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an interrupt ends it with the code that shells give one, 128 + SIGINT."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("\nInterrupted.", err=True)
            ctx.exit(Exit.INTERRUPTED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """The list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in sorted(COMMANDS.items())])


@click.command(cls=LazyGroup, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="gavel")
def main() -> None:
    """LLM-as-a-judge evaluations on Amazon Bedrock: upload a dataset, get a verdict."""
    never_fail_on_characters()


if __name__ == "__main__":
    main()
