"""A source of pages with made-up evaluations, and a browser's way in."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from gavel.names.identities import fingerprint
from gavel.names.object_keys import EvaluationKeys
from gavel.problems import GavelError
from gavel_cli.ui.door import Door
from gavel_cli.ui.site import Site
from gavel_cli.ui.web import Request, Response

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PORT: Final = 4321
NOW: Final = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
METRICS: Final = ("Builtin.Correctness", "Builtin.Helpfulness", "brand-voice")
GENERATORS: Final = ("nova-lite", "my-app")


def evaluation_id(suite: str, number: int) -> str:
    return f"{suite}-{fingerprint(suite, str(number))[:16]}"


ONE, TWO = evaluation_id("support", 1), evaluation_id("support", 2)


def head(number: int = 1, *, suite: str = "support", status: str = "COMPLETED", **facts: Any) -> dict[str, Any]:
    """What the API lists of an evaluation; the higher its number, the later it started."""
    started = NOW - timedelta(hours=7) * (60 - number)
    known: dict[str, Any] = {
        "evaluation_id": evaluation_id(suite, number),
        "status": status,
        "created_at": started.isoformat().replace("+00:00", "Z"),
        "suite": suite,
        "dataset_key": f"datasets/{suite}/questions.jsonl",
        "records": 1200,
        "jobs": {"planned": 4},
        "generators": list(GENERATORS),
        "judges": ["nova-pro"],
        "metrics": list(METRICS),
        "estimate": {"usd": {"low": 1.2, "expected": 3.4, "high": 6.1}},
        "verdict": None,
    }
    if status in {"COMPLETED", "STOPPED"}:
        ended = started + timedelta(minutes=20 + 11 * number % 37, seconds=7 * number % 60)
        known |= {"coverage": 0.9978, "counted": {"usd": 3.21}, "ended_at": ended.isoformat().replace("+00:00", "Z")}
    return known | facts


def verdict(outcome: str) -> dict[str, Any]:
    return {"outcome": outcome, "sentence": f"The gates say {outcome}.", "counts": {outcome: 1}}


def heads(count: int) -> list[dict[str, Any]]:
    """Evaluations of three suites in every state, the newest first."""
    found = []
    for number in range(count, 0, -1):
        suite = ("support", "shopping-math", "onboarding")[number % 3]
        status = {8: "FAILED", 5: "STOPPED", 3: "REFUSED"}.get(number % 11, "COMPLETED")
        outcome = ("PASS", "FAIL", "PASS", "INCONCLUSIVE", None)[number % 5]
        facts: dict[str, Any] = {"verdict": verdict(outcome)} if status == "COMPLETED" and outcome else {}
        facts["records"] = 200 + 37 * number
        if status in {"COMPLETED", "STOPPED"}:
            facts |= {"coverage": 1 - (number % 4) / 800, "counted": {"usd": 0.6 + 0.11 * number}}
        if status == "REFUSED":
            facts |= {"records": None, "estimate": None}
        if suite == "shopping-math":
            facts["dataset_key"] = f"datasets/shopping-math/week-{number % 52:02}.csv"
        if number == count:
            status, facts = "RUNNING", {"created_at": "2026-03-04T11:48:20Z"}
        found.append(head(number, suite=suite, status=status, **facts))
    return found


def remembered(number: int, *, suite: str = "support", judge: str = "nova-pro-v1", **facts: Any) -> dict[str, Any]:
    """What a suite's history tells of an evaluation; `facts` may rename `generators` and `metrics`."""
    generators, metrics = facts.pop("generators", GENERATORS), facts.pop("metrics", METRICS)
    one = head(number, suite=suite)
    known = {
        "evaluation_id": one["evaluation_id"],
        "created_at": one["created_at"],
        "dataset": one["dataset_key"],
        "records_sha256": "aa",
        "records": 1200,
        "judges": {"nova-pro": judge},
        "texts": {},
        "coverage": 0.9978,
        "verdict": ("PASS", "PASS", "FAIL", "INCONCLUSIVE")[number % 4],
        "status": "COMPLETED",
        "figures": [
            {
                "metric": metric,
                "judge": "nova-pro",
                "generator": generator,
                "mean": (
                    mean := round(
                        0.6 + 0.02 * (number % 4) + 0.01 * number + 0.05 * place - 0.03 * at * (number - 4), 4
                    )
                ),
                "low": mean - 0.03,
                "high": mean + 0.03,
                "n": 1197,
                "missing": 3,
            }
            for place, metric in enumerate(metrics)
            for at, generator in enumerate(generators)
        ],
    }
    return known | facts


@dataclass
class FakeSource:
    """Answers what it was given; a failure takes the place of every answer."""

    name: str = "gavel-production"
    listed: list[dict[str, Any]] = field(default_factory=list)
    viewed: dict[str, dict[str, Any]] = field(default_factory=dict)
    histories: dict[str, dict[str, Any]] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    compared: list[tuple[str, str]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    failure: Exception | None = None

    def suites(self) -> list[str]:
        self._fail()
        return sorted({one["suite"] for one in self.listed})

    def evaluations(
        self,
        *,
        limit: int,
        token: str | None,
        suite: str | None = None,
        status: Sequence[str] = (),
        verdict: str | None = None,
    ) -> dict[str, Any]:
        """One page as the API gives it: with filters it looks at 1,000 evaluations and may be short."""
        self._fail()
        self.asked.append({"suite": suite, "status": list(status), "verdict": verdict})
        filtered = bool(suite or status or verdict)
        found: list[dict[str, Any]] = []
        place = start = int(token or 0)
        while place < len(self.listed) and len(found) < limit and place - start < (1000 if filtered else limit):
            one = self.listed[place]
            place += 1
            fits = suite in {None, one["suite"]} and (not status or one["status"] in status)
            if fits and verdict in {None, (one["verdict"] or {}).get("outcome")}:
                found.append(one)
        return {"evaluations": found, "next_token": str(place) if place < len(self.listed) else None}

    def evaluation(self, evaluation: str) -> dict[str, Any]:
        self._fail()
        known = self.viewed | {
            one["evaluation_id"]: one for one in self.listed if one["evaluation_id"] not in self.viewed
        }
        if evaluation not in known:
            raise GavelError("the API answered 404: There is no such evaluation.")
        return {"failed_jobs": [], **known[evaluation]}

    def suite(self, suite: str, *, limit: int) -> dict[str, Any]:
        self._fail()
        empty: dict[str, Any] = {"suite": suite, "baseline": None, "evaluations": []}
        return self.histories.get(suite, empty)

    def open(self, key: str) -> BinaryIO | None:
        self._fail()
        return io.BytesIO(self.objects[key]) if key in self.objects else None

    def comparison(self, a: str, b: str) -> str:
        self._fail()
        self.compared.append((a, b))
        return f"<!doctype html><title>{a} against {b}</title>"

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


def rich_source(report: str = "<!doctype html><title>report</title>", *, count: int = 50) -> FakeSource:
    """Fifty evaluations, and a suite of eight whose judge became another model before the fifth."""
    listed = heads(count)
    history = [remembered(number, judge=f"nova-pro-v{1 + (number > 4)}") for number in range(8, 0, -1)]
    history.insert(0, remembered(9, status=None, verdict=None, coverage=None, records=0, figures=[]))
    baseline = {"evaluation_id": evaluation_id("support", 5), "set_by": "hand", "set_at": "", "created_at": ""}
    running, one = listed[0], listed[1]
    gates = [
        {"outcome": outcome, "sentence": f"nova-lite has 0.81 on Correctness; at least {bound} was asked."}
        for outcome, bound in (("PASS", 0.5), ("FAIL", 0.9), ("INCONCLUSIVE", 0.8))
    ]
    reason = "Bedrock: the judge could not be reached"
    failed = [{"generator": "my-app", "reason": reason, "job_id": f"g1-j0-s{shard}"} for shard in range(3)]
    return FakeSource(
        listed=listed,
        viewed={
            running["evaluation_id"]: {**running, "jobs": {"planned": 12, "collected": 5, "failed": 1, "started": 4}},
            one["evaluation_id"]: {
                **one,
                "jobs": {"planned": 4, "collected": 1, "failed": 3},
                "verdict": {**verdict("FAIL"), "gates": gates},
                "failed_jobs": failed,
            },
        },
        histories={"support": {"suite": "support", "baseline": baseline, "evaluations": history}},
        objects={EvaluationKeys(one["evaluation_id"]).report: report.encode()},
    )


@dataclass
class Visitor:
    """A browser that has come in, without a socket."""

    site: Site
    door: Door
    cookie: str = ""

    @classmethod
    def of(cls, source: FakeSource, folder: Path, *, patience_seconds: float = 10) -> Visitor:
        door = Door(PORT)
        site = Site(source, door, folder, now=lambda: NOW, patience_seconds=patience_seconds)
        visitor = cls(site, door)
        visitor.cookie = visitor.get(f"/?token={door.token}").headers["Set-Cookie"].partition(";")[0]
        return visitor

    def get(self, target: str, *, method: str = "GET", **headers: str) -> Response:
        given = {"host": f"127.0.0.1:{PORT}", "cookie": self.cookie, **headers}
        return self.site.answer(Request(method, target, given))

    def html(self, target: str) -> str:
        return text_of(self.get(target))


def text_of(response: Response) -> str:
    body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    return body.decode()
