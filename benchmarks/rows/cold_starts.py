"""Cold starts of the Lambdas that look after jobs; `benchmarks.cold_starts` has all of them, from their bundles."""

from __future__ import annotations

from typing import Final

from benchmarks.table.promises import Faster
from benchmarks.table.row import GAVEL, Row

_BARE: Final = "bare boto3"


def _row(handler: str) -> Row:
    contenders = "benchmarks.contenders.cold_starts"
    return Row(
        name=f"cold-{handler.replace('_', '-')}",
        about="a Lambda's process until its first event, beside boto3 with the same clients",
        prepare=f"{contenders}:prepare",
        contenders={GAVEL: f"{contenders}:{handler}", _BARE: f"{contenders}:bare_{handler}"},
        sizes=(1,),
        quick_sizes=(1,),
        promises=(Faster(1 / 1.2, than=_BARE),),
        unit=None,
        rounds=9,
    )


ROWS: Final = (_row("start_job"), _row("check_job"))
