"""An amount of USD on the command line."""

from __future__ import annotations

from typing import Final

import click


class _Usd(click.ParamType[float]):
    name = "usd"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from gavel.pricing.budget import parse_usd  # noqa: PLC0415 - the help needs none of it

        try:
            return parse_usd(str(value))
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


USD: Final = _Usd()
