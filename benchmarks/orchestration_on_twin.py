"""Counts on a twin what an evaluation uses, and holds it against the simulation's counts.

    python -m benchmarks.orchestration_on_twin [--generators 2] [--records 1000] [--metrics 11] [--state DIR]

Read from the twin's own records: state transitions from the executions' histories, calls of AWS from its CloudTrail
(those with the keys of roles; the benchmark's own are the administrator's), calls of Lambdas from their log streams, of
which the twin makes one for each. The reconciler is left out: it runs for a deployment, whatever that does. Exit code 1
when the transitions are others than the simulation's, or all of it costs 1 % or more of what Bedrock is expected to.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from benchmarks import command
from benchmarks.orchestration import ELEVEN, SHARE, Bill, bedrock_usd, metrics_of_end, run
from benchmarks.twin_evaluation import evaluated, own_twin, transitions
from infra.handler_table import HANDLERS
from local import twin
from local.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NAMES: Final = {"ListObjects": "ListObjectsV2"}  # the trail goes by method and path
_PAGE: Final = 50  # LookupEvents gives no more


def main() -> int:
    """Count, and print both; the exit code."""
    parser = command.parser("benchmarks.orchestration_on_twin", __doc__)
    parser.add_argument(
        "--generators", type=command.whole(), default=2, help="as many jobs for each 1,000 records (default 2)"
    )
    parser.add_argument(
        "--records", type=command.whole(1, 1000), default=1000, help="up to 1,000, which is one job's (default 1,000)"
    )
    most = len(ELEVEN)
    parser.add_argument(
        "--metrics", type=command.whole(1, most), default=most, help="how many of the built-in ones (default all)"
    )
    parser.add_argument(
        "--time-scale", type=command.positive, default=0.02, help="seconds for one of Bedrock's (default 0.02)"
    )
    parser.add_argument("--state", type=Path, default=ROOT / ".twin" / "orchestration", help="folder of the twin")
    arguments = parser.parse_args()
    metrics = ELEVEN[: arguments.metrics]
    with own_twin(arguments.state, time_scale=arguments.time_scale) as (state, outputs):
        counted = _counted(state, outputs, arguments.generators, arguments.records, metrics)
    simulated = run(arguments.generators, generators=arguments.generators, metrics=metrics)
    _show(counted, simulated)
    bedrock = bedrock_usd(records=arguments.records, generators=arguments.generators, metrics=metrics)
    print(f"Gavel {counted.usd:.6f} USD, Bedrock {bedrock:.2f} USD (gavel.pricing): {counted.usd / bedrock:.3%}")
    return 0 if counted.transitions == simulated.transitions and counted.usd < SHARE * bedrock else 1


def _counted(state: Any, outputs: dict[str, str], generators: int, records: int, metrics: Sequence[str]) -> Bill:
    trail = twin.client("cloudtrail", state)
    trail.lookup_events()  # the twin knows no setting of a service that nobody has asked for yet
    recording = {"cloudtrail._recording_enabled": "true", "cloudtrail._MAX_EVENTS": "1000000"}
    httpx.post(
        f"{state.endpoint}/_ministack/config", json=recording, verify=twin.trust(state), trust_env=False
    ).raise_for_status()
    before = _invocations(state)
    execution = evaluated(state, outputs, generators=generators, records=records, metrics=metrics)
    bill = Bill(generators, custom_metrics=metrics_of_end(generators, metrics))
    bill.transitions = transitions(twin.client("stepfunctions", state), execution)
    bill.lambdas = _invocations(state) - before
    bill.messages = generators
    for event in _events(trail):
        if event["Username"] != state.access_key_id:
            name = _NAMES.get(event["EventName"], event["EventName"])
            bill.calls[event["EventSource"].removesuffix(".amazonaws.com"), name] += 1
    return bill


def _events(trail: Any) -> Iterator[dict[str, Any]]:
    """Every recorded call, the newest first."""
    seen: set[str] = set()
    until: dict[str, Any] = {}
    while True:
        page = trail.lookup_events(MaxResults=_PAGE, **until)["Events"]
        fresh = [event for event in page if event["EventId"] not in seen]
        if not fresh:
            return
        yield from fresh
        seen |= {event["EventId"] for event in fresh}
        until = {"EndTime": page[-1]["EventTime"]}


def _invocations(state: Any) -> Counter[str]:
    """How often each Lambda was called, by the handlers' titles, without the reconciler."""
    logs = twin.client("logs", state)
    found: Counter[str] = Counter()
    groups = [
        group["logGroupName"]
        for page in logs.get_paginator("describe_log_groups").paginate()
        for group in page["logGroups"]
    ]
    for group in groups:
        meant = [handler for handler in HANDLERS if group.endswith("-" + handler.name.replace("_", "-"))]
        # The name of one may be the end of another's: `api`, `data-api`.
        handler = max(meant, key=lambda handler: len(handler.name), default=None)
        if handler is not None and handler.title != "Reconcile":
            pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=group)
            found[handler.title] += sum(len(page["logStreams"]) for page in pages)
    return found


def _show(counted: Bill, simulated: Bill) -> None:
    print(f"{counted.jobs} jobs{'':20}{'twin':>12}{'USD':>12}{'simulation':>12}{'USD':>12}")
    other = simulated.items()
    for name, (count, usd) in counted.items().items():
        print(f"{name:26}{count:>12,.0f}{usd:>12.6f}{other[name][0]:>12,.0f}{other[name][1]:>12.6f}")
    print(f"{'together':26}{'':>12}{counted.usd:>12.6f}{'':>12}{simulated.usd:>12.6f}")
    print("\ncalls of Lambdas")
    for name in sorted(counted.lambdas | simulated.lambdas):
        print(f"  {name:24}{counted.lambdas[name]:>12,}{'':12}{simulated.lambdas[name]:>12,}")
    print("calls of AWS, on the twin")
    for (service, operation), count in sorted(counted.calls.items()):
        print(f"  {service:10}{operation:26}{count:>12,}")
    print()


if __name__ == "__main__":
    command.run(main)
