"""`gavel verify-statistics`: published tables, recomputed from the data that ships with the command line."""

from __future__ import annotations

import click

from gavel_cli.output import EXIT_CODES, Exit, console, print_json


@click.command(epilog=EXIT_CODES)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def verify_statistics(ctx: click.Context, *, as_json: bool) -> None:
    """Recompute published tables from the data they were made of, and print published beside computed.

    MT-Bench's agreement of judges (Zheng et al. 2023, Table 5) and UniEval's correlations with people (Zhong et al.
    2022). Exit code 0 when every figure is equal to the published digits, else 1.
    """
    from gavel_cli.published.tables import checks  # noqa: PLC0415 - brings NumPy, which the help does not need

    found = list(checks())
    wrong = sum(not one.equal for one in found)
    if as_json:
        print_json({"equal": wrong == 0, "figures": len(found), "checks": [one.to_json() for one in found]})
    else:
        from rich.table import Table  # noqa: PLC0415 - brings rich, which JSON does not need

        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for name in ("TABLE", "ROW", "FIGURE"):
            table.add_column(name, no_wrap=True)
        for name in ("PUBLISHED", "COMPUTED"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("")
        for one in found:
            # Two digits more than were published show that nothing was copied.
            computed = f"{one.computed:.{0 if one.figure.endswith('votes') else one.digits + 2}f}"
            published = f"{one.published:.{one.digits}f}"
            mark = "equal" if one.equal else "DIFFERS"
            table.add_row(one.table, one.row, one.figure, published, computed, mark)
        console().print(table)
        click.echo(f"{len(found) - wrong} of {len(found)} figures equal the published digits.")
    ctx.exit(Exit.FAILED if wrong else Exit.DONE)
